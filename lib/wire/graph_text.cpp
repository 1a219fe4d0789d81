// Lists of edges, and graphs as records. Matrices are in graph_matrix.cpp.
#include "wire/graph_text.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "wire/graph_lines.h"

namespace dml {
namespace {

using Edge = std::pair<std::uint32_t, std::uint32_t>;
constexpr std::uint64_t kMostNodes = std::uint64_t{1} << 32;
constexpr std::size_t kEdgeBytes = sizeof(Edge) + sizeof(double) + sizeof(std::uint64_t);

class EdgeParser {
 public:
  EdgeParser(std::unique_ptr<ByteSource> source, const Limits& limits, std::optional<std::uint64_t> nodes)
      : lines_(std::move(source), 4096), limits_(limits), known_(nodes), nodes_(nodes.value_or(kMostNodes)) {}

  GraphText parse() {
    for (std::string line; lines_.next(line);) {
      const auto words = words_of(line, " \t\r");
      if (words.empty()) continue;
      if (graph_.edges.empty() && head(words)) continue;
      edge(words, line);
    }
    finish();
    return std::move(graph_);
  }

 private:
  [[noreturn]] void fail(const std::string& what, const std::string& hint = {}) const { throw Error(Fault::input, lines_.where() + ": " + what, hint); }

  bool head(const std::vector<std::string_view>& words) {
    if (words[0] == "directed" && words.size() == 1) return graph_.directed = true;
    if (words.size() != 2 || (words[0] != "nodes" && words[0] != "edges")) return false;
    const auto number = parse_unsigned(words[1]);
    if (!number || *number > kMostNodes) fail(quote(words[1]) + " is no number of " + std::string(words[0]));
    if (words[0] == "edges") {
      promised_ = *number;
      return true;
    }
    if (known_ && *known_ != *number) fail("a graph of " + std::to_string(*number) + " nodes, not of " + std::to_string(*known_));
    said_ = nodes_ = *number;
    return true;
  }

  std::uint32_t node(std::string_view word) const {
    const auto digits = word.find_first_not_of("0123456789");
    if (digits != std::string_view::npos) fail(quote(word) + " is no node number");
    const auto id = parse_unsigned(word);
    if (id && *id < nodes_) return static_cast<std::uint32_t>(*id);
    fail("node " + std::string(word) + " is not among 0.." + std::to_string(nodes_ - 1));
  }

  void edge(const std::vector<std::string_view>& words, const std::string& line) {
    if (words.size() < 2 || words.size() > 3) fail(quote(line) + " is no edge", "write two node numbers a line, and a weight if all have one; # starts a comment");
    Edge edge(node(words[0]), node(words[1]));
    if (edge.first == edge.second) fail("a self loop at node " + std::to_string(edge.first));
    if (!graph_.directed && edge.first > edge.second) std::swap(edge.first, edge.second);
    if (!graph_.edges.empty() && graph_.weights.empty() != (words.size() == 2))
      fail(words.size() == 2 ? "an edge without a weight, unlike those before" : "an edge with a weight, unlike those before");
    if (words.size() == 3) graph_.weights.push_back(weight(words[2]));
    if (graph_.edges.size() >= limits_.tensor_bytes / kEdgeBytes) fail("more edges than the limit of " + format_bytes(static_cast<double>(limits_.tensor_bytes)) + " holds");
    graph_.edges.push_back(edge);
    lines_of_edges_.push_back(lines_.number());
    largest_ = std::max({largest_, edge.first, edge.second});
  }

  double weight(std::string_view word) const {
    const auto value = parse_weight(word);
    if (!value) fail(quote(word) + " is no weight");
    if (*value < 0) fail("weight " + std::string(word) + " is negative");
    if (*value == 0) fail("weight 0 is no edge");
    return *value;
  }

  void finish() {
    if (promised_ && *promised_ != graph_.edges.size())
      throw Error(Fault::input, lines_.name() + " ends early or was changed: " + std::to_string(graph_.edges.size()) + " edges, its head says " + std::to_string(*promised_));
    graph_.nodes = said_ || known_ ? nodes_ : graph_.edges.empty() ? 0 : std::uint64_t{largest_} + 1;
    if (graph_.nodes == 0) throw Error(Fault::input, lines_.name() + " holds no graph: neither an edge nor 'nodes N'");
    sort();
    if (said_) warn_of_isolated(graph_, lines_.name());
  }

  // By edge; an edge that is there twice is told by its second line.
  void sort() {
    std::vector<std::size_t> order(graph_.edges.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return std::tie(graph_.edges[a], a) < std::tie(graph_.edges[b], b); });
    std::size_t twice = order.size();
    for (std::size_t k = 1; k < order.size(); ++k)
      if (graph_.edges[order[k]] == graph_.edges[order[k - 1]]) twice = std::min(twice, order[k]);
    if (twice < order.size()) {
      const auto& [i, j] = graph_.edges[twice];
      throw Error(Fault::input, "line " + std::to_string(lines_of_edges_[twice]) + " of " + lines_.name() + ": edge " + std::to_string(i) + " " + std::to_string(j) + " is there twice");
    }
    reorder(graph_.edges, order);
    if (!graph_.weights.empty()) reorder(graph_.weights, order);
  }

