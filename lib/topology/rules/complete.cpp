// Complete graph: every node takes the exact mean of all, W = J/n, in every round (spectral gap 1). All rows hold the same doubles, so
// all nodes end a round with the same bits, and the one row is held once; edges are listed only when asked for.
// Source: card gossip-topologies, section 3, rule 5.
#include "topology/fixed.h"

namespace dml {
namespace {

class CompleteGraph final : public Topology {
 public:
  explicit CompleteGraph(std::size_t nodes) : mean_(std::make_shared<const Mixing>(exact_mean(nodes))), limit_(nodes) {}
  std::shared_ptr<const Mixing> at(std::uint64_t, double peers) const override {
    limit_.clamp(peers);                                   // says so when a schedule asks for more peers than there are
    return mean_;
  }
  Edges edges() const override {
    const auto nodes = static_cast<NodeId>(mean_->nodes());
    Edges edges;
    edges.reserve(std::size_t{nodes} * (nodes - 1) / 2);
    for (NodeId i = 0; i < nodes; ++i)
      for (NodeId j = i + 1; j < nodes; ++j) edges.emplace_back(i, j);
    return edges;
  }

 private:
  std::shared_ptr<const Mixing> mean_;
  PeerLimit limit_;
};

class Complete final : public TopologyRule {
 public:
  std::unique_ptr<Topology> build(const TopologySetup& setup) const override {
    need_nodes(setup);
    return std::make_unique<CompleteGraph>(setup.nodes);
  }
};

}  // namespace

void register_complete(Registry<TopologyRule>& registry) {
  registry.add<Complete>({"complete", "every node takes the exact mean of all nodes", "Xiao and Boyd, SCL 2004"},
                         {Trait::doubly_stochastic});
}

}  // namespace dml
