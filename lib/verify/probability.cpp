#include "verify/probability.h"

#include <algorithm>
#include <cmath>

namespace dml {
namespace {

// log C(n, k), 0 <= k <= n. The sums run over logarithms because C(n, k) leaves the range of a double from n = 1030 on.
double log_choose(double n, double k) { return std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1); }

}  // namespace

double majority_probability(double p, std::uint32_t verifiers) {
  if (p <= 0 || p >= 1) return p >= 1 ? 1 : 0;
  double sum = 0;
  for (std::uint32_t k = verifiers / 2 + 1; k <= verifiers; ++k)
    sum += std::exp(log_choose(verifiers, k) + k * std::log(p) + (verifiers - k) * std::log1p(-p));
  return std::min(sum, 1.0);
}

double fraud_probability(std::uint32_t nodes, std::uint32_t colluding, std::uint32_t verifiers) {
  if (verifiers > nodes || colluding > nodes) return 0;
  const double all = log_choose(nodes, verifiers);
  double sum = 0;
  for (std::uint32_t k = verifiers / 2 + 1; k <= std::min(verifiers, colluding); ++k) {
    if (verifiers - k > nodes - colluding) continue;       // more honest ones drawn than there are
    sum += std::exp(log_choose(colluding, k) + log_choose(nodes - colluding, verifiers - k) - all);
  }
  return std::min(sum, 1.0);
}

double random_match_probability(std::uint32_t bits, std::uint32_t tolerance) {
  double sum = 0;
  for (std::uint32_t k = 0; k <= std::min(bits, tolerance); ++k) sum += std::exp(log_choose(bits, k) - bits * std::log(2.0));
  return std::min(sum, 1.0);
}

}  // namespace dml
