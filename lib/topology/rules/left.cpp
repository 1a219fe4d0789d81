// Directed ring: node i takes half of itself and half of its predecessor i - 1 (mod n). Doubly stochastic; gap 1 - cos(pi / n).
// Source: Zhu et al. 2025 (arXiv 2507.06542), reference code; card single-merge, 'other topologies'.
#include "topology/fixed.h"

namespace dml {
namespace {

class Left final : public TopologyRule {
 public:
  std::unique_ptr<Topology> build(const TopologySetup& setup) const override {
    need_nodes(setup);
    const std::size_t n = setup.nodes;
    std::vector<std::vector<NodeId>> senders(n);
    for (std::size_t i = 0; i < n && n > 1; ++i) senders[i] = {static_cast<NodeId>((i + n - 1) % n)};
    return std::make_unique<FixedTopology>(mean_of_senders(senders));
  }
};

}  // namespace

void register_left(Registry<TopologyRule>& registry) {
  registry.add<Left>({"left", "every node receives from the node before it", "Zhu et al. 2025, arXiv 2507.06542"},
                     {Trait::doubly_stochastic});
}

}  // namespace dml
