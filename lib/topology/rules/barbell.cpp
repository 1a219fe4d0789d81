// Barbell: two cliques of n/2 nodes joined by the single edge n/2 - 1 ~ n/2: the bottleneck graph.
// Source: card gossip-topologies, section 2.
#include "base/error.h"
#include "topology/fixed.h"

namespace dml {
namespace {

class Barbell final : public TopologyRule {
 public:
  explicit Barbell(WeightOptions options) : options_(std::move(options)) {}
  std::unique_ptr<Topology> build(const TopologySetup& setup) const override {
    need_nodes(setup);
    if (setup.nodes % 2) throw Error(Fault::usage, "a barbell needs an even number of nodes, not " + std::to_string(setup.nodes));
    const auto half = static_cast<NodeId>(setup.nodes / 2);
    Edges edges = {{half - 1, half}};
    for (NodeId i = 0; i < half; ++i)
      for (NodeId j = i + 1; j < half; ++j) {
        edges.emplace_back(i, j);
        edges.emplace_back(half + i, half + j);
      }
    return graph_topology(setup, simple_graph(std::move(edges)), options_, "the barbell");
  }

 private:
  WeightOptions options_;
};

}  // namespace

void register_barbell(Registry<TopologyRule>& registry) {
  registry.add<Barbell>({"barbell", "two cliques that one edge joins", "card gossip-topologies, section 2"}, with_weights<WeightOptions>());
}

}  // namespace dml
