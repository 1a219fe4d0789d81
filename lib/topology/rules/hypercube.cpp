// Hypercube: n = 2^t nodes, those whose numbers differ in one bit are neighbours. Gap 2/(t + 1) for t >= 2.
// Source: card gossip-topologies, sections 2 to 4.
#include <bit>

#include "base/error.h"
#include "topology/fixed.h"

namespace dml {
namespace {

class Hypercube final : public TopologyRule {
 public:
  explicit Hypercube(WeightOptions options) : options_(options) {}
  std::unique_ptr<Topology> build(const TopologySetup& setup) const override {
    need_nodes(setup);
    if (!std::has_single_bit(setup.nodes))
      throw Error(Fault::usage, "a hypercube needs a power of two nodes, not " + std::to_string(setup.nodes),
                  "nearest: " + std::to_string(std::bit_floor(setup.nodes)) + " or " + std::to_string(std::bit_ceil(setup.nodes)));
    Edges edges;
    for (std::size_t bit = 1; bit < setup.nodes; bit *= 2)
      for (std::size_t i = 0; i < setup.nodes; ++i) edges.emplace_back(static_cast<NodeId>(i), static_cast<NodeId>(i ^ bit));
    return graph_topology(setup, simple_graph(std::move(edges)), options_, "the hypercube");
  }

 private:
  WeightOptions options_;
};

}  // namespace

void register_hypercube(Registry<TopologyRule>& registry) {
  registry.add<Hypercube>({"hypercube", "nodes whose numbers differ in one bit talk; 2^t nodes", "Xiao and Boyd, SCL 2004"},
                          with_weights<WeightOptions>(), {Trait::doubly_stochastic});
}

}  // namespace dml
