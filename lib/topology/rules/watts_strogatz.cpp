// Watts-Strogatz graph: a ring lattice with k/2 neighbours on each side; for s = 1..k/2 and i = 0..n-1 the edge (i, i + s) is moved with
// probability beta to (i, u), u uniform, neither i nor a present neighbour; skipped where i is joined to everybody. Exactly n k / 2 edges.
// Source: Watts and Strogatz, Nature 1998; card gossip-topologies, section 2.
#include <set>

#include "base/error.h"
#include "base/random.h"
#include "topology/fixed.h"

namespace dml {
namespace {

struct WattsStrogatzOptions : RandomGraphOptions {
  int k = 4;
  double beta = 0.1;
};

Edges small_world(std::size_t n, std::size_t k, double beta, Rng rng) {
  std::vector<std::set<NodeId>> beside(n);
  const auto join = [&](std::size_t i, std::size_t j) {
    beside[i].insert(static_cast<NodeId>(j));
    beside[j].insert(static_cast<NodeId>(i));
  };
  for (std::size_t s = 1; s <= k / 2; ++s)
    for (std::size_t i = 0; i < n; ++i) join(i, (i + s) % n);
  for (std::size_t s = 1; s <= k / 2; ++s)
    for (std::size_t i = 0; i < n; ++i) {
      if (rng.uniform() >= beta || beside[i].size() == n - 1) continue;
      const std::size_t old = (i + s) % n;
      std::size_t u = rng.below(n);
      while (u == i || beside[i].count(static_cast<NodeId>(u))) u = rng.below(n);
      beside[i].erase(static_cast<NodeId>(old));
      beside[old].erase(static_cast<NodeId>(i));
      join(i, u);
    }
  Edges edges;
  for (std::size_t i = 0; i < n; ++i)
    for (const NodeId j : beside[i])
      if (i < j) edges.emplace_back(static_cast<NodeId>(i), j);
  return edges;
}

class WattsStrogatz final : public TopologyRule {
 public:
  explicit WattsStrogatz(WattsStrogatzOptions options) : options_(std::move(options)) {
    if (options_.k % 2) throw Error(Fault::usage, "option 'watts-strogatz:k' is " + std::to_string(options_.k) + ", must be even");
  }
  std::unique_ptr<Topology> build(const TopologySetup& setup) const override {
    need_nodes(setup);
    const auto k = static_cast<std::size_t>(options_.k);
    if (k >= setup.nodes)
      throw Error(Fault::usage, "a Watts-Strogatz graph of " + std::to_string(setup.nodes) + " nodes cannot have " + std::to_string(k) +
                                    " neighbours a node");
    const std::string what = "the Watts-Strogatz graph";
    auto edges = connected_graph(setup, options_.connect, what, [&](std::uint32_t attempt) {
      return small_world(setup.nodes, k, options_.beta, Rng("watts-strogatz", setup.seed, 0, attempt));
    });
    return graph_topology(setup, std::move(edges), options_, what);
  }

 private:
  WattsStrogatzOptions options_;
};

}  // namespace

void register_watts_strogatz(Registry<TopologyRule>& registry) {
  Options<WattsStrogatzOptions> options;
  options.add("k", &WattsStrogatzOptions::k, "neighbours on the ring before rewiring, even", at_least(2))
      .add("beta", &WattsStrogatzOptions::beta, "probability that an edge is rewired", between(0, 1));
  registry.add<WattsStrogatz>({"watts-strogatz", "a ring of near neighbours with some edges rewired", "Watts and Strogatz, Nature 1998"},
                              with_weights(with_connect(std::move(options))));
}

}  // namespace dml
