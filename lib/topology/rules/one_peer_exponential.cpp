// One-peer exponential graph: round r uses only the hop 2^(r mod t) of the static exponential graph, t = ceil(log2 n); a node takes half
// of itself and half of its one peer. If n is a power of two, t consecutive rounds are the exact mean; otherwise they never are.
// Source: Ying et al., NeurIPS 2021, section 4; card gossip-topologies, section 3, rule 4.
#include <bit>

#include "base/log.h"
#include "topology/fixed.h"

namespace dml {
namespace {

class OnePeer final : public Topology {
 public:
  explicit OnePeer(std::size_t nodes) : limit_(nodes), mean_(identity_mixing(nodes)) {
    for (std::size_t hop = 1; hop < nodes; hop *= 2) {
      std::vector<std::vector<NodeId>> senders(nodes);
      for (std::size_t i = 0; i < nodes; ++i) senders[i] = {static_cast<NodeId>((i + hop) % nodes)};
      hops_.push_back(std::make_shared<const Mixing>(mean_of_senders(senders)));
    }
    if (hops_.empty()) hops_.push_back(std::make_shared<const Mixing>(identity_mixing(nodes)));
  }
  bool time_varying() const override { return true; }
  std::shared_ptr<const Mixing> at(std::uint64_t round, double peers) const override {
    if (peers >= 0 && limit_.all(limit_.clamp(peers))) return mean_.at(round, peers);
    return hops_[round % hops_.size()];
  }

 private:
  PeerLimit limit_;
  FixedTopology mean_;                                     // only for rounds in which a schedule asks for everybody
  std::vector<std::shared_ptr<const Mixing>> hops_;
};

class OnePeerExponential final : public TopologyRule {
 public:
  std::unique_ptr<Topology> build(const TopologySetup& setup) const override {
    need_nodes(setup);
    if (!std::has_single_bit(setup.nodes))
      log(Level::note, "one-peer-exponential reaches the exact mean only for a power of two nodes, not for " + std::to_string(setup.nodes));
    return std::make_unique<OnePeer>(setup.nodes);
  }
};

}  // namespace

void register_one_peer_exponential(Registry<TopologyRule>& registry) {
  registry.add<OnePeerExponential>({"one-peer-exponential", "one hop of 1, 2, 4, ... per round, in turn", "Ying et al., NeurIPS 2021"},
                                   {Trait::doubly_stochastic, Trait::time_varying});
}

}  // namespace dml
