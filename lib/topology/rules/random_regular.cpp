// Random d-regular graph by the pairing model: the n d stubs are shuffled and paired in order, again on a self loop or duplicate. After
// 1000 tries the last pairing is repaired: a bad pair (a, b) and a random pair (x, y) become (a, x), (b, y) if both are new edges.
// Source: Bollobas 1980; card gossip-topologies, section 2. Deviation: repair too is bounded, by 100 swaps a stub and a fresh pairing.
#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/random.h"
#include "topology/fixed.h"

namespace dml {
namespace {

constexpr int kPairings = 1000;

struct RandomRegularOptions : RandomGraphOptions {
  int degree = 3;
};

Edges pair_stubs(std::size_t n, std::size_t d, Rng& rng) {
  std::vector<NodeId> stubs;
  for (std::size_t i = 0; i < n; ++i) stubs.insert(stubs.end(), d, static_cast<NodeId>(i));
  rng.shuffle(std::span(stubs));
  Edges pairs;
  for (std::size_t k = 0; k < stubs.size(); k += 2) pairs.emplace_back(std::min(stubs[k], stubs[k + 1]), std::max(stubs[k], stubs[k + 1]));
  return pairs;
}

// How often each edge stands in the pairing; self loops count as bad whatever their number.
bool repair(Edges& pairs, Rng& rng) {
  std::multiset<Edge> present(pairs.begin(), pairs.end());
  const auto bad = [&](const Edge& e) { return e.first == e.second || present.count(e) > 1; };
  const auto ordered = [](NodeId a, NodeId b) { return Edge(std::min(a, b), std::max(a, b)); };
  for (std::size_t swaps = 0; swaps < 200 * pairs.size(); ++swaps) {
    const auto it = std::find_if(pairs.begin(), pairs.end(), bad);
    if (it == pairs.end()) return true;
    Edge& other = pairs[rng.below(pairs.size())];
    const bool flip = rng.below(2) == 1;                   // either end of the other pair
    const Edge first = ordered(it->first, flip ? other.second : other.first), second = ordered(it->second, flip ? other.first : other.second);
    if (&*it == &other || first.first == first.second || second.first == second.second || first == second || present.count(first) ||
        present.count(second))
      continue;
    present.erase(present.find(*it));
    present.erase(present.find(other));
    present.insert(*it = first);
    present.insert(other = second);
  }
  return std::none_of(pairs.begin(), pairs.end(), bad);
}

Edges regular_graph(std::size_t n, std::size_t d, Rng rng) {
  Edges pairs;
  for (int attempt = 0; attempt < kPairings; ++attempt) {
    pairs = pair_stubs(n, d, rng);
    if (simple_graph(pairs).size() == pairs.size()) return pairs;
  }
  for (int attempt = 0; attempt < kPairings; ++attempt) {
    if (repair(pairs, rng)) return pairs;
    pairs = pair_stubs(n, d, rng);
  }
  throw Error(Fault::usage, "no graph of degree " + std::to_string(d) + " was found for " + std::to_string(n) + " nodes");
}

class RandomRegular final : public TopologyRule {
 public:
  explicit RandomRegular(RandomRegularOptions options) : options_(std::move(options)) {}
  std::unique_ptr<Topology> build(const TopologySetup& setup) const override {
    need_nodes(setup);
    const auto d = static_cast<std::size_t>(options_.degree);
    if (d >= setup.nodes || d * setup.nodes % 2)
      throw Error(Fault::usage, "no graph of " + std::to_string(setup.nodes) + " nodes has degree " + std::to_string(d) + " everywhere",
                  "nodes x degree must be even and the degree below the number of nodes");
    const std::string what = "the random regular graph";
    auto edges = connected_graph(setup, options_.connect, what, [&](std::uint32_t attempt) {
      return regular_graph(setup.nodes, d, Rng("random-regular", setup.seed, 0, attempt));
    });
    return graph_topology(setup, std::move(edges), options_, what);
  }

 private:
  RandomRegularOptions options_;
};

}  // namespace

void register_random_regular(Registry<TopologyRule>& registry) {
  Options<RandomRegularOptions> options;
  options.add("degree", &RandomRegularOptions::degree, "neighbours of every node", at_least(1));
  registry.add<RandomRegular>({"random-regular", "a random graph in which all nodes have the same degree", "Bollobas, EJC 1980"},
                              with_weights(with_connect(std::move(options))));
}

}  // namespace dml
