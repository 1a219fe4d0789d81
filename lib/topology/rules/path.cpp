// Path: node i and i + 1 are neighbours, the ends are not joined. Gap (2/3)(1 - cos(pi / n)) with Metropolis-Hastings weights, n >= 3.
// Source: card gossip-topologies, sections 2 to 4.
#include "topology/fixed.h"

namespace dml {
namespace {

class Path final : public TopologyRule {
 public:
  explicit Path(WeightOptions options) : options_(std::move(options)) {}
  std::unique_ptr<Topology> build(const TopologySetup& setup) const override {
    need_nodes(setup);
    Edges edges;
    for (NodeId i = 0; i + 1 < setup.nodes; ++i) edges.emplace_back(i, i + 1);
    return graph_topology(setup, std::move(edges), options_, "the path");
  }

 private:
  WeightOptions options_;
};

}  // namespace

void register_path(Registry<TopologyRule>& registry) {
  registry.add<Path>({"path", "a line of nodes, each talks to its neighbours on it", "Xiao and Boyd, SCL 2004"},
                     with_weights<WeightOptions>());
}

}  // namespace dml
