#include "topology/lanczos.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dml {
namespace {

// T = tridiag(beta, alpha, beta), alpha of k numbers, beta of k - 1 and one more behind it.
struct Tridiagonal { std::vector<double> alpha, beta; };

double norm(const std::vector<double>& v) {
  double sum = 0;
  for (const double x : v) sum += x * x;
  return std::sqrt(sum);
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// How many eigenvalues of sign * T lie above x: the signs of the pivots of x - sign * T (Sturm).
std::size_t above(const Tridiagonal& t, double sign, double x) {
  constexpr double kTiny = std::numeric_limits<double>::min();
  std::size_t count = 0;
  double pivot = 1;
  for (std::size_t i = 0; i < t.alpha.size(); ++i) {
    const double off = i > 0 ? t.beta[i - 1] : 0;
    pivot = x - sign * t.alpha[i] - (i > 0 ? off * off / pivot : 0);
    if (std::fabs(pivot) < kTiny) pivot = kTiny;
    count += pivot < 0;
  }
  return count;
}

// The largest eigenvalue of sign * T, by bisection to the last bit.
double largest(const Tridiagonal& t, double sign) {
  double low = sign * t.alpha[0], high = low;
  for (std::size_t i = 0; i < t.alpha.size(); ++i) {
    const double radius = (i > 0 ? t.beta[i - 1] : 0) + (i + 1 < t.alpha.size() ? t.beta[i] : 0);
    low = std::max(low, sign * t.alpha[i]);                // a diagonal entry is a Rayleigh quotient
    high = std::max(high, sign * t.alpha[i] + radius);     // Gershgorin
  }
  low = std::nextafter(low, -std::numeric_limits<double>::infinity());
  while (true) {
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) return high;
    (above(t, sign, middle) > 0 ? low : high) = middle;
  }
}

// |last entry| of the unit eigenvector of sign * T for `value`: by one solve of inverse iteration from a flat vector, repeated twice.
double last_entry(const Tridiagonal& t, double sign, double value) {
  const std::size_t k = t.alpha.size();
  std::vector<double> x(k, 1.0), pivot(k);
  const double shift = value + 4 * std::numeric_limits<double>::epsilon() * std::max(1.0, std::fabs(value));   // above all: pivots stay positive
  for (std::size_t i = 0; i < k; ++i) {
    pivot[i] = shift - sign * t.alpha[i] - (i > 0 ? t.beta[i - 1] * t.beta[i - 1] / pivot[i - 1] : 0);
    if (!(pivot[i] > 0)) pivot[i] = std::numeric_limits<double>::epsilon();
  }
  for (int sweep = 0; sweep < 3; ++sweep) {
    for (std::size_t i = 1; i < k; ++i) x[i] += sign * t.beta[i - 1] / pivot[i - 1] * x[i - 1];
    x[k - 1] /= pivot[k - 1];
    for (std::size_t i = k - 1; i-- > 0;) x[i] = (x[i] + sign * t.beta[i] * x[i + 1]) / pivot[i];
    const double length = norm(x);
    for (double& v : x) v /= length;
  }
  return std::fabs(x[k - 1]);
}

Extreme extreme_of(const Tridiagonal& t) {
  const double up = largest(t, 1), down = largest(t, -1);
  const double sign = up >= down ? 1 : -1, value = std::max(up, down);
  return {std::max(0.0, value), t.beta.back() * last_entry(t, sign, value), false, t.alpha.size()};
}

}  // namespace

Extreme largest_modulus(const SymmetricOperator& apply, std::vector<double> start, std::size_t most) {
  constexpr double kResidual = 1e-12, kBreakdown = 1e-14;
  Tridiagonal t;
  std::vector<double> before(start.size(), 0.0), now = std::move(start);
  const double length = norm(now);
  if (length == 0) return {0, 0, true, 0};
  for (double& x : now) x /= length;
  Extreme out;
  for (std::size_t step = 1, next_look = 8; step <= most; ++step) {
    auto image = apply(now);
    const double alpha = dot(image, now), back = t.beta.empty() ? 0 : t.beta.back();
    for (std::size_t i = 0; i < image.size(); ++i) image[i] -= alpha * now[i] + back * before[i];
    const double beta = norm(image);
    t.alpha.push_back(alpha);
    t.beta.push_back(beta);
    const bool exhausted = beta <= kBreakdown;             // the space is invariant: T's eigenvalues are exact
    if (exhausted || step == next_look || step == most) {
      out = extreme_of(t);
      out.converged = exhausted || out.residual <= kResidual;
      if (out.converged) return out;
      next_look = step + std::max<std::size_t>(8, step / 4);
    }
    for (double& x : image) x /= beta;
    before = std::move(now);
    now = std::move(image);
  }
  return out;
}

}  // namespace dml
