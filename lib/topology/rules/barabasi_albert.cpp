// Barabasi-Albert graph: a star of m + 1 nodes (centre 0), then every new node joins m distinct older ones, drawn with probability
// proportional to their degree: uniform draws from the list of all edge ends so far, a repeated target is drawn again. A new node's own
// ends enter the list after all its m targets are chosen. Exactly m (n - m) edges, always connected.
// Source: Barabasi and Albert, Science 1999; card gossip-topologies, section 2.
#include <algorithm>

#include "base/error.h"
#include "base/random.h"
#include "topology/fixed.h"

namespace dml {
namespace {

struct BarabasiAlbertOptions : WeightOptions { int m = 2; };

class BarabasiAlbert final : public TopologyRule {
 public:
  explicit BarabasiAlbert(BarabasiAlbertOptions options) : options_(std::move(options)) {}
  std::unique_ptr<Topology> build(const TopologySetup& setup) const override {
    need_nodes(setup);
    const auto m = static_cast<std::size_t>(options_.m);
    if (m >= setup.nodes)
      throw Error(Fault::usage, "a Barabasi-Albert graph of " + std::to_string(setup.nodes) + " nodes cannot add " + std::to_string(m) +
                                    " edges a node", "m must be below the number of nodes");
    Rng rng("barabasi-albert", setup.seed);
    Edges edges;
    std::vector<NodeId> ends;
    const auto join = [&](NodeId i, NodeId j) {
      edges.emplace_back(i, j);
      ends.push_back(i);
      ends.push_back(j);
    };
    for (std::size_t j = 1; j <= m; ++j) join(0, static_cast<NodeId>(j));
    std::vector<NodeId> targets;
    for (std::size_t v = m + 1; v < setup.nodes; ++v) {
      targets.clear();
      while (targets.size() < m) {
        const NodeId target = ends[rng.below(ends.size())];
        if (std::find(targets.begin(), targets.end(), target) == targets.end()) targets.push_back(target);
      }
      for (const NodeId target : targets) join(target, static_cast<NodeId>(v));
    }
    return graph_topology(setup, simple_graph(std::move(edges)), options_, "the Barabasi-Albert graph");
  }

 private:
  BarabasiAlbertOptions options_;
};

}  // namespace

void register_barabasi_albert(Registry<TopologyRule>& registry) {
  Options<BarabasiAlbertOptions> options;
  options.add("m", &BarabasiAlbertOptions::m, "edges that every new node brings", at_least(1));
  registry.add<BarabasiAlbert>({"barabasi-albert", "new nodes join old ones that have many neighbours", "Barabasi and Albert, Science 1999"},
                               with_weights(std::move(options)));
}

}  // namespace dml
