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

// Kosaraju: nodes in order of completion against the arcs, then one sweep along them from the last completed.
std::size_t strong_components(const std::vector<std::vector<NodeId>>& senders) {
  const std::size_t nodes = senders.size();
  std::vector<std::vector<NodeId>> receivers(nodes);
  for (std::size_t i = 0; i < nodes; ++i)
    for (const NodeId j : senders[i]) receivers[j].push_back(static_cast<NodeId>(i));
  std::vector<NodeId> completed;
  std::vector<char> seen(nodes);
  std::vector<std::pair<NodeId, std::size_t>> open;        // node, how many of its senders were visited
  for (NodeId start = 0; start < nodes; ++start) {
    if (seen[start]) continue;
    seen[start] = 1;
    open.assign(1, {start, 0});
    while (!open.empty()) {
      auto& [i, next] = open.back();
      if (next == senders[i].size()) {
        completed.push_back(i);
        open.pop_back();
      } else if (const NodeId j = senders[i][next++]; !seen[j]) {
        seen[j] = 1;
        open.emplace_back(j, 0);
      }
    }
  }
  std::size_t count = 0;
  std::vector<NodeId> reached;
  for (auto it = completed.rbegin(); it != completed.rend(); ++it) {
    if (seen[*it] == 2) continue;
    ++count;
    seen[*it] = 2;
    reached.assign(1, *it);
    while (!reached.empty()) {
      const NodeId i = reached.back();
      reached.pop_back();
      for (const NodeId j : receivers[i])
        if (seen[j] != 2) seen[j] = 2, reached.push_back(j);
    }
  }
  return count;
}

}  // namespace dml
