// Who talks to whom and with which weights. Convention (card gossip-topologies): row i of W holds the weights node i applies,
// x_i' = sum_j W_ij x_j; W_ij > 0 only if j sends to i. Everything is sparse.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "entry/registry.h"

namespace dml {

using NodeId = std::uint32_t;

/// Weights of one round in compressed rows: 16 bytes an entry, and one row in all where the rows are equal.
class Mixing {
 public:
  using Entry = std::pair<NodeId, double>;
  /// Row i of the result is rows[i]: (j, W_ij) sorted by j, the diagonal always there (it alone may be 0).
  static Mixing from_rows(const std::vector<std::vector<Entry>>& rows);
  /// As many nodes as `row` has entries, all with this one row.
  static Mixing same_rows(std::vector<Entry> row);

  std::size_t nodes() const { return nodes_; }
  std::span<const Entry> row(std::size_t i) const {
    return same_ ? std::span(entries_) : std::span(entries_).subspan(first_[i], first_[i + 1] - first_[i]);
  }
  bool same_rows() const { return same_; }
  /// The i != j with W_ij > 0, ascending.
  std::vector<NodeId> receivers(std::size_t j) const;
  std::size_t receiver_count(std::size_t j) const;
  bool operator==(const Mixing&) const = default;

  /// Rows one after the other, for matrices too large to be held twice.
  class Builder {
   public:
    explicit Builder(std::size_t nodes, std::size_t entries = 0);
    void row(std::span<const Entry> row);                  // of node 0, 1, 2, ...
    Mixing done() &&;

   private:
    std::unique_ptr<Mixing> mixing_;
    std::size_t next_ = 0;
  };

 private:
  void index_receivers();
  std::size_t nodes_ = 0;
  bool same_ = false;
  std::vector<Entry> entries_;
  std::vector<std::uint64_t> first_;                       // row i: entries first_[i]..first_[i + 1] - 1
  std::vector<NodeId> receivers_;
  std::vector<std::uint64_t> receivers_first_;
};

/// The sequence of mixing matrices of a run. `at` is a pure function of (round, peers): any node can compute any other's row.
class Topology {
 public:
  virtual ~Topology() = default;
  virtual bool time_varying() const { return false; }
  /// Weights of `round`. `peers` >= 0 is the schedule's number of extra peers r_t, used by rules that sample peers (random);
  /// fixed graphs switch to the complete graph's exact mean (J/n) when peers >= nodes - 1 and otherwise ignore it.
  /// The pointer may be shared between calls: fixed graphs return one object.
  virtual std::shared_ptr<const Mixing> at(std::uint64_t round, double peers) const = 0;
  /// Undirected edges i < j of a fixed graph; empty for time-varying and directed ones.
  virtual std::vector<std::pair<NodeId, NodeId>> edges() const { return {}; }
};

/// What a TopologyRule needs to know of the run. `samples`: how many each node holds, for weights that ask; empty: equally many.
struct TopologySetup {
  std::size_t nodes = 0;
  std::uint64_t seed = 0;
  std::vector<double> samples = {};
};

class TopologyRule {
 public:
  virtual ~TopologyRule() = default;
  /// Throws Error(usage) when the rule cannot be built for so many nodes, or the graph is disconnected.
  virtual std::unique_ptr<Topology> build(const TopologySetup& setup) const = 0;
};

/// How many extra peers a node contacts in round t of T (card single-merge). May be fractional.
class Schedule {
 public:
  virtual ~Schedule() = default;
  virtual double peers(std::uint64_t round, std::uint64_t rounds) const = 0;
};

/// From what a user typed after --topology: a component such as "torus:rows=4", or the path of a graph (its name ends in .edges or .adj),
/// which becomes the rule edges:file=PATH.
std::unique_ptr<TopologyRule> topology_rule(const Registry<TopologyRule>& registry, const std::string& text);

void register_topologies(Registry<TopologyRule>& registry);
void register_schedules(Registry<Schedule>& registry);

}  // namespace dml
