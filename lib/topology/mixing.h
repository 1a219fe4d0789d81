// From graphs to mixing matrices (card gossip-topologies, section 3). n nodes; every row sums to 1.
#pragma once
#include <string>
#include <vector>

#include "topology/graph.h"
#include "topology/topology.h"

namespace dml {

/// W_ij = 1 / (1 + max(d_i, d_j)) on edges: symmetric, doubly stochastic (Xiao, Boyd 2004; rule 1).
Mixing metropolis(std::size_t nodes, const Edges& edges);
/// W = I - L / (d_max + 1): symmetric, doubly stochastic; equals metropolis on regular graphs (rule 2).
Mixing max_degree(std::size_t nodes, const Edges& edges);
/// W_ij = 1 / (d_i + 1) for the neighbours and i itself: row-stochastic, doubly stochastic only on regular graphs (rule 3).
Mixing uniform_neighbour(std::size_t nodes, const Edges& edges);
/// Directed: node i takes the plain mean of itself and of `senders[i]` (distinct, without i; any order).
Mixing mean_of_senders(const std::vector<std::vector<NodeId>>& senders);
/// J / n: every weight is the same double, so all nodes get the same bits.
Mixing exact_mean(std::size_t nodes);
/// W = I.
Mixing identity_mixing(std::size_t nodes);
/// (I + W) / 2 (rule 6).
Mixing lazy(Mixing mixing);

/// x_i' = sum_j W_ij x_j for n values, summed in sender order.
std::vector<double> mix(const Mixing& mixing, const std::vector<double>& x);

/// Whether every column sums to 1 within `tolerance` (rows always do): the mean is preserved.
bool is_doubly_stochastic(const Mixing& mixing, double tolerance = 1e-12);
bool is_symmetric(const Mixing& mixing, double tolerance = 1e-14);

}  // namespace dml
