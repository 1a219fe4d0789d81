#include "topology/spectral.h"

#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "topology/lanczos.h"
#include "topology/mixing.h"

namespace dml {
namespace {

constexpr double kOne = 1.0 - 1e-12;      // a rho at or above counts as no contraction at all

Eigen::MatrixXd dense(const Mixing& mixing) {
  const auto n = static_cast<Eigen::Index>(mixing.nodes());
  Eigen::MatrixXd w = Eigen::MatrixXd::Zero(n, n);
  for (Eigen::Index i = 0; i < n; ++i)
    for (const auto& [j, weight] : mixing.row(static_cast<std::size_t>(i))) w(i, j) = weight;
  return w;
}

// The second largest modulus among the eigenvalues of W. The eigenvalue 1 of the constant vector is moved to 0 by W - J/n, which
// leaves the others alone because W 1 = 1.
double second_modulus(const Eigen::MatrixXd& centred) {
  const Eigen::EigenSolver<Eigen::MatrixXd> solver(centred, false);
  return solver.eigenvalues().cwiseAbs().maxCoeff();
}

void centre(std::vector<double>& v) {
  double mean = 0;
  for (const double x : v) mean += x;
  mean /= static_cast<double>(v.size());
  for (double& x : v) x -= mean;
}

// B v = W v - mean(v), on vectors of any mean; B' v = W' v - mean(v).
std::vector<double> apply(const Mixing& mixing, const std::vector<double>& v, bool transposed) {
  double mean = 0;
  for (const double x : v) mean += x;
  mean /= static_cast<double>(v.size());
  auto out = transposed ? mix_transposed(mixing, v) : mix(mixing, v);
  for (double& x : out) x -= mean;
  return out;
}

void iterate(const Mixing& mixing, Spectrum& out) {
  Rng rng("topology-spectral", 0);
  std::vector<double> start(mixing.nodes());
  for (double& x : start) x = rng.normal();
  centre(start);
  const auto symmetric = [&](const std::vector<double>& v) { return apply(mixing, v, false); };
  const auto squared = [&](const std::vector<double>& v) { return apply(mixing, apply(mixing, v, false), true); };
  const auto found = out.symmetric ? largest_modulus(symmetric, start) : largest_modulus(squared, start);
  out.rho = out.symmetric ? found.value : std::sqrt(found.value);
  out.converged = found.converged;
  if (out.symmetric) out.gap_eig = out.gap();
}

}  // namespace

Spectrum spectrum(const Mixing& mixing, std::size_t dense_nodes) {
  Spectrum out;
  const std::size_t n = mixing.nodes();
  out.symmetric = is_symmetric(mixing);
  out.doubly_stochastic = is_doubly_stochastic(mixing);
  if (n <= 1) {
    out.gap_eig = 1.0;
    return out;
  }
  out.iterated = n > dense_nodes;
  if (out.iterated) {
    iterate(mixing, out);
    return out;
  }
  Eigen::MatrixXd b = dense(mixing);
  b.array() -= 1.0 / static_cast<double>(n);
  if (out.symmetric) {
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(b, Eigen::EigenvaluesOnly);
    out.rho = solver.eigenvalues().cwiseAbs().maxCoeff();
    out.gap_eig = out.gap();
  } else {
    // The root of the largest eigenvalue of B'B: exact to 1e-13 for rho >= 1e-3, to 1e-8 below. Eigen's own singular value solvers cost
    // the compiler gigabytes.
    const Eigen::MatrixXd square = b.transpose() * b;
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(square, Eigen::EigenvaluesOnly);
    out.rho = std::sqrt(std::max(0.0, solver.eigenvalues().maxCoeff()));
    out.gap_eig = 1.0 - second_modulus(b);
  }
  return out;
}

std::optional<std::vector<double>> limit_weights(const Mixing& mixing) {
  const std::size_t n = mixing.nodes();
  if (n == 0 || n > kDenseNodes) return std::nullopt;
  // pi (W - I) = 0 and sum pi = 1: the last equation of the singular system is replaced by the sum.
  const auto size = static_cast<Eigen::Index>(n);
  Eigen::MatrixXd a = dense(mixing).transpose() - Eigen::MatrixXd::Identity(size, size);
  a.row(size - 1).setOnes();
  const Eigen::ColPivHouseholderQR<Eigen::MatrixXd> solver(a);
  if (solver.rank() < size) return std::nullopt;
  const Eigen::VectorXd pi = solver.solve(Eigen::VectorXd::Unit(size, size - 1));
  return std::vector<double>(pi.data(), pi.data() + size);
}

std::optional<std::uint64_t> mixing_time(double rho) {
  if (rho >= kOne) return std::nullopt;
  if (rho <= 0.25) return 1;
  // The logarithms may be off by an ulp, so the two candidates are tried.
  const double guess = std::floor(std::log(0.25) / std::log(rho));
  auto t = static_cast<std::uint64_t>(std::max(1.0, guess));
  while (std::pow(rho, static_cast<double>(t)) > 0.25 * (1 + 1e-12)) ++t;
  return t;
}

std::optional<std::uint64_t> rounds_to_consensus(double rho) {
  if (rho >= kOne) return std::nullopt;
  if (rho <= 1e-3) return 1;
  return static_cast<std::uint64_t>(std::ceil(std::log(1e-6) / (2 * std::log(rho)) - 1e-9));
}

}  // namespace dml
