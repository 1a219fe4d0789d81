// Federated averaging: its update by hand, partial participation, and the shell loop that must give the same bits.
#include "train_support.h"

#include <cmath>

#include "merge/apply.h"
#include "train/client_update.h"
#include "train/node_state.h"

namespace dml {
namespace {

double first(const Record& record) { return to_doubles(record.tensors[0])[0]; }

}  // namespace

TEST_CASE("fedavg: changes are weighted by samples") {
  // Node 0 holds the targets 0 and 4, node 1 the target 12; full batches, h = 1, one step of 0.5 from 0.
  auto setup = test::setup_of("quadratic:targets=0,4,12", nullptr, 2, 1);
  setup.parts = {{0, 1}, {2}};
  setup.batch = 2;
  setup.lr = 0.5;
  // changes: 0.5 * 2 = 1 (two samples), 0.5 * 12 = 6 (one): (2 * 1 + 6) / 3
  const auto outcome = test::run("fedavg", setup);
  CHECK(outcome.models.size() == 3);
  CHECK(std::fabs(first(outcome.models[2]) - 8.0 / 3) <= 1e-15);
  setup.aggregator = parse_chain("median");
  CHECK(first(test::run("fedavg", setup).models[2]) == 3.5);
}

TEST_CASE("fedavg: participation") {
  auto setup = test::setup_of("quadratic:targets=1,2,4,8,16,32", nullptr, 6, 1);
  setup.lr = 1;
  setup.batch = 1;
  CHECK(first(test::run("fedavg", setup).models[6]) == doctest::Approx(10.5).epsilon(1e-15));
  const auto one = test::run("fedavg participation=0.01", setup);       // never fewer than one
  const double target = first(one.models[6]);
  CHECK(std::log2(target) == std::floor(std::log2(target)));
  CHECK(one.result.traffic[6].model == 8);
  setup.rounds = 40;
  const auto half = test::run("fedavg participation=0.5", setup);
  std::size_t asked = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    asked += half.result.traffic[i].messages;
    CHECK(half.result.traffic[i].messages > 5);            // everybody has a turn
  }
  CHECK(asked == 40 * 3);
}

TEST_CASE("fedavg by hand from client updates, the mean rule and apply: equal bits") {
  const auto data = test::clouds();
  auto setup = test::setup_of("mlp:hidden=6", data, 4, 5);
  setup.parts[1].resize(7);                                // unequal weights
  setup.local_steps = 3;
  const auto want = test::run("fedavg", setup).models.back();

  const auto shared = finish_setup(setup);
  const auto rule = test::families().get<Aggregator>().make("mean");
  Record model = model_record(*shared, shared->initial, 4, 0);
  for (std::uint64_t round = 0; round < 5; ++round) {
    std::vector<Record> updates;
    for (NodeId id = 0; id < 4; ++id) updates.push_back(client_update(shared, id, round, model, "m"));
    CHECK(get_text(updates[0].meta, "base") == content_digest(model));
    CHECK(get_number(updates[1].meta, "weight") == 7.0);
    model = apply_update(model, aggregate_records(*rule, updates, {"a", "b", "c", "d"}, {}), "u");
  }
  CHECK(test::same_bits(want, model));
  CHECK(get_unsigned(model.meta, "round") == 5);
  CHECK(get_unsigned(want.meta, "round") == 5);
}

}  // namespace dml
