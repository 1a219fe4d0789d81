// Gossip without learning: every node averages, nothing else. Shows what a topology does, time-varying ones included.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "topology/topology.h"

namespace dml {

class Consensus {
 public:
  /// n nodes start from standard normal vectors of `dim` numbers, keyed by ("consensus", seed, node).
  Consensus(std::size_t nodes, std::size_t dim, std::uint64_t seed);
  /// One round of averaging with `mixing`, all reads from the state before.
  void step(const Mixing& mixing);
  /// Xi^2 = (1/n) sum_i || x_i - mean ||^2.
  double distance() const;
  /// Mean over the nodes, `dim` numbers.
  std::vector<double> mean() const;

 private:
  std::size_t nodes_, dim_;
  std::vector<double> x_, next_;          // nodes x dim, row-major
};

/// Rounds until Xi^2 <= 1e-6 of its start (8 numbers a node); nullopt if `most` rounds did not do it. `peers` as in Topology::at.
std::optional<std::uint64_t> measured_consensus(const Topology& topology, std::size_t nodes, double peers, std::uint64_t seed,
                                                std::uint64_t most);

}  // namespace dml
