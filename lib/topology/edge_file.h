// Edge lists as text: "i j" a line, # comments. An undirected graph, each edge once.
#pragma once
#include <string>

#include "topology/graph.h"

namespace dml {

/// Throws Error(input) naming file and line for anything but two node numbers below `nodes`, a self loop, or an edge that was there
/// before in either direction; also when the file is absent. Sorted, i < j.
Edges read_edges(const std::string& path, std::size_t nodes);

/// The same text back; `comment` becomes the first line.
std::string edges_text(const Edges& edges, const std::string& comment);

}  // namespace dml
