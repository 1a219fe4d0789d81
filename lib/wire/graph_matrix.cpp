// Graphs as matrices (.adj), see graph_text.h.
#include <algorithm>
#include <cmath>
#include <tuple>

#include "base/error.h"
#include "base/text.h"
#include "wire/graph_lines.h"

namespace dml {
namespace {

constexpr std::size_t kLongestRow = 64 << 20;              // bytes
constexpr std::uint64_t kMostRows = 100'000;               // that are written
constexpr double kRowSlack = 1e-9;                         // of a mixing matrix's row from 1

struct Arc {
  std::uint32_t from, to;
  double weight;
  auto ends() const { return std::pair(from, to); }
};

class MatrixParser {
 public:
  MatrixParser(std::unique_ptr<ByteSource> source, const Limits& limits, std::optional<std::uint64_t> nodes)
      : lines_(std::move(source), kLongestRow), limits_(limits), nodes_(nodes) {}

  GraphText parse() {
    for (std::string line; lines_.next(line);)
      if (const auto words = words_of(line, " \t\r,"); !words.empty()) row(words);
    if (diagonal_.empty()) throw Error(Fault::input, lines_.name() + " holds no matrix");
    if (diagonal_.size() != *nodes_)
      throw Error(Fault::input, lines_.name() + " ends early: " + std::to_string(diagonal_.size()) + " rows of " + std::to_string(*nodes_) + " numbers");
    return finish();
  }

 private:
  [[noreturn]] void fail(std::uint64_t line, const std::string& what) const {
    throw Error(Fault::input, "line " + std::to_string(line) + " of " + lines_.name() + ": " + what);
  }

  void row(const std::vector<std::string_view>& words) {
    if (!nodes_) nodes_ = words.size();
    if (words.size() != *nodes_) fail(lines_.number(), std::to_string(words.size()) + " numbers, not " + std::to_string(*nodes_));
    const auto i = static_cast<std::uint32_t>(diagonal_.size());
    if (i == *nodes_) fail(lines_.number(), "a row too many for " + std::to_string(*nodes_) + " nodes");
    diagonal_.push_back(0);
    lines_of_rows_.push_back(lines_.number());
    sums_.push_back(0);
    for (std::uint32_t j = 0; j < words.size(); ++j) entry(i, j, words[j]);
  }

  void entry(std::uint32_t i, std::uint32_t j, std::string_view word) {
    const auto value = parse_weight(word);
    if (!value) fail(lines_.number(), quote(word) + " is no number");
    if (*value < 0) fail(lines_.number(), "weight " + std::string(word) + " is negative");
    if (*value == 0) return;
    plain_ = plain_ && *value == 1;
    sums_[i] += *value;
    if (i == j) {
      diagonal_[i] = *value;
      return;
    }
    if (arcs_.size() >= limits_.tensor_bytes / sizeof(Arc)) fail(lines_.number(), "more edges than the limit of " + format_bytes(static_cast<double>(limits_.tensor_bytes)) + " holds");
    arcs_.push_back({j, i, *value});
  }

  GraphText finish() {
    GraphText out;
    out.nodes = *nodes_;
    const bool looped = std::any_of(diagonal_.begin(), diagonal_.end(), [](double v) { return v != 0; });
    for (std::uint32_t i = 0; plain_ && i < diagonal_.size(); ++i)
      if (diagonal_[i] != 0) fail(lines_of_rows_[i], "a self loop at node " + std::to_string(i));
    const auto off = std::find_if(sums_.begin(), sums_.end(), [](double sum) { return std::fabs(sum - 1) > kRowSlack; });
    if (looped && off != sums_.end()) {
      const auto i = static_cast<std::size_t>(off - sums_.begin());
      fail(lines_of_rows_[i], "the weights of node " + std::to_string(i) + " sum to " + format_number(*off) + ", not to 1");
    }
    if (!plain_ && off == sums_.end()) out.own = diagonal_;
    take_arcs(out);
    warn_of_isolated(out, lines_.name());
    return out;
  }

  void take_arcs(GraphText& out) {
    const auto order = [](const Arc& a, const Arc& b) { return a.ends() < b.ends(); };
    std::sort(arcs_.begin(), arcs_.end(), order);
    out.directed = !std::all_of(arcs_.begin(), arcs_.end(), [&](const Arc& arc) {
      const Arc back{arc.to, arc.from, arc.weight};
      const auto it = std::lower_bound(arcs_.begin(), arcs_.end(), back, order);
      return it != arcs_.end() && it->ends() == back.ends() && it->weight == arc.weight;
    });
    for (const auto& arc : arcs_) {
      if (!out.directed && arc.from > arc.to) continue;
      out.edges.push_back(arc.ends());
      if (!plain_) out.weights.push_back(arc.weight);
    }
  }

  GraphLines lines_;
  Limits limits_;
  std::optional<std::uint64_t> nodes_;
  std::vector<Arc> arcs_;
  std::vector<double> diagonal_, sums_;
  std::vector<std::uint64_t> lines_of_rows_;
  bool plain_ = true;                                      // zeros and ones
};

}  // namespace

GraphText parse_adjacency(std::unique_ptr<ByteSource> source, const Limits& limits, std::optional<std::uint64_t> nodes) {
  return MatrixParser(std::move(source), limits, nodes).parse();
}

void adjacency_lines(const GraphText& graph, const std::function<void(const std::string&)>& line) {
  if (graph.nodes > kMostRows) throw Error(Fault::usage, "a graph of " + std::to_string(graph.nodes) + " nodes is too large for a matrix as text", "write it as .edges");
  std::vector<std::vector<std::pair<std::uint32_t, std::size_t>>> rows(graph.nodes);      // (column, edge)
  for (std::size_t k = 0; k < graph.edges.size(); ++k) {
    const auto& [from, to] = graph.edges[k];
    rows[to].emplace_back(from, k);
    if (!graph.directed) rows[from].emplace_back(to, k);
  }
  for (std::uint64_t i = 0; i < graph.nodes; ++i) {
    std::vector<std::string> words(graph.nodes, "0");
    if (!graph.own.empty()) words[i] = format_number(graph.own[i]);
    for (const auto& [column, edge] : rows[i]) words[column] = graph.weights.empty() ? "1" : format_number(graph.weights[edge]);
    line(join(words, " ") + "\n");
  }
}

}  // namespace dml
