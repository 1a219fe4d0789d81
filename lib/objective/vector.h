// Element-wise arithmetic on state vectors of any dtype: f32 and f64 by the loops of math/linear.h, bf16 widened to f32, block by block,
// and rounded once at the end (to nearest, ties to even). All vectors are on the CPU.
#pragma once
#include <vector>

#include "objective/objective.h"
#include "objective/workspace.h"

namespace dml {

/// out[i] = sum over k of weights[k] rows[k][i], in order of k; rows hold `size` values of `out`'s dtype each. `out_offset`: where in out
/// they go. Returns whether all of them are finite.
bool weighted_sum(const std::vector<const void*>& rows, const std::vector<double>& weights, Vec& out, std::int64_t out_offset, std::int64_t size);

/// out = a - b; out may be either.
void subtract(const Vec& a, const Vec& b, Vec& out);
/// x += a.
void accumulate(const Vec& a, Vec& x);
bool all_finite(const Vec& x);
/// The same of a record's tensor: f32, f64 or bf16.
bool all_finite(const Tensor& tensor);

/// Mean over the vectors, in order, in double.
std::vector<double> mean_of(const std::vector<Vec>& vectors);
/// Sum of (x - mean)^2 in double.
double squared_distance(const Vec& x, const std::vector<double>& mean);

/// Scratch vectors that a thread borrows: one per thread, not per node.
class ScratchVectors {
 public:
  /// The `which`-th, made like x; contents are left over.
  Vec& like(const Vec& x, std::size_t which = 0);

 private:
  std::vector<Vec> vectors_;
};
WorkspacePool<ScratchVectors>& scratch_vectors();

}  // namespace dml
