// From graphs to mixing matrices (card gossip-topologies, section 3). n nodes; every row sums to 1, except push_weights().
#pragma once
#include <string>
#include <vector>

#include "topology/graph.h"
#include "topology/topology.h"

namespace dml {

/// W_ij = 1 / (1 + max(d_i, d_j)) on edges: symmetric, doubly stochastic (Xiao, Boyd 2004; rule 1).
Mixing metropolis(std::size_t nodes, const Edges& edges);
/// W_ij = min(1 / d_i, 1 / d_j): the Metropolis-Hastings random walk with a uniform target. Symmetric, doubly stochastic, but |lambda_n|
/// may be 1 (bipartite regular graphs): then it never mixes unless made lazy (rule 1, variant).
Mixing walk(std::size_t nodes, const Edges& edges);
/// W = I - L / (d_max + 1): symmetric, doubly stochastic; equals metropolis on regular graphs (rule 2).
Mixing max_degree(std::size_t nodes, const Edges& edges);
/// W_ij = 1 / (d_i + 1) for the neighbours and i itself: row-stochastic, doubly stochastic only on regular graphs (rule 3).
Mixing uniform_neighbour(std::size_t nodes, const Edges& edges);
/// Directed: node i takes the plain mean of itself and of `senders[i]` (distinct, without i; any order).
Mixing mean_of_senders(const std::vector<std::vector<NodeId>>& senders);
/// W_ij = n_j / (sum of n_k over senders[i] and i): row-stochastic. A node without samples has weight 0; where the whole neighbourhood
/// has none, W_ii = 1 (rule 9). `samples`: one number >= 0 a node.
Mixing data_size(const std::vector<std::vector<NodeId>>& senders, const std::vector<double>& samples);
/// What one random edge of m averaging a round does in expectation: I - sum_e (e_i - e_j)(e_i - e_j)^T / (2 m) (rule 7, uniform p_e).
/// Symmetric, doubly stochastic.
Mixing expected_pairwise(std::size_t nodes, const Edges& edges);
/// The weights of edges (from, to), above 0, both ways unless directed, and what is left on the diagonal. Error(input) naming `what` where
/// a row has more than 1.
Mixing given_weights(std::size_t nodes, const Edges& edges, const std::vector<double>& weights, bool directed, const std::string& what);
/// The column-stochastic weights of PushSum on the pattern of W: sender j splits evenly among its receivers and itself (rule 10).
/// Columns sum to 1, rows do not.
Mixing push_weights(const Mixing& pattern);
/// J / n: every weight is the same double, so all nodes get the same bits. Takes n numbers, not n^2.
Mixing exact_mean(std::size_t nodes);
/// W = I.
Mixing identity_mixing(std::size_t nodes);
/// (I + W) / 2 (rule 6).
Mixing lazy(const Mixing& mixing);

/// W'. The diagonal stays.
Mixing transposed(const Mixing& mixing);

/// x_i' = sum_j W_ij x_j for n values, summed in sender order.
std::vector<double> mix(const Mixing& mixing, const std::vector<double>& x);
/// The transposed product, sum_i W_ij x_i.
std::vector<double> mix_transposed(const Mixing& mixing, const std::vector<double>& x);

/// Whether every row and every column sums to 1 within `tolerance`: the mean is preserved.
bool is_doubly_stochastic(const Mixing& mixing, double tolerance = 1e-12);
bool is_symmetric(const Mixing& mixing, double tolerance = 1e-14);

}  // namespace dml
