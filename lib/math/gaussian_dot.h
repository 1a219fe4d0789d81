// Scalar products with a row of standard normal numbers that is never stored: Philox, Box-Muller and the sum in one vector loop.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace dml {

/// A vector laid out for gaussian_dot: its values at even and at odd positions, padded with zeros to whole groups of 16 values.
struct SplitVector {
  std::vector<double> even, odd;
  std::size_t size = 0;
  void append(const double* values, std::size_t count);
  /// Adds the zeros; call once after the last append.
  void pad();
};

/// Sum over j of g_j x_j, where g_0, g_1, ... is what Rng(key, node, round, draw).normal() returns: g_2m and g_2m+1 come from the
/// Philox block with counter (m, draw, node, round). Value j is added to partial sum j mod 16 in ascending order; the 16 sums are
/// folded in halves, even and odd positions apart until the last fold. Equal bits on every CPU.
double gaussian_dot(std::uint64_t key, std::uint32_t node, std::uint32_t round, std::uint32_t draw, const SplitVector& x);

}  // namespace dml
