// Complete graph: every node takes the exact mean of all, W = J/n, in every round (spectral gap 1). All rows hold the same doubles, so
// all nodes end a round with the same bits.
// Source: card gossip-topologies, section 3, rule 5.
#include "topology/fixed.h"

namespace dml {
namespace {

class Complete final : public TopologyRule {
 public:
  std::unique_ptr<Topology> build(const TopologySetup& setup) const override {
    need_nodes(setup);
    Edges edges;
    for (NodeId i = 0; i < setup.nodes; ++i)
      for (NodeId j = i + 1; j < setup.nodes; ++j) edges.emplace_back(i, j);
    return std::make_unique<FixedTopology>(exact_mean(setup.nodes), std::move(edges));
  }
};

}  // namespace

void register_complete(Registry<TopologyRule>& registry) {
  registry.add<Complete>({"complete", "every node takes the exact mean of all nodes", "Xiao and Boyd, SCL 2004"},
                         {Trait::doubly_stochastic});
}

}  // namespace dml
