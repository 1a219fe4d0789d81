// Graphs as text: lists of edges (.edges) and matrices (.adj), and the record of kind "graph" between them. The only parser of both: the
// formats and the topology rule that reads a user's graph share it.
//
//   .edges   "i j" or "i j weight" a line; # starts a comment. Before the first edge there may be "nodes N" (else the largest number + 1),
//            "edges M" (a file with another number is cut), and "directed": "i j" then means that i sends to j.
//   .adj     n lines of n numbers, blanks or commas between them. Row i, column j says what i takes from j: 0 nothing. Zeros and ones are
//            an adjacency matrix. Others are edge weights, or, where rows sum to 1, a mixing matrix with its diagonal. A matrix that is
//            not symmetric is a directed graph.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "wire/format.h"

namespace dml {

struct GraphText {
  std::uint64_t nodes = 0;                                 // at most 2^32
  bool directed = false;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> edges;   // (from, to), undirected ones from < to; sorted, distinct, no self loops
  std::vector<double> weights;                             // above 0, one an edge; empty: none given
  std::vector<double> own;                                 // diagonal of a mixing matrix, one a node; empty: none given
};

/// Error(input) naming file and line: what is no edge, a self loop, an edge twice, a weight that is not above 0 or not there as in the
/// lines before, a node that is not below the number of nodes, an unfinished last line. Nodes without edges are warned of.
/// `nodes`: how many there must be, where the caller knows.
GraphText parse_edges(std::unique_ptr<ByteSource> source, const Limits& limits, std::optional<std::uint64_t> nodes = {});
/// The same for a matrix: rows of another length or number, negative entries, a self loop in an adjacency matrix, a mixing matrix whose
/// row does not sum to 1 within 1e-9.
GraphText parse_adjacency(std::unique_ptr<ByteSource> source, const Limits& limits, std::optional<std::uint64_t> nodes = {});

/// Text that reads back to the same graph. `comment`, unless empty, becomes the first line.
std::string edges_text(const GraphText& graph, const std::string& comment);
/// The lines of the matrix, in order. Takes memory for `nodes` lists.
void adjacency_lines(const GraphText& graph, const std::function<void(const std::string&)>& line);

/// Kind "graph": meta nodes, directed; tensors edges u32 [m, 2], and where given weights f64 [m], own f64 [nodes].
Record graph_record(const GraphText& graph);
/// The inverse. Error(input) naming `where` for a record that is not of this kind or breaks a promise of GraphText.
GraphText graph_of(const Record& record, const std::string& where);

}  // namespace dml
