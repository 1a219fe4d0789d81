#include "topology/graph.h"

#include <algorithm>
#include <limits>

namespace dml {

Edges simple_graph(Edges edges) {
  for (auto& [i, j] : edges)
    if (i > j) std::swap(i, j);
  std::erase_if(edges, [](const Edge& e) { return e.first == e.second; });
  std::sort(edges.begin(), edges.end());
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  return edges;
}

std::vector<std::vector<NodeId>> neighbours(std::size_t nodes, const Edges& edges) {
  std::vector<std::vector<NodeId>> out(nodes);
  for (const auto& [i, j] : edges) {
    out[i].push_back(j);
    out[j].push_back(i);
  }
  for (auto& list : out) std::sort(list.begin(), list.end());
  return out;
}

Components components(std::size_t nodes, const Edges& edges) {
  constexpr auto kUnseen = std::numeric_limits<std::uint32_t>::max();
  const auto beside = neighbours(nodes, edges);
  Components out{0, std::vector<std::uint32_t>(nodes, kUnseen)};
  std::vector<NodeId> open;
  for (std::size_t start = 0; start < nodes; ++start) {
    if (out.of[start] != kUnseen) continue;
    const auto label = static_cast<std::uint32_t>(out.count++);
    out.of[start] = label;
    open.assign(1, static_cast<NodeId>(start));
    while (!open.empty()) {
      const NodeId i = open.back();
      open.pop_back();
      for (const NodeId j : beside[i]) {
        if (out.of[j] != kUnseen) continue;
        out.of[j] = label;
        open.push_back(j);
      }
    }
  }
  return out;
}

}  // namespace dml
