// A single global merging suffices (Zhu et al. 2025, arXiv 2507.06542): nodes that hardly talk recover most of what a server would have
// given them by one average at the very end. Behaviour check of card single-merge, with its margins and its baselines in the same runs.
#include "train_support.h"

namespace dml {
namespace {

constexpr std::size_t kNodes = 16;

struct Result { double local = 0, best = 0, merged = 0; };

class Experiment {
 public:
  explicit Experiment(std::uint64_t seed) : seed_(seed) {
    parts_ = test::families().get<Partitioner>().make("dirichlet:alpha=0.1")->split(data().train.y, 10, {kNodes, seed});
  }

  Result run(const std::string& program) const {
    auto setup = base();
    MetricsLog log;
    test::run(program, std::move(setup), &log);
    const auto& line = log.lines().back();
    REQUIRE(line.node == -1);
    return {test::value(line, "local_accuracy"), test::value(line, "best_accuracy"), test::value(line, "accuracy")};
  }
  double fedavg() const {
    MetricsLog log;
    test::run("fedavg", base(), &log);
    return test::value(log.lines().back(), "accuracy");
  }

 private:
  static const Dataset& data() { return *shared_data(); }
  static std::shared_ptr<const Dataset> shared_data() {
    static const auto shared = std::make_shared<const Dataset>(test::families().get<DataSource>().make("mnist:pool=2")->load(test::open_options()));
    return shared;
  }
  Setup base() const {
    static const auto network = test::objective("mlp:hidden=32", shared_data());
    Setup setup;
    setup.families = &test::families();
    setup.objective = network;
    setup.objective_name = "mlp:hidden=32";
    setup.data_name = "mnist:pool=2";
    setup.parts = parts_;
    setup.nodes = kNodes;
    setup.seed = seed_;
    setup.rounds = 100;
    setup.local_steps = 10;
    setup.batch = 16;
    setup.lr = 0.1;
    return setup;
  }
  std::uint64_t seed_;
  std::vector<std::vector<std::uint32_t>> parts_;
};

const std::vector<std::uint64_t> kSeeds{1, 2, 3};

std::string sparse(double peers) { return "dsgd topology=random:peers=" + std::to_string(peers); }
std::string window(int from, int to) {
  return "dsgd topology=random schedule=dense-rounds:start=0.2,end=15,from=" + std::to_string(from) + ",to=" + std::to_string(to);
}

void tell(const std::string& what, std::uint64_t seed, const Result& r) {
  MESSAGE(what << ", seed " << seed << ": local " << r.local << ", best " << r.best << ", merged " << r.merged);
}

}  // namespace

TEST_CASE("single-merge: sparse gossip and one merge come close to a server in every round") {
  double sparse_sum = 0;
  for (const auto seed : kSeeds) {
    CAPTURE(seed);
    const Experiment experiment(seed);
    const auto gossip = experiment.run(sparse(0.2)), alone = experiment.run("dsgd topology=isolated");
    const auto early = experiment.run(window(0, 10)), late = experiment.run(window(90, 100));
    const double server = experiment.fedavg();
    tell("gossip", seed, gossip);
    tell("no communication", seed, alone);
    tell("all-to-all in rounds 0-9", seed, early);
    tell("all-to-all in rounds 90-99", seed, late);
    MESSAGE("fedavg, seed " << seed << ": " << server);
    CHECK(gossip.merged >= gossip.local + 0.12);
    CHECK(gossip.merged > gossip.best);
    CHECK(gossip.merged >= alone.merged + 0.10);
    CHECK(gossip.merged >= 0.85 * server);
    CHECK(late.local >= early.local + 0.10);
    sparse_sum += gossip.merged;
  }
  const auto mean_merged = [](double peers) {
    double sum = 0;
    for (const auto seed : kSeeds) sum += Experiment(seed).run(sparse(peers)).merged;
    return sum / static_cast<double>(kSeeds.size());
  };
  const double at_005 = mean_merged(0.05), at_02 = sparse_sum / static_cast<double>(kSeeds.size()), at_1 = mean_merged(1);
  MESSAGE("merged, mean of the seeds: R = .05 " << at_005 << ", .2 " << at_02 << ", 1 " << at_1);
  CHECK(at_02 >= at_005 + 0.05);
  CHECK(at_1 >= at_02 + 0.03);
}

TEST_CASE("single-merge: with different starts only nodes that talked can be merged") {
  for (const auto seed : kSeeds) {
    CAPTURE(seed);
    const Experiment experiment(seed);
    const auto gossip = experiment.run(sparse(0.2) + " diff-init=true"), alone = experiment.run("dsgd topology=isolated diff-init=true");
    tell("gossip, different starts", seed, gossip);
    tell("no communication, different starts", seed, alone);
    CHECK(gossip.merged > gossip.best);
    CHECK(alone.merged <= alone.best - 0.05);
    CHECK(gossip.merged >= alone.merged + 0.25);
  }
}

}  // namespace dml
