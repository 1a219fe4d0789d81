// Ring: node i and i + 1 (mod n) are neighbours; with Metropolis-Hastings weights every node takes a third of itself and of each side.
// Spectral gap (2/3)(1 - cos(2 pi / n)) for n >= 4: the slowest of the usual graphs, and the cheapest.
// Source: card gossip-topologies, sections 2 to 4; Xiao and Boyd, Systems and Control Letters 2004 (weights).
#include "topology/fixed.h"

namespace dml {
namespace {

class Ring final : public TopologyRule {
 public:
  explicit Ring(WeightOptions options) : options_(options) {}
  std::unique_ptr<Topology> build(const TopologySetup& setup) const override {
    need_nodes(setup);
    Edges edges;
    for (std::size_t i = 0; i < setup.nodes; ++i)
      edges.emplace_back(static_cast<NodeId>(i), static_cast<NodeId>((i + 1) % setup.nodes));
    return graph_topology(setup, simple_graph(std::move(edges)), options_, "the ring");
  }

 private:
  WeightOptions options_;
};

}  // namespace

void register_ring(Registry<TopologyRule>& registry) {
  registry.add<Ring>({"ring", "every node talks to the node before and the node after it", "Xiao and Boyd, SCL 2004"},
                     with_weights<WeightOptions>(), {Trait::doubly_stochastic});
}

}  // namespace dml
