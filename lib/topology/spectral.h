// How fast a mixing matrix forgets (card gossip-topologies, sections 1 and 8).
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "topology/topology.h"

namespace dml {

/// Measures of one matrix W of n nodes.
struct Spectrum {
  double rho = 0;                        // || W - J/n ||_2, the contraction of one round if W is doubly stochastic; may exceed 1 if not
  std::optional<double> gap_eig;         // 1 - |lambda_2|; absent where it was not computed
  bool symmetric = false, doubly_stochastic = false;
  bool iterated = false;                 // rho by Lanczos (more than kDenseNodes nodes), not by a dense solver
  bool converged = true;                 // if not, rho is a lower bound
  double gap() const { return 1.0 - rho; }
};

inline constexpr std::size_t kDenseNodes = 2000;

/// Symmetric eigensolver for symmetric W, the largest singular value otherwise. Above `dense_nodes`, Lanczos on B, or on B'B for a W that is
/// not symmetric, with B = W - J/n, see topology/lanczos.h. (The card's power iteration with a stop at a relative change of 1e-10 ends
/// too early: it gives a ring of 3000 a gap of 9.8e-6 instead of 1.46e-6.)
Spectrum spectrum(const Mixing& mixing, std::size_t dense_nodes = kDenseNodes);

/// Weights pi of the limit: x_i -> sum_j pi_j x_j(0). 1/n for doubly stochastic W; nullopt if they are not unique (the graph falls
/// apart), not computed (above kDenseNodes), or do not exist.
std::optional<std::vector<double>> limit_weights(const Mixing& mixing);

/// Least t with rho^t <= 1/4; nullopt if rho >= 1.
std::optional<std::uint64_t> mixing_time(double rho);
/// ceil(ln(1e-6) / (2 ln rho)), at least 1: rounds until the slowest mode's squared distance fell by 10^6; nullopt if rho >= 1.
std::optional<std::uint64_t> rounds_to_consensus(double rho);

}  // namespace dml
