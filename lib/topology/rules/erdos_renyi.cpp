// Erdos-Renyi graph G(n, p): each pair of nodes is joined with probability p, independently. Not always connected.
// Source: Erdos and Renyi 1959; card gossip-topologies, section 2. Draws: pairs in lexicographic order from ("erdos-renyi", seed).
#include "base/random.h"
#include "topology/fixed.h"

namespace dml {
namespace {

struct ErdosRenyiOptions : RandomGraphOptions { double p = 0.5; };

class ErdosRenyi final : public TopologyRule {
 public:
  explicit ErdosRenyi(ErdosRenyiOptions options) : options_(std::move(options)) {}
  std::unique_ptr<Topology> build(const TopologySetup& setup) const override {
    need_nodes(setup);
    const std::string what = "the Erdos-Renyi graph";
    auto edges = connected_graph(setup, options_.connect, what, [&](std::uint32_t attempt) {
      Rng rng("erdos-renyi", setup.seed, 0, attempt);
      Edges drawn;
      for (NodeId i = 0; i < setup.nodes; ++i)
        for (NodeId j = i + 1; j < setup.nodes; ++j)
          if (rng.uniform() < options_.p) drawn.emplace_back(i, j);
      return drawn;
    });
    return graph_topology(setup, std::move(edges), options_, what);
  }

 private:
  ErdosRenyiOptions options_;
};

}  // namespace

void register_erdos_renyi(Registry<TopologyRule>& registry) {
  Options<ErdosRenyiOptions> options;
  options.add("p", &ErdosRenyiOptions::p, "probability of an edge", between(0, 1));
  registry.add<ErdosRenyi>({"erdos-renyi", "each pair of nodes is joined with a probability", "Erdos and Renyi 1959"},
                           with_weights(with_connect(std::move(options))));
}

}  // namespace dml
