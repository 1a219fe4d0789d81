// PushSum and SGP: exact check 3 of card gossip-topologies, what stays constant, what a share that is none does, and that variants differ.
#include "train_support.h"

#include <cmath>

#include "node/shapes.h"
#include "stage.h"
#include "unit/topology/topology_helpers.h"

namespace dml {
namespace {

const char* const kArcs = "directed\n0 1\n0 2\n1 2\n2 0\n";

struct Masses { std::vector<double> s, w, z; };

// Runs from x_i(0) = start, in f64.
Masses push(const std::string& program, const std::vector<double>& start, std::uint64_t rounds, double lr = 0.1, const std::string& targets = "0,0,0") {
  auto setup = test::setup_of("quadratic:targets=" + targets, nullptr, start.size(), rounds);
  setup.lr = lr;
  setup.batch = 1;
  const auto made = test::families().get<Program>().make(test::program_of(program));
  const auto shared = finish_setup(std::move(setup));
  auto nodes = make_nodes(*made, shared);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    auto state = nodes[i]->save();
    for (auto& tensor : state.tensors)
      if (tensor.name == "model.x") tensor = make_tensor(tensor.name, std::vector<double>{start[i]});
    nodes[i]->load(state);
  }
  simulate(nodes, {});
  Masses out;
  for (const auto& node : nodes) {
    const Record state = node->save();
    out.s.push_back(state.at("model.x", "state").as<double>()[0]);
    out.w.push_back(*get_number(*state.meta.at("method").get_if<Attributes>(), "weight"));
    out.z.push_back(node->model().tensors[0].as<double>()[0]);
  }
  return out;
}

void near(const std::vector<double>& got, const std::vector<double>& want, double tolerance) {
  REQUIRE(got.size() == want.size());
  for (std::size_t i = 0; i < got.size(); ++i) CHECK(std::fabs(got[i] - want[i]) <= tolerance);
}
double sum(const std::vector<double>& values) {
  double total = 0;
  for (const double v : values) total += v;
  return total;
}

std::string on(const test::TextFile& file, const std::string& variant) { return "push-sum variant=" + variant + " topology=edges:file=" + file.path + ",weights=uniform"; }

}  // namespace

TEST_CASE("gossip-topologies check 3: push-sum on a directed graph of three") {
  const test::TextFile arcs(kArcs);
  const auto one = push(on(arcs, "push-sum"), {3, 6, 0}, 1);
  near(one.s, {1, 4, 4}, 1e-12);
  near(one.w, {5.0 / 6, 5.0 / 6, 4.0 / 3}, 1e-12);
  near(one.z, {1.2, 4.8, 3}, 1e-12);
  near(push(on(arcs, "push-sum"), {3, 6, 0}, 2).z, {42.0 / 17, 3.36, 156.0 / 49}, 1e-12);
  near(push(on(arcs, "push-sum"), {3, 6, 0}, 200).z, {3, 3, 3}, 1e-12);        // plain row averaging with the transposed matrix: 2.3333
}

TEST_CASE("the sums of s and of w are constant") {
  const test::TextFile arcs(kArcs);
  for (const std::uint64_t rounds : {1, 2, 7, 50}) {
    const auto masses = push(on(arcs, "push-sum"), {3, 6, 0}, rounds);
    CHECK(std::fabs(sum(masses.s) - 9) < 1e-12);
    CHECK(std::fabs(sum(masses.w) - 3) < 1e-12);
  }
  const auto varying = push("push-sum topology=one-peer-exponential", {3, 6, 0, 1, 8}, 9, 0.1, "0,0,0,0,0");
  CHECK(std::fabs(sum(varying.s) - 18) < 1e-12);
  CHECK(std::fabs(sum(varying.w) - 5) < 1e-12);
  const auto random = push("push-sum topology=random:peers=1", {3, 6, 0, 1, 8}, 60, 0.1, "0,0,0,0,0");
  near(random.z, std::vector<double>(5, 3.6), 1e-6);       // pulls are one-sided: the mean is found all the same
}

TEST_CASE("SGP: one step by hand, and the mean of the targets in the end") {
  const test::TextFile arcs(kArcs);
  // f_i = (x - b_i)^2 / 2, b = [3, 0, -6], eta = 1/2, z = s: s becomes [2, 1, -1.5], then it is pushed.
  const auto one = push(on(arcs, "sgp"), {1, 2, 3}, 1, 0.5, "3,0,-6");
  near(one.s, {2.0 / 3 - 0.75, 2.0 / 3 + 0.5, 2.0 / 3 + 0.5 - 0.75}, 1e-12);
  near(one.w, {5.0 / 6, 5.0 / 6, 4.0 / 3}, 1e-12);
  const auto late = push(on(arcs, "sgp"), {1, 2, 3}, 8000, 0.001, "3,0,-6");
  for (const double z : late.z) CHECK(std::fabs(z + 1) < 0.01);
  // A node alone just descends.
  near(push("push-sum variant=sgp", {8}, 3, 0.5, "0").z, {1}, 1e-12);
}

TEST_CASE("push-sum starts from different points, sgp from one; topologies differ") {
  const auto data = test::clouds();
  const auto setup = test::setup_of("mlp:hidden=4", data, 4, 2);
  const auto averaged = test::run("push-sum", setup), learned = test::run("push-sum variant=sgp", setup);
  CHECK_FALSE(test::same_bits(averaged, learned));
  CHECK_FALSE(test::same_bits(learned, test::run("push-sum variant=sgp topology=star", setup)));
  auto none = setup;
  none.rounds = 0;
  CHECK_FALSE(test::same_bits(test::run("push-sum", none).models[0], test::run("push-sum", none).models[1]));
  CHECK(test::same_bits(test::run("push-sum variant=sgp", none).models[0], test::run("push-sum variant=sgp", none).models[1]));
  auto robust = setup;
  robust.aggregator = parse_chain("median");
  CHECK_THROWS_AS(test::run("push-sum", robust), Error);
}

TEST_CASE("a share that is none is dropped with its weight") {
  const auto hear = [](double x, Attributes meta) {
    auto setup = test::setup_of("quadratic:targets=0,0,start=8", nullptr, 2, 1);
    const auto shared = finish_setup(std::move(setup));
    const auto node = test::families().get<Program>().make(test::program_of("push-sum topology=complete"))->prepare(shared)(0);
    test::Stage stage(0, 2, shared->seed);
    node->start(stage);
    node->receive(stage, {1, 0, std::make_shared<const Record>(Record{"share", std::move(meta), {make_tensor<double>("x", {x})}, {}})});
    CHECK(stage.finished);
    return node->model().tensors[0].as<double>()[0];
  };
  test::Warnings warnings;
  CHECK(hear(1, {{"weight", 0.5}}) == 5);                   // (4 + 1) / (0.5 + 0.5)
  CHECK(warnings.lines.empty());
  for (const double x : {std::nan(""), 1.0}) CHECK(hear(x, {{"weight", std::isnan(x) ? 0.5 : -1.0}}) == 8);
  CHECK(hear(1, {}) == 8);
  CHECK(hear(1, {{"weight", INFINITY}}) == 8);
  CHECK(warnings.lines.size() == 4);
}

}  // namespace dml
