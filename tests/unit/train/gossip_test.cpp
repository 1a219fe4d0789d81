// Gossip learning: exact check 5 of card gossip-topologies, ages, who is told, copies, messages that are none.
#include "train_support.h"

#include <cmath>
#include <optional>
#include <set>

#include "stage.h"
#include "unit/topology/topology_helpers.h"

namespace dml {
namespace {

struct Play {
  explicit Play(std::size_t nodes = 3, const std::string& program = "gossip", double lr = 1e-300) {
    auto setup = test::setup_of("quadratic:targets=0,start=1,curvature=1", nullptr, 1, 5);
    setup.nodes = nodes;
    setup.parts.assign(nodes, {0});
    setup.lr = lr;
    setup.batch = 2;
    shared = finish_setup(std::move(setup));
    node = test::families().get<Program>().make(test::program_of(program))->prepare(shared)(1);
    stage.emplace(1, nodes, shared->seed);
    node->start(*stage);
  }
  void hear(NodeId from, std::uint64_t tick, double x, Attributes meta) {
    node->receive(*stage, {from, tick, std::make_shared<const Record>(Record{"model", std::move(meta), {make_tensor<double>("x", {x})}, {}})});
  }
  void tick() { node->woken(*stage, stage->tag()); }
  double x() const { return node->model().tensors[0].as<double>()[0]; }
  std::uint64_t age() const { return *get_unsigned(node->model().meta, "age"); }
  // Sets x and age through a state.
  void become(double x, std::uint64_t age) {
    auto state = node->save();
    state.meta["age"] = age;
    for (auto& tensor : state.tensors)
      if (tensor.name == "model.x") tensor = make_tensor<double>("model.x", {x});
    node->load(state);
  }
  std::shared_ptr<const Setup> shared;
  std::unique_ptr<Node> node;
  std::optional<test::Stage> stage;
};

}  // namespace

TEST_CASE("gossip-topologies check 5: merging by age") {
  Play play;
  play.become(1, 4);
  play.hear(0, 0, 3, {{"age", std::uint64_t{12}}});
  CHECK(play.x() == doctest::Approx(2.5).epsilon(1e-12));   // the step is shorter than an ulp
  CHECK(play.age() == 12 + 2);                              // the older age, and the batch of the step
  Play young;                                               // both ages 0: the plain mean
  young.hear(2, 0, 4, {{"age", std::uint64_t{0}}});
  CHECK(young.x() == 2.5);
  CHECK(young.age() == 2);
  Play behind;                                              // an age of 0 counts nothing against one of 4
  behind.become(1, 4);
  behind.hear(2, 0, 9, {{"age", std::uint64_t{0}}});
  CHECK(behind.x() == 1);
  CHECK(behind.age() == 6);
}

TEST_CASE("who receives trains after merging") {
  Play play(3, "gossip", 0.5);
  play.become(2, 1);
  play.hear(0, 0, 6, {{"age", std::uint64_t{3}}});          // 5, then half way to the target 0
  CHECK(play.x() == doctest::Approx(2.5).epsilon(1e-12));
}

TEST_CASE("copies, finished nodes and messages that are none change nothing") {
  test::Warnings warnings;
  Play play;
  play.hear(0, 3, 5, {{"age", std::uint64_t{1}}});
  const double x = play.x();
  play.hear(0, 3, 100, {{"age", std::uint64_t{9}}});        // a copy
  play.hear(0, 2, 100, {{"age", std::uint64_t{9}}});        // sent again by a resumed peer
  play.hear(1, 8, 100, {{"age", std::uint64_t{9}}});        // its own
  CHECK(warnings.lines.empty());
  play.hear(0, 4, 100, {});
  play.hear(0, 5, 100, {{"age", -1}});
  play.hear(0, 6, 100, {{"age", ~std::uint64_t{0}}});
  play.hear(0, 7, std::nan(""), {{"age", std::uint64_t{1}}});
  play.node->receive(*play.stage, {2, 0, std::make_shared<const Record>(Record{"model", {{"age", 1}}, {make_tensor<float>("x", {1})}, {}})});
  CHECK(warnings.lines.size() == 5);
  CHECK(play.x() == x);
  CHECK(play.age() == 3);
}

TEST_CASE("a tick tells one peer that is up, and the run ends after its periods") {
  Play play(4, "gossip period=2");
  CHECK(play.stage->woken_after < 2);
  play.node->peer(*play.stage, 0, PeerEvent::down);
  play.node->peer(*play.stage, 3, PeerEvent::left);
  for (int t = 0; t < 3; ++t) play.tick();
  CHECK(play.stage->woken_after == 2);
  REQUIRE(play.stage->sent.size() == 3);
  for (std::size_t k = 0; k < 3; ++k) {
    CHECK(play.stage->sent[k].to == 2);
    CHECK(play.stage->sent[k].round == k);
  }
  CHECK(play.stage->done == 2);
  play.node->peer(*play.stage, 2, PeerEvent::down);
  play.tick();                                              // nobody is up
  CHECK(play.stage->sent.size() == 3);
  play.node->peer(*play.stage, 0, PeerEvent::up);
  play.tick();
  CHECK(play.stage->sent.back().to == 0);
  CHECK_FALSE(play.stage->finished);
  play.tick();
  CHECK(play.stage->finished);
  CHECK(play.stage->done == 5);
  CHECK(play.stage->sent.size() == 4);
  play.hear(0, 9, 100, {{"age", std::uint64_t{1}}});
  CHECK(play.age() == 0);
}

TEST_CASE("peers are drawn uniformly among the receivers in the topology") {
  std::set<NodeId> told;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Play play(5, "gossip topology=ring");
    play.stage.emplace(1, 5, seed);
    play.node->start(*play.stage);
    play.tick();
    told.insert(play.stage->sent.at(0).to);
  }
  CHECK(told == std::set<NodeId>{0, 2});
}

TEST_CASE("options and phases show in a run") {
  const auto data = test::clouds();
  const auto setup = test::setup_of("mlp:hidden=4", data, 6, 6);
  const auto usual = test::run("gossip", setup);
  CHECK(test::same_bits(usual, test::run("gossip", setup)));
  CHECK(test::same_bits(usual, test::run("gossip period=64", setup)));   // a matter of units while messages take no time
  CHECK_FALSE(test::same_bits(usual, test::run("gossip topology=ring", setup)));
  auto other = setup;
  other.seed = 4;
  CHECK_FALSE(test::same_bits(usual, test::run("gossip", other)));
  std::uint64_t messages = 0;
  for (const auto& traffic : usual.result.traffic) messages += traffic.messages;
  CHECK(messages == 36);                                    // one a node and period
}

}  // namespace dml
