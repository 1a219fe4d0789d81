// A graph of one's own: FILE with "i j" a line and # comments, every undirected edge once. --topology ring.edges is short for
// edges:file=ring.edges. A self loop, an edge twice or a node that is not there is refused with its line.
// Source: card gossip-topologies, sections 1 and 8.
#include "base/text.h"
#include "topology/edge_file.h"
#include "topology/fixed.h"

namespace dml {
namespace {

struct EdgesOptions : WeightOptions { std::string file = required; };

class EdgeList final : public TopologyRule {
 public:
  explicit EdgeList(EdgesOptions options) : options_(std::move(options)) {}
  std::unique_ptr<Topology> build(const TopologySetup& setup) const override {
    need_nodes(setup);
    return graph_topology(setup.nodes, read_edges(options_.file, setup.nodes), options_, "the graph of " + quote(options_.file), Fault::input);
  }

 private:
  EdgesOptions options_;
};

}  // namespace

void register_edges(Registry<TopologyRule>& registry) {
  Options<EdgesOptions> options;
  options.add("file", &EdgesOptions::file, "text, 'i j' a line");
  registry.add<EdgeList>({"edges", "the graph of a file with an edge a line", "card gossip-topologies, section 1"},
                         with_weights(std::move(options)));
}

}  // namespace dml
