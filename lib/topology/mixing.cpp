#include "topology/mixing.h"

#include <algorithm>
#include <cmath>

namespace dml {
namespace {

// Rows from off-diagonal weights weight(i, j); the diagonal takes what is left, last, so that a row sums to 1 within rounding.
template <class Weight>
Mixing from_neighbours(const std::vector<std::vector<NodeId>>& beside, Weight weight) {
  Mixing out;
  out.rows.resize(beside.size());
  for (std::size_t i = 0; i < beside.size(); ++i) {
    auto& row = out.rows[i];
    row.reserve(beside[i].size() + 1);
    double given = 0;
    for (const NodeId j : beside[i]) {
      row.emplace_back(j, weight(i, j));
      given += row.back().second;
    }
    const std::pair<NodeId, double> own(static_cast<NodeId>(i), 1.0 - given);
    row.insert(std::upper_bound(row.begin(), row.end(), own, [](const auto& a, const auto& b) { return a.first < b.first; }), own);
  }
  index_receivers(out);
  return out;
}

}  // namespace

Mixing metropolis(std::size_t nodes, const Edges& edges) {
  const auto beside = neighbours(nodes, edges);
  return from_neighbours(beside, [&](std::size_t i, NodeId j) {
    return 1.0 / (1.0 + static_cast<double>(std::max(beside[i].size(), beside[j].size())));
  });
}

Mixing max_degree(std::size_t nodes, const Edges& edges) {
  const auto beside = neighbours(nodes, edges);
  std::size_t most = 0;
  for (const auto& list : beside) most = std::max(most, list.size());
  const double weight = 1.0 / (static_cast<double>(most) + 1.0);
  return from_neighbours(beside, [weight](std::size_t, NodeId) { return weight; });
}

Mixing uniform_neighbour(std::size_t nodes, const Edges& edges) {
  return mean_of_senders(neighbours(nodes, edges));
}

Mixing mean_of_senders(const std::vector<std::vector<NodeId>>& senders) {
  Mixing out;
  out.rows.resize(senders.size());
  for (std::size_t i = 0; i < senders.size(); ++i) {
    const double weight = 1.0 / (static_cast<double>(senders[i].size()) + 1.0);
    auto& row = out.rows[i];
    row.reserve(senders[i].size() + 1);
    row.emplace_back(static_cast<NodeId>(i), weight);
    for (const NodeId j : senders[i]) row.emplace_back(j, weight);
    std::sort(row.begin(), row.end());
  }
  index_receivers(out);
  return out;
}

Mixing exact_mean(std::size_t nodes) {
  Mixing out;
  out.rows.resize(nodes);
  for (auto& row : out.rows) {
    row.reserve(nodes);
    for (std::size_t j = 0; j < nodes; ++j) row.emplace_back(static_cast<NodeId>(j), 1.0 / static_cast<double>(nodes));
  }
  index_receivers(out);
  return out;
}

Mixing identity_mixing(std::size_t nodes) { return mean_of_senders(std::vector<std::vector<NodeId>>(nodes)); }

Mixing lazy(Mixing mixing) {
  for (std::size_t i = 0; i < mixing.rows.size(); ++i)
    for (auto& [j, weight] : mixing.rows[i]) weight = j == i ? 0.5 * weight + 0.5 : 0.5 * weight;
  return mixing;
}

std::vector<double> mix(const Mixing& mixing, const std::vector<double>& x) {
  std::vector<double> out(mixing.nodes());
  for (std::size_t i = 0; i < out.size(); ++i)
    for (const auto& [j, weight] : mixing.rows[i]) out[i] += weight * x[j];
  return out;
}

bool is_doubly_stochastic(const Mixing& mixing, double tolerance) {
  std::vector<double> sums(mixing.nodes());
  for (const auto& row : mixing.rows)
    for (const auto& [j, weight] : row) sums[j] += weight;
  return std::all_of(sums.begin(), sums.end(), [&](double s) { return std::fabs(s - 1.0) <= tolerance; });
}

bool is_symmetric(const Mixing& mixing, double tolerance) {
  const auto weight = [&](std::size_t i, NodeId j) {
    const auto& row = mixing.rows[i];
    const auto it = std::lower_bound(row.begin(), row.end(), j, [](const auto& entry, NodeId id) { return entry.first < id; });
    return it != row.end() && it->first == j ? it->second : 0.0;
  };
  for (std::size_t i = 0; i < mixing.nodes(); ++i)
    for (const auto& [j, w] : mixing.rows[i])
      if (std::fabs(w - weight(j, static_cast<NodeId>(i))) > tolerance) return false;
  return true;
}

}  // namespace dml
