// No communication: W = I, the baseline 'localtraining' of card single-merge. With a schedule that ends in the exact mean it is one-shot
// averaging. The only rule whose graph may fall apart.
// Source: Zhu et al. 2025 (arXiv 2507.06542); card single-merge, 'other topologies'.
#include "topology/fixed.h"

namespace dml {
namespace {

class Isolated final : public TopologyRule {
 public:
  std::unique_ptr<Topology> build(const TopologySetup& setup) const override {
    need_nodes(setup);
    return std::make_unique<FixedTopology>(identity_mixing(setup.nodes));
  }
};

}  // namespace

void register_isolated(Registry<TopologyRule>& registry) {
  registry.add<Isolated>({"isolated", "nobody talks to anybody", "Zhu et al. 2025, arXiv 2507.06542"}, {Trait::doubly_stochastic});
}

}  // namespace dml
