// adj: a graph as an adjacency or mixing matrix in text, a row a line.
// Reads to one record of kind "graph" and writes such a one; the grammar stands in wire/graph_text.h. There is no signature, so the
// file's extension or --from tells. Its rows have as many numbers as it has rows: no cut goes unnoticed.
#include "base/text.h"
#include "entry/registry.h"
#include "formats/graph_format.h"

namespace dml {
namespace {

void print(const GraphText& graph, const std::string& comment, ByteSink& sink) {
  if (!comment.empty()) sink.write(bytes_of("# " + plain_or_quoted(comment) + "\n"));
  adjacency_lines(graph, [&](const std::string& line) { sink.write(bytes_of(line)); });
}

class AdjFormat final : public Format {
 public:
  std::string name() const override { return "adj"; }
  std::vector<std::string> extensions() const override { return {"adj"}; }
  bool is_text() const override { return true; }
  bool sniff(std::span<const std::byte>) const override { return false; }
  std::unique_ptr<RecordReader> reader(std::unique_ptr<ByteSource> source, const Limits& limits) const override {
    return graph_reader(std::move(source), limits, parse_adjacency);
  }
  std::unique_ptr<RecordWriter> writer(std::unique_ptr<ByteSink> sink, const StreamHeader&) const override {
    return graph_writer(std::move(sink), "adj", print);
  }
};

}  // namespace

void register_adj(Registry<Format>& registry) {
  registry.add<AdjFormat>({"adj", "a graph as an adjacency or mixing matrix", "card gossip-topologies, section 1"});
}

}  // namespace dml
