// Two claims about graphs that no server watches, each with its baseline in the same run.
// Gossip learning (Ormandi et al. 2013): models that wander and merge by age are as good as central ones, training alone is not.
// SGP (Assran et al. 2019): on a directed graph push-sum learns the mean objective, where D-SGD with row averages learns a biased one.
#include "train_support.h"

#include <cmath>

#include "unit/topology/topology_helpers.h"

namespace dml {
namespace {

constexpr std::size_t kNodes = 20;

// Softmax on the digits; every node holds two shards of sorted labels.
Setup shards(std::uint64_t seed, std::uint64_t rounds) {
  static const auto data = std::make_shared<const Dataset>(test::families().get<DataSource>().make("digits")->load(test::open_options()));
  static const auto softmax = test::objective("softmax", data);
  Setup setup;
  setup.families = &test::families();
  setup.objective = softmax;
  setup.objective_name = "softmax";
  setup.parts = test::families().get<Partitioner>().make("shards")->split(data->train.y, 10, {kNodes, seed});
  setup.nodes = kNodes;
  setup.seed = seed;
  setup.rounds = rounds;
  setup.local_steps = 4;
  setup.batch = 8;
  setup.lr = 0.1;
  return setup;
}

double accuracy(const Setup& setup, const std::string& program) {
  const auto outcome = test::run(program, setup);
  double sum = 0;
  for (const auto& model : outcome.models) sum += setup.objective->score(from_record(*setup.objective, model, "model"), true).accuracy;
  return sum / static_cast<double>(outcome.models.size());
}

}  // namespace

TEST_CASE("gossip learning reaches what a central model reaches, alone nobody does") {
  for (const std::uint64_t seed : {1, 2}) {
    CAPTURE(seed);
    const auto setup = shards(seed, 150);
    auto central = setup;                                  // all data on one node, as many steps as a wandering model sees
    central.nodes = 1;
    central.parts = {{}};
    for (const auto& part : setup.parts) central.parts[0].insert(central.parts[0].end(), part.begin(), part.end());
    const double gossip = accuracy(setup, "gossip"), alone = accuracy(setup, "dsgd topology=isolated"), all = accuracy(central, "dsgd topology=isolated");
    MESSAGE("seed " << seed << ": gossip learning " << gossip << ", alone " << alone << ", central " << all);
    CHECK(gossip >= alone + 0.3);
    CHECK(gossip >= all - 0.12);
  }
}

TEST_CASE("on a directed graph SGP finds the mean of the targets, row averaging does not") {
  const test::TextFile arcs("directed\n0 1\n1 2\n2 3\n3 4\n4 0\n0 2\n0 3\n1 4\n");
  const std::string graph = " topology=edges:file=" + arcs.path + ",weights=uniform";
  auto setup = test::setup_of("quadratic:targets=10,0,0,0,-5", nullptr, 5, 6000);
  setup.lr = 0.002;
  setup.batch = 1;
  const auto worst = [&](const std::string& program) {
    const auto outcome = test::run(program + graph, setup);
    double far = 0;
    for (std::size_t i = 0; i < 5; ++i) far = std::max(far, std::fabs(outcome.at(i)[0] - 1));
    return far;
  };
  const double sgp = worst("push-sum variant=sgp"), dsgd = worst("dsgd");
  MESSAGE("farthest from the mean 1: sgp " << sgp << ", dsgd " << dsgd);
  CHECK(sgp < 0.1);
  CHECK(dsgd > 5 * sgp);
}

}  // namespace dml
