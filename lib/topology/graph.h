// Undirected graphs as edge lists (card gossip-topologies, section 1): nodes 0..n-1, pairs i < j, no self loops, no duplicates.
#pragma once
#include <cstdint>
#include <utility>
#include <vector>

#include "topology/topology.h"

namespace dml {

using Edge = std::pair<NodeId, NodeId>;
using Edges = std::vector<Edge>;

/// The simple graph behind any list of pairs: i < j, sorted, duplicates merged, self loops dropped.
Edges simple_graph(Edges edges);

/// Neighbours of every node, ascending.
std::vector<std::vector<NodeId>> neighbours(std::size_t nodes, const Edges& edges);

/// Number of connected components and, for every node, which one it is in; components are numbered by their smallest node.
struct Components {
  std::size_t count = 0;
  std::vector<std::uint32_t> of;
};
Components components(std::size_t nodes, const Edges& edges);

/// Number of strongly connected components of a directed graph; senders[i]: from whom i receives.
std::size_t strong_components(const std::vector<std::vector<NodeId>>& senders);

}  // namespace dml