  template <class T>
  static void reorder(std::vector<T>& values, const std::vector<std::size_t>& order) {
    std::vector<T> out;
    out.reserve(values.size());
    for (const auto k : order) out.push_back(values[k]);
    values = std::move(out);
  }

  GraphLines lines_;
  Limits limits_;
  std::optional<std::uint64_t> known_, said_, promised_;
  std::uint64_t nodes_;
  GraphText graph_;
  std::vector<std::uint64_t> lines_of_edges_;
  std::uint32_t largest_ = 0;
};

}  // namespace

// Counts without taking memory for every node: `nodes` may be a stranger's large number.
void warn_of_isolated(const GraphText& graph, const std::string& name) {
  std::vector<std::uint32_t> ends;
  for (const auto& [i, j] : graph.edges) ends.insert(ends.end(), {i, j});
  std::sort(ends.begin(), ends.end());
  ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
  if (ends.size() == graph.nodes || graph.nodes == 1) return;
  std::uint64_t first = 0;
  while (first < ends.size() && ends[first] == first) ++first;
  const std::uint64_t more = graph.nodes - ends.size() - 1;
  warn("node " + std::to_string(first) + (more ? " and " + std::to_string(more) + " more" : "") + " of " + name + (more ? " have" : " has") + " no neighbour");
}

GraphText parse_edges(std::unique_ptr<ByteSource> source, const Limits& limits, std::optional<std::uint64_t> nodes) {
  return EdgeParser(std::move(source), limits, nodes).parse();
}

std::string edges_text(const GraphText& graph, const std::string& comment) {
  std::string out = comment.empty() ? "" : "# " + plain_or_quoted(comment) + "\n";
  out += "edges " + std::to_string(graph.edges.size()) + "\nnodes " + std::to_string(graph.nodes) + "\n" + (graph.directed ? "directed\n" : "");   // edges first: no cut is a graph
  for (std::size_t k = 0; k < graph.edges.size(); ++k) {
    out += std::to_string(graph.edges[k].first) + " " + std::to_string(graph.edges[k].second);
    out += graph.weights.empty() ? "\n" : " " + format_number(graph.weights[k]) + "\n";
  }
  return out;
}

Record graph_record(const GraphText& graph) {
  std::vector<std::uint32_t> ends;
  ends.reserve(2 * graph.edges.size());
  for (const auto& [i, j] : graph.edges) ends.insert(ends.end(), {i, j});
  Record out{"graph", {{"nodes", graph.nodes}, {"directed", graph.directed}}, {make_tensor("edges", ends, {static_cast<std::int64_t>(graph.edges.size()), 2})}, {}};
  if (!graph.own.empty()) out.tensors.push_back(make_tensor("own", graph.own));
  if (!graph.weights.empty()) out.tensors.push_back(make_tensor("weights", graph.weights));
  return out;
}

GraphText graph_of(const Record& record, const std::string& where) {
  const auto fail = [&](const std::string& what) { return Error(Fault::input, where + " " + what); };
  const auto nodes = get_unsigned(record.meta, "nodes");
  const auto directed = get_bool(record.meta, "directed");
  if (record.kind != "graph" || !nodes || !directed || *nodes > kMostNodes) throw fail("is no graph");
  GraphText out{*nodes, *directed, {}, {}, {}};
  const Tensor& edges = record.at("edges", where);
  if (edges.dtype != Dtype::u32 || edges.shape.size() != 2 || edges.shape[1] != 2) throw fail("has edges that are not u32 pairs");
  const auto* ends = edges.as<std::uint32_t>();
  for (std::int64_t k = 0; k < edges.shape[0]; ++k) out.edges.emplace_back(ends[2 * k], ends[2 * k + 1]);
  for (std::size_t k = 0; k < out.edges.size(); ++k) {
    const auto& [i, j] = out.edges[k];
    if (i >= *nodes || j >= *nodes || i == j || (!*directed && i > j) || (k > 0 && !(out.edges[k - 1] < out.edges[k])))
      throw fail("has an edge " + std::to_string(i) + " " + std::to_string(j) + " that is a self loop, out of order or of no node");
  }
  const auto numbers = [&](const char* name, std::uint64_t count, std::vector<double>& into) {
    const Tensor* tensor = record.find(name);
    if (!tensor) return;
    if (tensor->dtype != Dtype::f64 || tensor->shape != std::vector<std::int64_t>{static_cast<std::int64_t>(count)}) throw fail("has other than one of its " + std::string(name) + " each");
    into = to_doubles(*tensor);
    for (const double v : into)
      if (!std::isfinite(v) || v < 0) throw fail("has a negative or infinite number among its " + std::string(name));
  };
  numbers("weights", out.edges.size(), out.weights);
  numbers("own", *nodes, out.own);
  return out;
}

}  // namespace dml
