// Combining a node's own vector with what its neighbours sent: by the weights of the round, or by a robust rule.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "aggregate/aggregator.h"
#include "node/node.h"
#include "train/program.h"

namespace dml {

/// What is wrong with a stranger's tensors as a vector of `objective`, for a message: "has no tensor 'x'"; empty when nothing is.
std::string model_fault(const Objective& objective, const Record& record, bool check_values);

class GossipMix {
 public:
  /// setup.aggregator empty: the weighted mean of the row. Otherwise that rule, over own and received vectors in node order, unweighted.
  explicit GossipMix(const Setup& setup);

  /// out = the combination; `own` and `out` do not overlap. `row` and `inbox` as RoundNode::consume gets them. A message that is
  /// malformed or not finite is dropped with a warning, and its weight goes to the node itself. Error(method) when `own` is not finite,
  /// or when the rule cannot go on.
  void mix(NodeId self, std::uint64_t round, const Vec& own, const std::vector<std::pair<NodeId, double>>& row,
           const std::vector<Message>& inbox, Vec& out) const;

 private:
  struct Term { NodeId node; double weight; const Record* record; };   // no record: own
  bool weighted(const std::vector<Term>& terms, const Vec& own, Vec& out) const;
  void drop_bad(NodeId self, std::uint64_t round, std::vector<Term>& terms, bool check_values) const;
  void robust(std::uint64_t round, const std::vector<Term>& terms, const Vec& own, Vec& out) const;

  const Objective& objective_;
  std::unique_ptr<const Aggregator> rule_;
};

}  // namespace dml
