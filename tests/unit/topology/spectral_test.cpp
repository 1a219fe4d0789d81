// Card gossip-topologies, section 4: closed forms; section 1: what rho means; section 8: what goes beyond dense solvers.
#include <doctest/doctest.h>

#include <numbers>

#include "base/random.h"
#include "topology/mixing.h"
#include "topology/spectral.h"
#include "topology_helpers.h"

using namespace dml;
using namespace dml::test;

namespace {
double gap(const std::string& rule, std::size_t nodes) { return spectrum(matrix(rule, nodes)).gap(); }
void check_gap(const std::string& rule, std::size_t nodes, double want, double tolerance = 1e-10) {
  CAPTURE(rule);
  CAPTURE(nodes);
  CHECK(std::fabs(gap(rule, nodes) - want) <= tolerance);
}
}  // namespace

TEST_CASE("closed-form spectral gaps: ring and path") {
  check_gap("ring", 3, 1);
  check_gap("ring", 4, 2.0 / 3);
  check_gap("ring", 5, 0.460655, 5e-7);
  check_gap("ring", 6, 1.0 / 3);
  check_gap("ring", 8, 0.1952621459);
  check_gap("ring", 16, 0.0507469783);
  check_gap("ring", 32, 0.0128098131);
  for (std::size_t n : {4, 7, 64}) check_gap("ring", n, 2.0 / 3 * (1 - std::cos(2 * std::numbers::pi / static_cast<double>(n))));
  check_gap("path", 3, 1.0 / 3);
  check_gap("path", 4, 0.1952621459);
  check_gap("path", 5, 0.127322, 5e-7);
  check_gap("path", 10, 0.0326289891);
}

TEST_CASE("closed-form spectral gaps: star, complete, torus, hypercube") {
  check_gap("star", 4, 0.25);
  check_gap("star", 10, 0.1);
  check_gap("complete", 9, 1);
  check_gap("torus:rows=3", 9, 0.6);
  check_gap("torus", 16, 0.4);
  check_gap("torus:rows=3", 15, 0.2763932, 5e-8);
  check_gap("torus", 64, 0.1171572875);
  check_gap("hypercube", 8, 0.5);
  check_gap("hypercube", 32, 2.0 / 6);
  check_gap("isolated", 5, 0);
  check_gap("left", 6, 1 - std::cos(std::numbers::pi / 6));
}

TEST_CASE("closed-form spectral gaps: exponential graphs") {
  check_gap("exponential", 4, 2.0 / 3);
  check_gap("exponential", 6, 0.5);
  check_gap("exponential", 8, 0.5);
  check_gap("exponential", 16, 0.4);
  check_gap("exponential", 32, 1.0 / 3);
  check_gap("exponential", 64, 2.0 / 7);
  CHECK(gap("exponential", 7) > 2.0 / 4);                  // odd: larger
  const auto one_peer = topology("one-peer-exponential", 8);
  CHECK(std::fabs(spectrum(*one_peer->at(0, -1)).gap() - 0.0761205) < 5e-8);
  CHECK(std::fabs(spectrum(*one_peer->at(1, -1)).gap()) < 1e-10);
  CHECK(std::fabs(spectrum(*one_peer->at(2, -1)).gap()) < 1e-10);
}

TEST_CASE("a single node and a pair") {
  for (const char* rule : {"ring", "path", "star", "complete", "torus", "hypercube", "exponential", "left"}) {
    CAPTURE(rule);
    check_gap(rule, 1, 1);
    CHECK(weight(matrix(rule, 1), 0, 0) == 1.0);
    check_gap(rule, 2, 1);
    CHECK(weight(matrix(rule, 2), 0, 1) == doctest::Approx(0.5).epsilon(1e-12));
  }
}

