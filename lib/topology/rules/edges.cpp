// A graph of one's own: a file of edges (.edges) or a matrix (.adj), see wire/graph_text.h. --topology ring.edges is short for
// edges:file=ring.edges. A file whose edges have weights is a mixing matrix with weights=given; a directed file takes weights=uniform,
// data-size or given. A graph in parts is refused, linked (component k to k + 1 by a random edge), or kept as it is with a warning.
// Source: card gossip-topologies, sections 1 to 3 and 8.
#include "base/log.h"
#include "base/text.h"
#include "topology/fixed.h"
#include "wire/graph_text.h"

namespace dml {
namespace {

struct EdgesOptions : WeightOptions {
  std::string file = required;
  std::string connect = "error";
};

GraphText read_graph(const std::string& file, std::size_t nodes) {
  auto source = open_file_source(file);
  return file.ends_with(".adj") ? parse_adjacency(std::move(source), {}, nodes) : parse_edges(std::move(source), {}, nodes);
}

std::vector<std::vector<NodeId>> senders_of(const GraphText& graph) {
  std::vector<std::vector<NodeId>> senders(graph.nodes);
  for (const auto& [from, to] : graph.edges) senders[to].push_back(from);
  return senders;
}

class EdgeList final : public TopologyRule {
 public:
  explicit EdgeList(EdgesOptions options) : options_(std::move(options)), what_("the graph of " + quote(options_.file)) {}

  std::unique_ptr<Topology> build(const TopologySetup& setup) const override {
    need_nodes(setup);
    GraphText graph = read_graph(options_.file, setup.nodes);
    const bool given = options_.weights == "given";
    if (given && graph.weights.empty()) throw Error(Fault::input, what_ + " gives no weights", "write 'i j weight' a line");
    if (!given && !graph.weights.empty()) warn("the weights of " + quote(options_.file) + " are not used: weights=given takes them");
    return graph.directed ? directed(setup, graph, given) : undirected(setup, std::move(graph), given);
  }

 private:
  std::unique_ptr<Topology> undirected(const TopologySetup& setup, GraphText graph, bool given) const {
    const std::size_t parts = components(setup.nodes, graph.edges).count;
    if (parts > 1 && options_.connect == "link") {
      if (given) throw Error(Fault::usage, "option 'edges:connect' cannot link a graph whose weights are given");
      graph.edges = link_components(setup, std::move(graph.edges));
    } else {
      refuse_or_warn(parts, setup.nodes);
    }
    Mixing mixing = given ? given_weights(setup.nodes, graph.edges, graph.weights, false, what_) : weighed(setup, graph.edges, options_);
    if (given && options_.lazy) mixing = lazy(mixing);
    return std::make_unique<FixedTopology>(std::move(mixing), std::move(graph.edges));
  }

  std::unique_ptr<Topology> directed(const TopologySetup& setup, const GraphText& graph, bool given) const {
    if (!given && options_.weights != "uniform" && options_.weights != "data-size")
      throw Error(Fault::usage, what_ + " is directed: weights " + options_.weights + " are for undirected graphs", "say weights=uniform, data-size or given");
    if (options_.connect == "link") throw Error(Fault::usage, "option 'edges:connect' links undirected graphs only, and " + what_ + " is directed");
    const auto senders = senders_of(graph);
    refuse_or_warn(strong_components(senders), setup.nodes);
    Mixing mixing = given ? given_weights(setup.nodes, graph.edges, graph.weights, true, what_) : weighed(setup, senders, DirectedOptions{options_.weights, false});
    return std::make_unique<FixedTopology>(options_.lazy ? lazy(mixing) : std::move(mixing));
  }

  void refuse_or_warn(std::size_t parts, std::size_t nodes) const {
    if (options_.connect == "error") need_connected(what_, parts, nodes, Fault::input, "connect=link joins the components, connect=keep leaves them apart");
    else if (parts > 1) warn(what_ + " has " + std::to_string(parts) + " components: they never agree");
  }

  EdgesOptions options_;
  std::string what_;
};

}  // namespace

void register_edges(Registry<TopologyRule>& registry) {
  auto weights = weight_rules();
  weights.push_back("given");
  Options<EdgesOptions> options;
  options.add("file", &EdgesOptions::file, "text, 'i j' a line (.edges) or a matrix (.adj)")
      .add("connect", &EdgesOptions::connect, "a disconnected graph: refuse it, link its parts, or keep it", one_of({"error", "link", "keep"}))
      .add("weights", static_cast<std::string EdgesOptions::*>(&EdgesOptions::weights), "how edges become weights", one_of(weights));
  registry.add<EdgeList>({"edges", "the graph of a file with an edge a line, or of a matrix", "card gossip-topologies, section 1"},
                         with_lazy(std::move(options)));
}

}  // namespace dml
