// One lying node among sixteen sends its model with the sign flipped, in every exchange and in the final merge. Averaging is at its
// mercy; the trimmed mean (Yin et al., ICML 2018) is not. Card robust-aggregators, attack sign-flip; baselines in the same runs.
#include "train_support.h"

namespace dml {
namespace {

constexpr std::size_t kNodes = 16;

struct Result { double gossip = 0, merged_by_mean = 0, merged_by_trimming = 0; };

// Mean test accuracy of the honest models after gossip, and of all models (the liar's too) combined once at the end.
Result run(std::uint64_t seed, const std::string& aggregator, bool liar) {
  static const auto data = std::make_shared<const Dataset>(test::families().get<DataSource>().make("mnist:pool=2")->load(test::open_options()));
  static const auto network = test::objective("mlp:hidden=32", data);
  Setup setup;
  setup.families = &test::families();
  setup.objective = network;
  setup.objective_name = "mlp:hidden=32";
  setup.parts = test::families().get<Partitioner>().make("iid")->split(data->train.y, 10, {kNodes, seed});
  setup.nodes = kNodes;
  setup.seed = seed;
  setup.rounds = 40;
  setup.local_steps = 5;
  setup.batch = 16;
  if (!aggregator.empty()) setup.aggregator = parse_chain(aggregator);
  if (liar) {
    setup.attack = parse_chain("sign-flip:scale=3");
    setup.byzantine = 1;
  }
  const auto outcome = test::run("dsgd topology=complete", setup);
  Result result;
  for (std::size_t i = 0; i + 1 < kNodes; ++i)
    result.gossip += network->score(from_record(*network, outcome.models[i], "model"), true).accuracy / static_cast<double>(kNodes - 1);
  const auto merged = [&](const std::string& rule) {
    const std::vector<std::string> names(kNodes, "model");
    auto models = outcome.models;
    for (auto& model : models) model.meta.clear();
    const auto one = aggregate_records(*test::families().get<Aggregator>().make(rule), models, names, {});
    return network->score(from_record(*network, one, "merged"), true).accuracy;
  };
  result.merged_by_mean = merged("mean");
  result.merged_by_trimming = merged("trimmed-mean:byzantine=1");
  return result;
}

}  // namespace

TEST_CASE("one liar: gossip by trimmed mean learns, gossip by mean does not") {
  for (const std::uint64_t seed : {1, 2, 3}) {
    CAPTURE(seed);
    const auto honest = run(seed, "", false), mean = run(seed, "", true), trimmed = run(seed, "trimmed-mean:byzantine=1", true);
    MESSAGE("seed " << seed << ": honest " << honest.gossip << ", mean " << mean.gossip << ", trimmed " << trimmed.gossip << "; final merge of the trimmed run by mean "
                    << trimmed.merged_by_mean << ", by trimmed mean " << trimmed.merged_by_trimming);
    CHECK(trimmed.gossip >= honest.gossip - 0.05);
    CHECK(trimmed.gossip >= mean.gossip + 0.20);
    CHECK(trimmed.merged_by_trimming >= honest.merged_by_mean - 0.05);
    CHECK(trimmed.merged_by_trimming >= mean.merged_by_mean + 0.20);
  }
}

}  // namespace dml
