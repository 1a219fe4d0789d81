// Exact checks of the cards gossip-topologies (section 6) and single-merge on closed-form problems, in f64.
#include "train_support.h"

#include <cmath>

#include "train/parameters.h"

namespace dml {
namespace {

// D-SGD on the path of 3 with f_i = (x - b_i)^2 / 2, b = [3, 0, -6]; `start` by loading a state, as a resumed run would.
std::vector<double> path_of_three(const std::string& variant, double eta, std::uint64_t rounds, const std::vector<double>& start) {
  auto setup = test::setup_of("quadratic:targets=3,0,-6", nullptr, 3, rounds);
  setup.lr = eta;
  setup.batch = 1;
  const auto program = test::families().get<Program>().make(test::program_of("dsgd topology=path variant=" + variant));
  const auto shared = finish_setup(std::move(setup));
  auto nodes = make_nodes(*program, shared);
  for (std::size_t i = 0; i < 3; ++i) {
    auto state = nodes[i]->save();
    for (auto& tensor : state.tensors)
      if (tensor.dtype == Dtype::f64 && tensor.shape == std::vector<std::int64_t>{1}) tensor = make_tensor(tensor.name, std::vector<double>{start[i]});
    nodes[i]->load(state);
  }
  simulate(nodes, {});
  std::vector<double> out;
  for (const auto& node : nodes) out.push_back(node->model().tensors[0].as<double>()[0]);
  return out;
}

void check_near(const std::vector<double>& got, const std::vector<double>& want, double tolerance) {
  REQUIRE(got.size() == want.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    CAPTURE(i);
    CHECK(std::fabs(got[i] - want[i]) <= tolerance);
  }
}

// Mean over the nodes of the first coordinate.
double mean_of(const test::Outcome& outcome) {
  double sum = 0;
  for (std::size_t i = 0; i < outcome.models.size(); ++i) sum += outcome.at(i)[0];
  return sum / static_cast<double>(outcome.models.size());
}

Setup four_targets(std::uint64_t rounds) {
  auto setup = test::setup_of("quadratic:targets=0,4,-2,6,curvature=2", nullptr, 4, rounds);
  setup.lr = 0.1;
  return setup;
}

}  // namespace

TEST_CASE("gossip-topologies check 4: one round of ATC and of CTA on a path") {
  check_near(path_of_three("atc", 0.5, 1, {1, 2, 3}), {5.0 / 3, 0.5, -2.0 / 3}, 1e-12);
  check_near(path_of_three("cta", 0.5, 1, {1, 2, 3}), {7.0 / 3, 1, -11.0 / 6}, 1e-12);
}

TEST_CASE("gossip-topologies check 4: ATC fixed points are biased per node and exact in the mean") {
  check_near(path_of_three("atc", 0.5, 300, {1, 2, 3}), {1.25, -1, -3.25}, 1e-12);
  check_near(path_of_three("atc", 0.1, 2000, {1, 2, 3}), {-0.25, -1, -1.75}, 1e-12);
}

TEST_CASE("single-merge check 2: with a doubly stochastic W the mean follows centralised descent") {
  for (const std::string program : {"dsgd topology=ring", "dsgd topology=complete", "dsgd topology=isolated", "dsgd topology=random:peers=1,pair=true",
                              "dsgd topology=ring variant=cta", "dsgd topology=star"}) {
    CAPTURE(program);
    CHECK(std::fabs(mean_of(test::run(program, four_targets(3))) - 0.976) <= 1e-12);
  }
  // The one-sided pull keeps the mean only in expectation.
  CHECK(std::fabs(mean_of(test::run("dsgd topology=random:peers=1", four_targets(3))) - 0.976) > 1e-3);
}

TEST_CASE("check 6: complete topology is the average of all nodes, each step") {
  const auto outcome = test::run("dsgd topology=complete", four_targets(4));
  for (std::size_t i = 0; i < 4; ++i) CHECK(std::fabs(outcome.at(i)[0] - 2 * (1 - std::pow(0.8, 4))) <= 1e-12);
}

TEST_CASE("no exchange is training alone, bit for bit: isolated, a schedule of 0, and the local arithmetic itself") {
  const auto data = test::clouds();
  for (const std::string variant : {"atc", "cta"}) {
    CAPTURE(variant);
    auto setup = test::setup_of("mlp:hidden=6", data, 4, 5);
    setup.local_steps = 3;
    const std::string v = variant;
    const auto alone = test::run("dsgd topology=isolated variant=" + v, setup);
    CHECK(test::same_bits(alone, test::run("dsgd topology=random:peers=0 variant=" + v, setup)));
    CHECK_FALSE(test::same_bits(alone, test::run("dsgd topology=random:peers=1 variant=" + v, setup)));
    // A node by itself: same part, same id, nobody else.
    auto one = setup;
    one.parts = {setup.parts[0]};
    one.nodes = 1;
    CHECK(test::same_bits(alone.models[0], test::run("dsgd topology=isolated variant=" + v, one).models[0]));
  }
}

TEST_CASE("single-merge check 5: rounds on the complete graph are FedAvg with equal weights") {
  const auto data = test::clouds();
  for (const auto& [component, tolerance] : {std::pair{"mlp:hidden=6,dtype=f64", 1e-12}, {"mlp:hidden=6", 1e-5}}) {
    CAPTURE(component);
    auto setup = test::setup_of(component, data, 5, 6);    // 90 samples: 18 each, equal weights
    setup.local_steps = 4;
    const auto gossip = test::run("dsgd topology=complete", setup), federated = test::run("fedavg", setup);
    const auto& server = federated.models.back();
    for (std::size_t t = 0; t < server.tensors.size(); ++t) {
      const auto want = to_doubles(server.tensors[t]), got = to_doubles(gossip.models[2].tensors[t]);
      for (std::size_t i = 0; i < want.size(); ++i) CHECK(std::fabs(want[i] - got[i]) <= tolerance);
    }
  }
}

TEST_CASE("an exact mean at the end leaves one model") {
  auto setup = test::setup_of("mlp:hidden=6,dtype=f64", test::clouds(), 5, 7);
  const auto outcome = test::run("dsgd topology=random schedule=truncate:start=0.2,end=4,point1=0.9", setup);
  for (std::size_t i = 1; i < 5; ++i) CHECK(test::same_bits(outcome.models[0], outcome.models[i]));
  const auto apart = test::run("dsgd topology=random schedule=fixed:start=0.2", setup);
  CHECK_FALSE(test::same_bits(apart.models[0], apart.models[1]));
}

TEST_CASE("one or two threads, equal bits") {
  const auto data = test::clouds(9);
  auto setup = test::setup_of("mlp:hidden=32,16", data, 9, 8);
  setup.local_steps = 2;
  for (const std::string program : {"dsgd", "dsgd variant=cta topology=random:peers=1.5", "fedavg participation=0.5"}) {
    CAPTURE(program);
    set_threads(1);
    const auto one = test::run(program, setup);
    set_threads(2);
    const auto two = test::run(program, setup);
    set_threads(3);
    CHECK(test::same_bits(one, two));
    CHECK(test::same_bits(one, test::run(program, setup)));
  }
  set_threads(2);
}

TEST_CASE("every option of a run changes its outcome") {
  const auto data = test::clouds();
  const auto base = test::setup_of("mlp:hidden=4", data, 6, 3);
  const auto usual = test::run("dsgd", base);
  CHECK(test::same_bits(usual, test::run("dsgd", base)));
  const auto changed = [&](const std::string& program, auto change) {
    auto setup = base;
    change(setup);
    CHECK_FALSE(test::same_bits(usual, test::run(program, setup)));
  };
  const auto same = [](Setup&) {};
  changed("dsgd variant=cta", same);
  changed("dsgd topology=complete", same);
  changed("dsgd schedule=fixed:start=5", same);
  changed("dsgd diff-init=true", same);
  changed("dsgd", [](Setup& s) { s.lr = 0.05; });
  changed("dsgd", [](Setup& s) { s.batch = 4; });
  changed("dsgd", [](Setup& s) { s.local_steps = 2; });
  changed("dsgd", [](Setup& s) { s.seed = 4; });
  changed("dsgd", [](Setup& s) { s.rounds = 4; });
  changed("dsgd", [](Setup& s) { s.solver = parse_chain("sgd:weight-decay=0.1"); });
  changed("dsgd", [](Setup& s) { s.aggregator = parse_chain("median"); });
  changed("dsgd", [](Setup& s) { s.attack = parse_chain("sign-flip"); s.byzantine = 1; });
}

TEST_CASE("diff-init: nodes start apart; otherwise all from one vector that is copied when written") {
  auto setup = test::setup_of("mlp:hidden=4", test::clouds(), 3, 0);
  const auto same = test::run("dsgd", setup), apart = test::run("dsgd diff-init=true", setup);
  CHECK(test::same_bits(same.models[0], same.models[2]));
  CHECK(same.models[0].tensors[0].data.data() == same.models[2].tensors[0].data.data());
  CHECK_FALSE(test::same_bits(apart.models[0], apart.models[2]));
}

TEST_CASE("parameters: a buffer that others hold is not written to") {
  Vec shared = torch::ones({4});
  Parameters a(shared);
  Vec& mine = a.writable();
  mine.fill_(2);
  CHECK(shared[0].item<float>() == 1);
  CHECK(a.writable().data_ptr() == a.current().data_ptr());
  const Vec payload = a.current();                         // somebody holds it
  a.writable().fill_(3);
  CHECK(payload[0].item<float>() == 2);
  const void* first = a.spare().data_ptr();
  CHECK(a.spare().data_ptr() != payload.data_ptr());
  CHECK(first == a.spare().data_ptr());
}

TEST_CASE("single-merge check 6: the byte counter") {
  // The card's figures: m = 32, R = .2, T = 300, P = 11.2e6 floats of 4 bytes.
  const double gossip = 32 * 0.2 * 300 * 11.2e6 * 4, final_merge = 2 * 32 * 11.2e6 * 4, all = 2.0 * 32 * 11.2e6 * 4 * 300;
  CHECK(std::fabs((gossip + final_merge) / 1e9 - 88.88) < 0.005);
  CHECK(std::fabs(all / 1e9 - 860.16) < 0.005);
  // Counted: m R T messages on average, each with the whole model.
  auto setup = test::setup_of("mlp:hidden=4", test::clouds(), 32, 300);
  setup.parts.assign(32, {0, 1, 2});
  const auto outcome = test::run("dsgd topology=random:peers=0.2", setup);
  std::uint64_t messages = 0, bytes = 0;
  for (const auto& traffic : outcome.result.traffic) {
    messages += traffic.messages;
    bytes += traffic.model;
  }
  CHECK(bytes == messages * 4 * static_cast<std::uint64_t>(setup.objective->dim()));
  CHECK(std::fabs(static_cast<double>(messages) - 1920) < 4 * std::sqrt(9600 * 0.2 * 0.8));
}

}  // namespace dml
