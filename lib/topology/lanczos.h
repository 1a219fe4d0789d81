// The largest eigenvalue by modulus of a large symmetric operator.
#pragma once
#include <cstddef>
#include <functional>
#include <vector>

namespace dml {

using SymmetricOperator = std::function<std::vector<double>(const std::vector<double>&)>;

struct Extreme {
  double value = 0;                      // |lambda|; always a lower bound up to rounding
  double residual = 0;                   // an eigenvalue lies within this distance of it; its square over the distance to the next
                                         // eigenvalue bounds the error
  bool converged = false;
  std::size_t steps = 0;
};

/// Lanczos (1950) with three vectors and no reorthogonalisation: rounding makes copies of converged eigenvalues, which do not disturb the
/// extremes (Paige 1976), and nothing restarts, so that clustered eigenvalues cost sqrt(spread / distance) steps. Ends when the residual
/// is at most 1e-12, after `most` steps at the latest. `start` must not be orthogonal to the eigenvector that is looked for: random.
Extreme largest_modulus(const SymmetricOperator& apply, std::vector<double> start, std::size_t most = 200'000);

}  // namespace dml
