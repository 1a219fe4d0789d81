// Sparse random gossip. In round t every node pulls from c distinct peers: floor(r), plus one more with probability r - floor(r), and
// takes the plain mean of them and itself. The pull is one-sided: W is row- but not doubly stochastic, the mean is kept only in
// expectation. With pair, all nodes are paired at random (an odd one is left out) and each pair averages with probability min(r, 1):
// doubly stochastic, which is what the theory assumes. With base, peers come from the neighbours in another fixed graph.
// Source: Zhu et al. 2025 (arXiv 2507.06542), reference code; card single-merge.
// Symbols: r = `peers` of Topology::at, the schedule's number; without a schedule the option peers. r >= n - 1 is the exact mean.
// Choices are keyed by ("pull", seed, node, round) and ("pair", seed, 0, round): every node computes every other's row.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "topology/fixed.h"

namespace dml {
namespace {

struct RandomOptions {
  double peers = 0.2;
  bool pair = false;
  std::string base;
};

Rng keyed(std::string_view purpose, std::uint64_t seed, std::size_t node, std::uint64_t round) {
  return Rng(purpose, seed, static_cast<std::uint32_t>(node), static_cast<std::uint32_t>(round), static_cast<std::uint32_t>(round >> 32));
}

class RandomGossip final : public Topology {
 public:
  RandomGossip(TopologySetup setup, RandomOptions options, std::vector<std::vector<NodeId>> pools)
      : setup_(setup), options_(std::move(options)), pools_(std::move(pools)), limit_(setup.nodes), mean_(identity_mixing(setup.nodes)) {}
  bool time_varying() const override { return true; }

  std::shared_ptr<const Mixing> at(std::uint64_t round, double peers) const override {
    const double r = limit_.clamp(peers < 0 ? options_.peers : peers);
    if (limit_.all(r)) return mean_.at(round, r);
    return cache_.get(round, r, [&] { return mean_of_senders(options_.pair ? pair(round, r) : pull(round, r)); });
  }

 private:
  using Senders = std::vector<std::vector<NodeId>>;

  Senders pull(std::uint64_t round, double r) const {
    const std::uint64_t key = stream_key("pull", setup_.seed);
    Senders senders(setup_.nodes);
    for (std::size_t i = 0; i < setup_.nodes; ++i) {
      Rng rng(key, static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(round), static_cast<std::uint32_t>(round >> 32));
      const std::size_t pool = pools_.empty() ? setup_.nodes - 1 : pools_[i].size();
      const double whole = std::floor(r);
      const std::size_t count = std::min(pool, static_cast<std::size_t>(whole) + (rng.uniform() < r - whole ? 1 : 0));
      for (const std::size_t k : rng.choose(pool, count))
        senders[i].push_back(pools_.empty() ? static_cast<NodeId>(k < i ? k : k + 1) : pools_[i][k]);
    }
    return senders;
  }

  Senders pair(std::uint64_t round, double r) const {
    Rng rng = keyed("pair", setup_.seed, 0, round);
    std::vector<NodeId> order(setup_.nodes);
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<NodeId>(i);
    rng.shuffle(std::span(order));
    Senders senders(setup_.nodes);
    for (std::size_t k = 0; k + 1 < order.size(); k += 2) {
      if (rng.uniform() >= r) continue;
      senders[order[k]] = {order[k + 1]};
      senders[order[k + 1]] = {order[k]};
    }
    return senders;
  }

  TopologySetup setup_;
  RandomOptions options_;
  Senders pools_;                                          // neighbours in the base graph; empty: everybody else
  PeerLimit limit_;
  FixedTopology mean_;                                     // only for rounds in which r asks for everybody
  RoundCache cache_;
};

class Random final : public TopologyRule {
 public:
  explicit Random(RandomOptions options) : options_(std::move(options)) {
    if (options_.pair && !options_.base.empty())
      throw Error(Fault::usage, "options 'random:pair' and 'random:base' exclude each other", "a pairing is drawn among all nodes");
  }
  std::unique_ptr<Topology> build(const TopologySetup& setup) const override {
    need_nodes(setup);
    std::vector<std::vector<NodeId>> pools;
    if (!options_.base.empty()) pools = base_pools(setup);
    return std::make_unique<RandomGossip>(setup, options_, std::move(pools));
  }

 private:
  // Whom each node receives from in the base graph.
  std::vector<std::vector<NodeId>> base_pools(const TopologySetup& setup) const {
    Registry<TopologyRule> rules("topology");
    register_topologies(rules);
    const auto base = topology_rule(rules, options_.base)->build(setup);
    if (base->time_varying()) throw Error(Fault::usage, "option 'random:base' is '" + options_.base + "', must be a fixed graph");
    const auto mixing = base->at(0, -1);
    std::vector<std::vector<NodeId>> pools(setup.nodes);
    for (std::size_t i = 0; i < setup.nodes; ++i)
      for (const auto& [j, weight] : mixing->row(i))
        if (j != i && weight > 0) pools[i].push_back(j);
    return pools;
  }
  RandomOptions options_;
};

}  // namespace

void register_random(Registry<TopologyRule>& registry) {
  registry.add<Random>({"random", "every node pulls from a few random peers, anew in each round", "Zhu et al. 2025, arXiv 2507.06542"},
                       Options<RandomOptions>()
                           .add("peers", &RandomOptions::peers, "peers per node and round where no schedule says, may be fractional", at_least(0))
                           .add("pair", &RandomOptions::pair, "random pairs that average with each other instead: keeps the mean")
                           .add("base", &RandomOptions::base, "a fixed topology whose neighbours are the only peers"),
                       {Trait::time_varying});
}

}  // namespace dml
