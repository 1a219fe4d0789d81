#include "topology/mixing.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace dml {
namespace {

using Entry = Mixing::Entry;

void put_own(std::vector<Entry>& row, std::size_t i, double weight) {
  const Entry own(static_cast<NodeId>(i), weight);
  row.insert(std::upper_bound(row.begin(), row.end(), own, [](const auto& a, const auto& b) { return a.first < b.first; }), own);
}

// Rows from off-diagonal weights weight(i, j) of neighbours in ascending order; the diagonal takes what is left, last, so that a row
// sums to 1 within rounding. Rounding may leave less than nothing where the others sum to 1.
template <class Weight>
Mixing from_neighbours(const std::vector<std::vector<NodeId>>& beside, Weight weight) {
  std::size_t entries = beside.size();
  for (const auto& list : beside) entries += list.size();
  Mixing::Builder out(beside.size(), entries);
  std::vector<Entry> row;
  for (std::size_t i = 0; i < beside.size(); ++i) {
    row.clear();
    double given = 0;
    for (const NodeId j : beside[i]) {
      row.emplace_back(j, weight(i, j));
      given += row.back().second;
    }
    put_own(row, i, std::max(0.0, 1.0 - given));
    out.row(row);
  }
  return std::move(out).done();
}

}  // namespace

Mixing metropolis(std::size_t nodes, const Edges& edges) {
  const auto beside = neighbours(nodes, edges);
  return from_neighbours(beside, [&](std::size_t i, NodeId j) {
    return 1.0 / (1.0 + static_cast<double>(std::max(beside[i].size(), beside[j].size())));
  });
}

Mixing walk(std::size_t nodes, const Edges& edges) {
  const auto beside = neighbours(nodes, edges);
  return from_neighbours(beside, [&](std::size_t i, NodeId j) { return 1.0 / static_cast<double>(std::max(beside[i].size(), beside[j].size())); });
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
  Mixing::Builder out(senders.size());
  std::vector<Entry> row;
  for (std::size_t i = 0; i < senders.size(); ++i) {
    const double weight = 1.0 / (static_cast<double>(senders[i].size()) + 1.0);
    row.assign(1, {static_cast<NodeId>(i), weight});
    for (const NodeId j : senders[i]) row.emplace_back(j, weight);
    std::sort(row.begin(), row.end());
    out.row(row);
  }
  return std::move(out).done();
}

Mixing data_size(const std::vector<std::vector<NodeId>>& senders, const std::vector<double>& samples) {
  Mixing::Builder out(senders.size());
  std::vector<Entry> row;
  for (std::size_t i = 0; i < senders.size(); ++i) {
    double total = samples[i];
    for (const NodeId j : senders[i]) total += samples[j];
    row.assign(1, {static_cast<NodeId>(i), total > 0 ? samples[i] / total : 1.0});
    for (const NodeId j : senders[i])
      if (samples[j] > 0) row.emplace_back(j, samples[j] / total);
    std::sort(row.begin(), row.end());
    out.row(row);
  }
  return std::move(out).done();
}

Mixing expected_pairwise(std::size_t nodes, const Edges& edges) {
  const double weight = 0.5 / static_cast<double>(std::max<std::size_t>(1, edges.size()));
  return from_neighbours(neighbours(nodes, edges), [weight](std::size_t, NodeId) { return weight; });
}

Mixing given_weights(std::size_t nodes, const Edges& edges, const std::vector<double>& weights, bool directed, const std::string& what) {
  std::vector<std::vector<Entry>> rows(nodes);
  for (std::size_t k = 0; k < edges.size(); ++k) {
    rows[edges[k].second].emplace_back(edges[k].first, weights[k]);
    if (!directed) rows[edges[k].first].emplace_back(edges[k].second, weights[k]);
  }
  for (std::size_t i = 0; i < nodes; ++i) {
    std::sort(rows[i].begin(), rows[i].end());
    double given = 0;
    for (const auto& entry : rows[i]) given += entry.second;
    if (given > 1 + 1e-9) throw Error(Fault::input, what + ": the weights of node " + std::to_string(i) + " sum to more than 1");
    put_own(rows[i], i, std::max(0.0, 1.0 - given));
  }
  return Mixing::from_rows(rows);
}

