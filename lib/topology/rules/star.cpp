// Star: node 0 is everybody's only neighbour. Gap 1/n with Metropolis-Hastings weights.
// Source: card gossip-topologies, sections 2 to 4.
#include "topology/fixed.h"

namespace dml {
namespace {

class Star final : public TopologyRule {
 public:
  explicit Star(WeightOptions options) : options_(std::move(options)) {}
  std::unique_ptr<Topology> build(const TopologySetup& setup) const override {
    need_nodes(setup);
    Edges edges;
    for (NodeId i = 1; i < setup.nodes; ++i) edges.emplace_back(0, i);
    return graph_topology(setup, std::move(edges), options_, "the star");
  }

 private:
  WeightOptions options_;
};

}  // namespace

void register_star(Registry<TopologyRule>& registry) {
  registry.add<Star>({"star", "all nodes talk to node 0 only", "Xiao and Boyd, SCL 2004"}, with_weights<WeightOptions>());
}

}  // namespace dml
