// Who talks to whom and with which weights. Convention (card gossip-topologies): row i of W holds the weights node i applies,
// x_i' = sum_j W_ij x_j; W_ij > 0 only if j sends to i. Everything is sparse.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "entry/registry.h"

namespace dml {

using NodeId = std::uint32_t;

/// Weights of one round. rows[i] = (j, W_ij) sorted by j, the diagonal entry always present; each row sums to 1 within 1e-15.
struct Mixing {
  std::vector<std::vector<std::pair<NodeId, double>>> rows;
  std::vector<std::vector<NodeId>> receivers;              // receivers[j]: the i != j with W_ij > 0, sorted
  std::size_t nodes() const { return rows.size(); }
};
/// Fills `receivers` from `rows`.
void index_receivers(Mixing& mixing);

/// The sequence of mixing matrices of a run. `at` is a pure function of (round, peers): any node can compute any other's row.
class Topology {
 public:
  virtual ~Topology() = default;
  virtual bool time_varying() const { return false; }
  /// Weights of `round`. `peers` >= 0 is the schedule's number of extra peers r_t, used by rules that sample peers (random);
  /// fixed graphs switch to the complete graph's exact mean (J/n) when peers >= nodes - 1 and otherwise ignore it.
  /// The pointer may be shared between calls: fixed graphs return one object.
  virtual std::shared_ptr<const Mixing> at(std::uint64_t round, double peers) const = 0;
  /// Undirected edges i < j of a fixed graph; empty for time-varying rules.
  virtual std::vector<std::pair<NodeId, NodeId>> edges() const { return {}; }
};

/// What a TopologyRule needs to know of the run.
struct TopologySetup { std::size_t nodes = 0; std::uint64_t seed = 0; };

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

/// From what a user typed after --topology: a component such as "torus:rows=4", or the path of an edge list (its name ends in .edges),
/// which becomes the rule edges:file=PATH.
std::unique_ptr<TopologyRule> topology_rule(const Registry<TopologyRule>& registry, const std::string& text);

void register_topologies(Registry<TopologyRule>& registry);
void register_schedules(Registry<Schedule>& registry);

}  // namespace dml
