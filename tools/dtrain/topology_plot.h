// A graph as a picture.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "base/gnuplot.h"
#include "wire/graph_text.h"

namespace dml {

/// Positions in the unit square's scale: on a circle for up to 12 nodes and for dense graphs; otherwise springs pull neighbours together
/// and all nodes push one another away (Fruchterman and Reingold 1991), from a spiral start: the same graph, the same picture.
std::vector<std::pair<double, double>> place_nodes(const GraphText& graph);

/// Error(usage) for more than 2000 nodes; Error(system) as Gnuplot::draw().
std::string draw_graph(const GraphText& graph, const std::string& title, Gnuplot::Picture picture);

}  // namespace dml
