// Static exponential graph, directed: with t = ceil(log2 n), node i receives from i + 2^k (mod n), k = 0..t-1, and takes the plain mean
// of those and itself. W is circulant, hence doubly stochastic; gap 2/(t + 1) for even n, larger for odd n.
// Source: Ying et al., NeurIPS 2021, section 3; card gossip-topologies, section 3, rule 4.
#include "topology/fixed.h"

namespace dml {
namespace {

class Exponential final : public TopologyRule {
 public:
  explicit Exponential(DirectedOptions options) : options_(std::move(options)) {}
  std::unique_ptr<Topology> build(const TopologySetup& setup) const override {
    need_nodes(setup);
    std::vector<std::vector<NodeId>> senders(setup.nodes);
    for (std::size_t hop = 1; hop < setup.nodes; hop *= 2)
      for (std::size_t i = 0; i < setup.nodes; ++i) senders[i].push_back(static_cast<NodeId>((i + hop) % setup.nodes));
    return std::make_unique<FixedTopology>(weighed(setup, senders, options_));
  }

 private:
  DirectedOptions options_;
};

}  // namespace

void register_exponential(Registry<TopologyRule>& registry) {
  registry.add<Exponential>({"exponential", "directed hops of 1, 2, 4, ... around a circle, all in every round", "Ying et al., NeurIPS 2021"},
                            with_directed_weights<DirectedOptions>(), {Trait::doubly_stochastic});
}

}  // namespace dml
