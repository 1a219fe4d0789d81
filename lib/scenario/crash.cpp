// Nodes stop for good without a word: one node, or a share of all, drawn at random or those with the most neighbours. What they sent
// before still arrives, unless it is lost on the way; the others notice after a while (missed heartbeats), or, when the crash belongs to
// a round, at their own begin of that round.
// Source: crash failures, Cristian, CACM 1991; failures of the best connected nodes, Albert, Jeong, Barabasi, Nature 2000.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/log.h"
#include "scenario/when.h"

namespace dml {
namespace {

struct CrashOptions : WhenOptions {
  std::optional<std::uint64_t> node;
  double fraction = 0;
  std::string by = "random";
  double detect = 0.3;
};

// The nodes by falling degree, ties by rising id.
std::vector<NodeId> by_degree(const ScenarioSetup& setup) {
  if (!setup.edges) throw Error(Fault::usage, "crash:by=degree needs a program with a graph of its own", "by=random needs none");
  const auto edges = setup.edges();
  if (edges.empty()) throw Error(Fault::usage, "crash:by=degree needs a graph that does not change from round to round", "by=random needs none");
  std::vector<std::size_t> degree(setup.nodes);
  for (const auto& [i, j] : edges) ++degree[i], ++degree[j];
  std::vector<NodeId> order(setup.nodes);
  std::iota(order.begin(), order.end(), NodeId{0});
  std::stable_sort(order.begin(), order.end(), [&](NodeId a, NodeId b) { return degree[a] > degree[b]; });
  return order;
}

class Crash final : public Scenario {
 public:
  explicit Crash(CrashOptions options) : options_(std::move(options)) {
    if (options_.node.has_value() == (options_.fraction > 0)) throw Error(Fault::usage, "scenario crash needs node or fraction, and not both");
    happening_at(options_, Upset::crash, 0, 0, "crash");   // checks the options at once
  }

  std::unique_ptr<Disturbance> begin(const ScenarioSetup& setup) const override {
    std::vector<Happening> happenings;
    for (const NodeId node : targets(setup)) happenings.push_back(happening_at(options_, Upset::crash, node, options_.detect, "crash"));
    return std::make_unique<Timeline>(std::move(happenings));
  }

 private:
  std::vector<NodeId> targets(const ScenarioSetup& setup) const {
    if (options_.node) return {checked_node(*options_.node, setup, "scenario crash")};
    const auto count = static_cast<std::size_t>(std::llround(options_.fraction * static_cast<double>(setup.nodes)));
    if (count == 0) warn("scenario crash: no node crashes, " + std::to_string(setup.nodes) + " nodes are too few for that fraction");
    std::vector<NodeId> chosen;
    if (options_.by == "degree") {
      chosen = by_degree(setup);
      chosen.resize(count);
    } else {
      for (const auto i : Rng("crash", setup.seed).choose(setup.nodes, count)) chosen.push_back(static_cast<NodeId>(i));
    }
    std::sort(chosen.begin(), chosen.end());
    return chosen;
  }

  CrashOptions options_;
};

}  // namespace

void register_crash(Registry<Scenario>& registry) {
  using O = CrashOptions;
  registry.add<Crash>({"crash", "nodes stop for good without a word", "Cristian, CACM 1991; by degree: Albert, Jeong, Barabasi, Nature 2000"},
                      with_when(Options<O>()
                                    .add("node", &O::node, "the node that crashes")
                                    .add("fraction", &O::fraction, "or which share of the nodes, rounded", between(0, 1))
                                    .add("by", &O::by, "how they are chosen: drawn, or those with the most neighbours first", one_of({"random", "degree"}))
                                    .add("detect", &O::detect, "seconds until the others notice, for a crash at a time", at_least(0))));
}

}  // namespace dml
