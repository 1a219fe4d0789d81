// What both shapes share: how a state is saved, and words for what a node waits for.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "node/node.h"

namespace dml {

inline constexpr int kNextRound = -1;                      // the tag of the shapes' own wakes

struct Progress {
  std::uint64_t round = 0;                                 // complete rounds
  bool finished = false;
};

/// A node's state as it is saved: the method's tensors, its meta under "method", and where the shape stands.
Record wrap_state(Record method, const std::string& shape, Progress progress);
/// Back; `method` becomes what wrap_state() was given. Error(input) when it is no state of this shape, or past `rounds`.
Progress unwrap_state(const Record& state, const std::string& shape, std::uint64_t rounds, Record& method);

/// A row without the entries of `absent` (sorted, without `self`); their weight goes to the others in proportion, or to the node itself.
std::vector<std::pair<NodeId, double>> row_without(std::vector<std::pair<NodeId, double>> row, NodeId self, const std::vector<NodeId>& absent,
                                                   bool spreads);

/// "node 3"; "nodes 1, 2, 3, 5 and 7 more"
std::string name_nodes(const std::vector<NodeId>& nodes);

}  // namespace dml
