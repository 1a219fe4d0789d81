// Torus a x b: node r * b + c talks to its right and lower neighbours modulo the sizes. Where a or b is 2 the two edges of a pair are
// one, where it is 1 the self loop is dropped; such a torus is not always regular, so the weights are Metropolis-Hastings ones.
// Source: card gossip-topologies, sections 2 to 4. Symbols: a = rows, b = n / rows.
#include "base/error.h"
#include "topology/fixed.h"

namespace dml {
namespace {

struct TorusOptions : WeightOptions { int rows = 0; };

// The divisor of n nearest below its root: the squarest torus.
std::size_t squarest(std::size_t n) {
  std::size_t best = 1;
  for (std::size_t a = 1; a * a <= n; ++a)
    if (n % a == 0) best = a;
  return best;
}

class Torus final : public TopologyRule {
 public:
  explicit Torus(TorusOptions options) : options_(options) {}
  std::unique_ptr<Topology> build(const TopologySetup& setup) const override {
    need_nodes(setup);
    const std::size_t n = setup.nodes, a = options_.rows ? static_cast<std::size_t>(options_.rows) : squarest(n), b = n / a;
    if (n % a)
      throw Error(Fault::usage, "a torus of " + std::to_string(n) + " nodes cannot have " + std::to_string(a) + " rows",
                  "rows must divide the number of nodes");
    Edges edges;
    for (std::size_t r = 0; r < a; ++r)
      for (std::size_t c = 0; c < b; ++c) {
        const auto at = [b](std::size_t row, std::size_t column) { return static_cast<NodeId>(row * b + column); };
        edges.emplace_back(at(r, c), at(r, (c + 1) % b));
        edges.emplace_back(at(r, c), at((r + 1) % a, c));
      }
    return graph_topology(setup, simple_graph(std::move(edges)), options_, "the torus");
  }

 private:
  TorusOptions options_;
};

}  // namespace

void register_torus(Registry<TopologyRule>& registry) {
  Options<TorusOptions> options;
  options.add("rows", &TorusOptions::rows, "number of rows, a divisor of the number of nodes; 0 takes the squarest", at_least(0));
  registry.add<Torus>({"torus", "a grid without borders, each node talks to four others", "Xiao and Boyd, SCL 2004"},
                      with_weights(std::move(options)), {Trait::doubly_stochastic});
}

}  // namespace dml
