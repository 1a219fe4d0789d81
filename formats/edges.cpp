// edges: a graph as text, an edge a line.
// Reads to one record of kind "graph" and writes such a one; the grammar stands in wire/graph_text.h. There is no signature, so the
// file's extension or --from tells. A file whose head says how many edges it has cannot be cut unnoticed.
#include "entry/registry.h"
#include "formats/graph_format.h"

namespace dml {
namespace {

void print(const GraphText& graph, const std::string& comment, ByteSink& sink) {
  sink.write(bytes_of(edges_text(graph, comment)));
}

class EdgesFormat final : public Format {
 public:
  std::string name() const override { return "edges"; }
  std::vector<std::string> extensions() const override { return {"edges"}; }
  bool is_text() const override { return true; }
  bool sniff(std::span<const std::byte>) const override { return false; }
  std::unique_ptr<RecordReader> reader(std::unique_ptr<ByteSource> source, const Limits& limits) const override {
    return graph_reader(std::move(source), limits, parse_edges);
  }
  std::unique_ptr<RecordWriter> writer(std::unique_ptr<ByteSink> sink, const StreamHeader&) const override {
    return graph_writer(std::move(sink), "edges", print);
  }
};

}  // namespace

void register_edges(Registry<Format>& registry) {
  registry.add<EdgesFormat>({"edges", "a graph as a list of edges, one a line", "card gossip-topologies, section 1"});
}

}  // namespace dml