TEST_CASE("where W is not doubly stochastic rho may exceed one and gap_eig remains") {
  const auto s = spectrum(matrix("star:weights=uniform", 10));
  CHECK(std::fabs(s.rho - 1.2649) < 5e-5);
  CHECK_FALSE(s.symmetric);
  CHECK_FALSE(s.doubly_stochastic);
  CHECK(*s.gap_eig > 0);
  CHECK(*s.gap_eig < 1);
  // Non-normal: the second eigenvalue says less than the norm. The paw's uniform weights have |lambda_2| below rho.
  const auto paw = spectrum(uniform_neighbour(4, {{0, 1}, {0, 2}, {1, 2}, {2, 3}}));
  CHECK(1 - *paw.gap_eig < paw.rho - 1e-3);
}

TEST_CASE("Lanczos agrees with the dense solvers") {
  for (const char* rule : {"ring", "star", "torus", "exponential", "star:weights=uniform", "complete", "isolated", "barbell", "left", "ring:weights=walk"}) {
    CAPTURE(rule);
    const Mixing w = matrix(rule, 16);
    const auto exact = spectrum(w), iterated = spectrum(w, 8);
    CHECK(iterated.iterated);
    CHECK(iterated.converged);
    CHECK_FALSE(exact.iterated);
    CHECK(std::fabs(iterated.rho - exact.rho) < 1e-9);
  }
}

TEST_CASE("Lanczos finds the gap of large slow graphs, where power iteration stops too early") {
  const auto ring = [](double n) { return 2.0 / 3 * (1 - std::cos(2 * std::numbers::pi / n)); };
  const auto three = spectrum(matrix("ring", 3000));
  CHECK(three.converged);
  CHECK(std::fabs(three.gap() / ring(3000) - 1) < 1e-6);             // 1.46e-6; power iteration says 9.8e-6
  CHECK(std::fabs(spectrum(matrix("torus:rows=50", 2500)).gap() / (0.4 * (1 - std::cos(2 * std::numbers::pi / 50))) - 1) < 1e-9);
  CHECK(std::fabs(spectrum(matrix("star", 2500)).gap() * 2500 - 1) < 1e-9);
  CHECK(std::fabs(spectrum(matrix("hypercube", 4096)).gap() - 2.0 / 13) < 1e-9);
  CHECK(std::fabs(spectrum(matrix("exponential", 4096)).gap() - 2.0 / 13) < 1e-9);
  CHECK(std::fabs(spectrum(matrix("left", 2100)).gap() / (1 - std::cos(std::numbers::pi / 2100)) - 1) < 1e-3);
}

TEST_CASE("mixing time and rounds to consensus") {
  CHECK(*mixing_time(0) == 1);
  CHECK(*mixing_time(0.25) == 1);
  CHECK(*mixing_time(0.5) == 2);
  CHECK(*mixing_time(0.51) == 3);
  CHECK_FALSE(mixing_time(1).has_value());
  CHECK(*rounds_to_consensus(0) == 1);
  CHECK(*rounds_to_consensus(0.1) == 3);
  CHECK(*rounds_to_consensus(0.5) == 10);
  CHECK_FALSE(rounds_to_consensus(1.2).has_value());
  CHECK(*rounds_to_consensus(spectrum(matrix("ring", 64)).rho) == 2149);      // card, section 7
  CHECK_FALSE(limit_weights(matrix("isolated", 4)).has_value());
}

TEST_CASE("the contraction bound holds for doubly stochastic matrices") {
  for (const char* rule : {"ring", "torus", "exponential", "left", "path", "erdos-renyi:p=0.5"}) {
    CAPTURE(rule);
    const Mixing w = matrix(rule, 12, 3);
    const double rho = spectrum(w).rho;
    Rng rng("test", 5);
    for (int draw = 0; draw < 20; ++draw) {
      std::vector<double> x(12);
      double mean = 0, before = 0, after = 0;
      for (double& v : x) mean += (v = rng.normal()) / 12;
      const auto y = mix(w, x);
      for (std::size_t i = 0; i < 12; ++i) {
        before += (x[i] - mean) * (x[i] - mean);
        after += (y[i] - mean) * (y[i] - mean);
      }
      CHECK(std::sqrt(after) <= rho * std::sqrt(before) * (1 + 1e-9));
    }
  }
}
