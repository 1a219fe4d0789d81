// What topology rules share: the topology of one unchanging matrix, options of graph rules, and the checks of section 8.
#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "topology/graph.h"
#include "topology/mixing.h"
#include "topology/topology.h"

namespace dml {

/// Keeps a schedule's number of extra peers within 0..n-1; says so once when it was above.
class PeerLimit {
 public:
  explicit PeerLimit(std::size_t nodes) : most_(nodes ? static_cast<double>(nodes - 1) : 0) {}
  double clamp(double peers) const;
  bool all(double peers) const { return peers >= most_; }

 private:
  double most_;
  mutable std::once_flag warned_;
};

/// The same matrix in every round; J/n in rounds whose schedule asks for n - 1 or more peers.
class FixedTopology final : public Topology {
 public:
  explicit FixedTopology(Mixing mixing, Edges edges = {});
  std::shared_ptr<const Mixing> at(std::uint64_t round, double peers) const override;
  Edges edges() const override { return edges_; }

 private:
  std::shared_ptr<const Mixing> mixing_;
  Edges edges_;
  PeerLimit limit_;
  mutable std::once_flag once_;
  mutable std::shared_ptr<const Mixing> mean_;             // made when first asked for
};

/// The last few matrices of a time-varying rule, so that n simulated nodes build each round's matrix once. Safe for threads.
class RoundCache {
 public:
  std::shared_ptr<const Mixing> get(std::uint64_t round, double peers, const std::function<Mixing()>& make) const;

 private:
  struct Slot { std::uint64_t round = 0; double peers = 0; std::shared_ptr<const Mixing> mixing; };
  mutable std::mutex mutex_;
  mutable Slot slots_[4];
  mutable std::size_t next_ = 0;
};

/// Options of undirected graphs.
struct WeightOptions { std::string weights = "metropolis-hastings"; bool lazy = false; };
/// Options of random graphs, which may come out disconnected.
struct RandomGraphOptions : WeightOptions { std::string connect = "error"; };
/// Options of directed graphs.
struct DirectedOptions { std::string weights = "uniform"; bool lazy = false; };

/// Weights of undirected graphs, by name; see weighed().
std::vector<std::string> weight_rules();

/// Adds the options above to those of an options struct derived from them.
template <class T>
Options<T> with_lazy(Options<T> options = {}) {
  return options.add("lazy", static_cast<bool T::*>(&T::lazy), "mix half as fast: (I + W) / 2");
}
template <class T>
Options<T> with_weights(Options<T> options = {}) {
  options.add("weights", static_cast<std::string T::*>(&T::weights), "how edges become weights",
              one_of(weight_rules()));
  return with_lazy(std::move(options));
}
template <class T>
Options<T> with_directed_weights(Options<T> options = {}) {
  options.add("weights", static_cast<std::string T::*>(&T::weights), "how arcs become weights", one_of({"uniform", "data-size"}));
  return with_lazy(std::move(options));
}
template <class T>
Options<T> with_connect(Options<T> options = {}) {
  return options.add("connect", static_cast<std::string T::*>(&T::connect), "a disconnected graph: refuse it, draw again, or link its parts",
                     one_of({"error", "retry", "link"}));
}

/// W of an undirected graph by the rule that `options` name. For data-size without samples all nodes count alike.
Mixing weighed(const TopologySetup& setup, const Edges& edges, const WeightOptions& options);
/// W of a directed graph; senders[i]: from whom i receives.
Mixing weighed(const TopologySetup& setup, const std::vector<std::vector<NodeId>>& senders, const DirectedOptions& options);

/// Weighs a connected graph. Throws Error(usage) "`what` is disconnected: N components for n nodes" otherwise.
std::unique_ptr<Topology> graph_topology(const TopologySetup& setup, Edges edges, const WeightOptions& options, const std::string& what);

/// Joins component k to k + 1 by an edge between random nodes of both, for all k.
Edges link_components(const TopologySetup& setup, Edges edges);
/// Throws Error(fault) "`what` is disconnected: ..." unless `count` <= 1.
void need_connected(const std::string& what, std::size_t count, std::size_t nodes, Fault fault, const std::string& hint = {});

/// draw(attempt) until the graph is connected or as `connect` says: error (first draw, checked), retry (up to 100), link (component k
/// joined to k + 1 by an edge between random nodes).
Edges connected_graph(const TopologySetup& setup, const std::string& connect, const std::string& what,
                      const std::function<Edges(std::uint32_t attempt)>& draw);

/// Error(usage) unless nodes >= 1.
void need_nodes(const TopologySetup& setup);

}  // namespace dml
