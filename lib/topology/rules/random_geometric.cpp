// Random geometric graph: nodes are uniform points of the unit square, joined when nearer than the radius. Not always connected.
// Source: Gilbert, JSIAM 1961; card gossip-topologies, section 2. Points: node i's two numbers from ("random-geometric", seed, i).
#include "base/random.h"
#include "topology/fixed.h"

namespace dml {
namespace {

struct GeometricOptions : RandomGraphOptions { double radius = 0.5; };

class Geometric final : public TopologyRule {
 public:
  explicit Geometric(GeometricOptions options) : options_(std::move(options)) {}
  std::unique_ptr<Topology> build(const TopologySetup& setup) const override {
    need_nodes(setup);
    const std::string what = "the random geometric graph";
    auto edges = connected_graph(setup, options_.connect, what, [&](std::uint32_t attempt) { return draw(setup, attempt); });
    return graph_topology(setup, std::move(edges), options_, what);
  }

 private:
  Edges draw(const TopologySetup& setup, std::uint32_t attempt) const {
    std::vector<std::pair<double, double>> points;
    for (std::size_t i = 0; i < setup.nodes; ++i) {
      Rng rng("random-geometric", setup.seed, static_cast<std::uint32_t>(i), attempt);
      const double x = rng.uniform();
      points.emplace_back(x, rng.uniform());
    }
    Edges edges;
    for (NodeId i = 0; i < setup.nodes; ++i)
      for (NodeId j = i + 1; j < setup.nodes; ++j) {
        const double dx = points[i].first - points[j].first, dy = points[i].second - points[j].second;
        if (dx * dx + dy * dy < options_.radius * options_.radius) edges.emplace_back(i, j);
      }
    return edges;
  }
  GeometricOptions options_;
};

}  // namespace

void register_random_geometric(Registry<TopologyRule>& registry) {
  Options<GeometricOptions> options;
  options.add("radius", &GeometricOptions::radius, "nodes of the unit square nearer than this are joined", above(0));
  registry.add<Geometric>({"random-geometric", "random points of a square, near ones are joined", "Gilbert, JSIAM 1961"},
                          with_weights(with_connect(std::move(options))));
}

}  // namespace dml