Mixing push_weights(const Mixing& pattern) {
  Mixing::Builder out(pattern.nodes());
  std::vector<Entry> row;
  for (std::size_t i = 0; i < pattern.nodes(); ++i) {
    row.clear();
    for (const auto& [j, weight] : pattern.row(i))
      if (j == i || weight > 0) row.emplace_back(j, 1.0 / (static_cast<double>(pattern.receiver_count(j)) + 1.0));
    out.row(row);
  }
  return std::move(out).done();
}

Mixing exact_mean(std::size_t nodes) {
  std::vector<Entry> row;
  row.reserve(nodes);
  for (std::size_t j = 0; j < nodes; ++j) row.emplace_back(static_cast<NodeId>(j), 1.0 / static_cast<double>(nodes));
  return Mixing::same_rows(std::move(row));
}

Mixing identity_mixing(std::size_t nodes) { return mean_of_senders(std::vector<std::vector<NodeId>>(nodes)); }

Mixing lazy(const Mixing& mixing) {
  Mixing::Builder out(mixing.nodes());
  std::vector<Entry> row;
  for (std::size_t i = 0; i < mixing.nodes(); ++i) {
    row.assign(mixing.row(i).begin(), mixing.row(i).end());
    for (auto& [j, weight] : row) weight = j == i ? 0.5 * weight + 0.5 : 0.5 * weight;
    out.row(row);
  }
  return std::move(out).done();
}

Mixing transposed(const Mixing& mixing) {
  std::vector<std::vector<Entry>> rows(mixing.nodes());
  for (std::size_t i = 0; i < mixing.nodes(); ++i)
    for (const auto& [j, weight] : mixing.row(i)) rows[j].emplace_back(static_cast<NodeId>(i), weight);
  return Mixing::from_rows(rows);
}

std::vector<double> mix(const Mixing& mixing, const std::vector<double>& x) {
  std::vector<double> out(mixing.nodes());
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (mixing.same_rows() && i > 0) {
      out[i] = out[0];
      continue;
    }
    for (const auto& [j, weight] : mixing.row(i)) out[i] += weight * x[j];
  }
  return out;
}

std::vector<double> mix_transposed(const Mixing& mixing, const std::vector<double>& x) {
  std::vector<double> out(mixing.nodes());
  if (mixing.same_rows()) {
    double sum = 0;
    for (const double v : x) sum += v;
    for (const auto& [j, weight] : mixing.row(0)) out[j] = weight * sum;
    return out;
  }
  for (std::size_t i = 0; i < out.size(); ++i)
    for (const auto& [j, weight] : mixing.row(i)) out[j] += weight * x[i];
  return out;
}

bool is_doubly_stochastic(const Mixing& mixing, double tolerance) {
  const std::vector<double> ones(mixing.nodes(), 1.0);
  for (const auto& sums : {mix(mixing, ones), mix_transposed(mixing, ones)})
    for (const double sum : sums)
      if (std::fabs(sum - 1.0) > tolerance) return false;
  return true;
}

bool is_symmetric(const Mixing& mixing, double tolerance) {
  if (mixing.same_rows()) {
    const auto row = mixing.row(0);
    return std::all_of(row.begin(), row.end(), [&](const auto& entry) { return std::fabs(entry.second - row[0].second) <= tolerance; });
  }
  const auto weight = [&](std::size_t i, NodeId j) {
    const auto row = mixing.row(i);
    const auto it = std::lower_bound(row.begin(), row.end(), j, [](const auto& entry, NodeId id) { return entry.first < id; });
    return it != row.end() && it->first == j ? it->second : 0.0;
  };
  for (std::size_t i = 0; i < mixing.nodes(); ++i)
    for (const auto& [j, w] : mixing.row(i))
      if (std::fabs(w - weight(j, static_cast<NodeId>(i))) > tolerance) return false;
  return true;
}

}  // namespace dml
