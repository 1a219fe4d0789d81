// Pairwise gossip: in every round one random edge is active, and its two nodes both take their mean; all others keep what they have. W is
// doubly stochastic; in expectation it is I - sum_e p_e (e_i - e_j)(e_i - e_j)^T / 2 with p_e = 1/m, which weights=pairwise of a graph
// gives. The asynchronous time model of Boyd et al. is this with one round a tick of any node's clock (there p_e follows the degrees).
// Source: Boyd et al., IEEE Trans. Inf. Theory 2006, section II; card gossip-topologies, section 3, rule 7.
// Symbols: base -> the graph; without it all pairs. Draws are keyed ("pairwise", seed, 0, round).
#include "base/error.h"
#include "base/random.h"
#include "base/text.h"
#include "topology/fixed.h"

namespace dml {
namespace {

struct PairwiseOptions { std::string base; };

class PairwiseGossip final : public Topology {
 public:
  PairwiseGossip(const TopologySetup& setup, Edges edges)
      : nodes_(setup.nodes), key_(stream_key("pairwise", setup.seed)), edges_(std::move(edges)), limit_(nodes_), mean_(identity_mixing(nodes_)) {}
  bool time_varying() const override { return true; }
  std::shared_ptr<const Mixing> at(std::uint64_t round, double peers) const override {
    if (peers >= 0 && limit_.all(limit_.clamp(peers))) return mean_.at(round, peers);
    return cache_.get(round, 0, [&] { return active(round); });
  }

 private:
  Mixing active(std::uint64_t round) const {
    std::vector<std::vector<NodeId>> senders(nodes_);
    if (nodes_ > 1) {
      const auto [i, j] = draw(Rng(key_, 0, static_cast<std::uint32_t>(round), static_cast<std::uint32_t>(round >> 32)));
      senders[i] = {j};
      senders[j] = {i};
    }
    return mean_of_senders(senders);
  }
  Edge draw(Rng rng) const {
    if (!edges_.empty()) return edges_[rng.below(edges_.size())];
    const auto i = static_cast<NodeId>(rng.below(nodes_)), k = static_cast<NodeId>(rng.below(nodes_ - 1));
    return {i, k < i ? k : k + 1};
  }

  std::size_t nodes_;
  std::uint64_t key_;
  Edges edges_;                                            // empty: all pairs
  PeerLimit limit_;
  FixedTopology mean_;                                     // only for rounds in which a schedule asks for everybody
  RoundCache cache_;
};

class Pairwise final : public TopologyRule {
 public:
  explicit Pairwise(PairwiseOptions options) : options_(std::move(options)) {}
  std::unique_ptr<Topology> build(const TopologySetup& setup) const override {
    need_nodes(setup);
    Edges edges;
    if (!options_.base.empty()) {
      Registry<TopologyRule> rules("topology");
      register_topologies(rules);
      edges = topology_rule(rules, options_.base)->build(setup)->edges();
      if (edges.empty() && setup.nodes > 1)
        throw Error(Fault::usage, "option 'pairwise:base' is " + quote(options_.base) + ", must be a fixed undirected graph with edges");
    }
    return std::make_unique<PairwiseGossip>(setup, std::move(edges));
  }

 private:
  PairwiseOptions options_;
};

}  // namespace

void register_pairwise(Registry<TopologyRule>& registry) {
  registry.add<Pairwise>({"pairwise", "one random pair averages in every round, the others wait", "Boyd et al., IEEE Trans. Inf. Theory 2006"},
                         Options<PairwiseOptions>().add("base", &PairwiseOptions::base, "a fixed topology whose edges are the only pairs"),
                         {Trait::doubly_stochastic, Trait::time_varying});
}

}  // namespace dml
