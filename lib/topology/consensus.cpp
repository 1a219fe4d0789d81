#include "topology/consensus.h"

#include <algorithm>

#include "base/random.h"

namespace dml {

Consensus::Consensus(std::size_t nodes, std::size_t dim, std::uint64_t seed) : nodes_(nodes), dim_(dim), x_(nodes * dim), next_(x_.size()) {
  for (std::size_t i = 0; i < nodes; ++i) {
    Rng rng("consensus", seed, static_cast<std::uint32_t>(i));
    for (std::size_t k = 0; k < dim; ++k) x_[i * dim + k] = rng.normal();
  }
}

void Consensus::step(const Mixing& mixing) {
  for (std::size_t i = 0; i < nodes_; ++i) {
    double* out = next_.data() + i * dim_;
    if (mixing.same_rows() && i > 0) {
      std::copy_n(next_.data(), dim_, out);
      continue;
    }
    for (std::size_t k = 0; k < dim_; ++k) out[k] = 0;
    for (const auto& [j, weight] : mixing.row(i)) {
      const double* in = x_.data() + j * dim_;
      for (std::size_t k = 0; k < dim_; ++k) out[k] += weight * in[k];
    }
  }
  x_.swap(next_);
}

std::vector<double> Consensus::mean() const {
  std::vector<double> out(dim_);
  for (std::size_t i = 0; i < nodes_; ++i)
    for (std::size_t k = 0; k < dim_; ++k) out[k] += x_[i * dim_ + k];
  for (double& v : out) v /= static_cast<double>(nodes_);
  return out;
}

double Consensus::distance() const {
  const auto centre = mean();
  double sum = 0;
  for (std::size_t i = 0; i < nodes_; ++i)
    for (std::size_t k = 0; k < dim_; ++k) {
      const double d = x_[i * dim_ + k] - centre[k];
      sum += d * d;
    }
  return sum / static_cast<double>(nodes_);
}

std::optional<std::uint64_t> measured_consensus(const Topology& topology, std::size_t nodes, double peers, std::uint64_t seed,
                                                std::uint64_t most) {
  Consensus state(nodes, 8, seed);
  const double goal = 1e-6 * state.distance();
  for (std::uint64_t round = 0; round < most; ++round) {
    state.step(*topology.at(round, peers));
    if (state.distance() <= goal) return round + 1;
  }
  return std::nullopt;
}

}  // namespace dml
