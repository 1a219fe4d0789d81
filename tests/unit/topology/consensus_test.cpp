// Card gossip-topologies, section 7: rounds until the squared distance from the mean fell by 10^6, n = 64, d = 8.
#include <doctest/doctest.h>

#include "topology/consensus.h"
#include "topology/spectral.h"
#include "topology_helpers.h"

using namespace dml;
using namespace dml::test;

namespace {
std::uint64_t rounds(const std::string& rule, std::uint64_t seed, std::uint64_t most) {
  return measured_consensus(*topology(rule, 64), 64, -1, seed, most).value_or(0);
}
}  // namespace

TEST_CASE("rounds to consensus of five graphs") {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    CAPTURE(seed);
    CHECK(rounds("complete", seed, 10) == 1);
    CHECK(rounds("one-peer-exponential", seed, 20) == 6);
    const auto exponential = rounds("exponential", seed, 100), torus = rounds("torus", seed, 100), ring = rounds("ring", seed, 3000);
    CHECK(exponential >= 10);
    CHECK(exponential <= 20);
    CHECK(torus >= 36);
    CHECK(torus <= 54);
    CHECK(ring >= 1300);
    CHECK(ring <= 1850);
  }
}

TEST_CASE("no step contracts less than rho says, and the last ones exactly as much") {
  const struct { const char* rule; bool tight; std::uint64_t steps; } cases[] = {{"torus", true, 90}, {"ring", true, 2500}, {"exponential", false, 30}};
  for (const auto& [rule, tight, steps] : cases) {
    CAPTURE(rule);
    const auto graph = topology(rule, 64);
    const auto w = graph->at(0, -1);
    const double rho = spectrum(*w).rho;
    Consensus state(64, 8, 11);
    const double start = state.distance();
    double before = start, ratio = 0;
    std::uint64_t above = 0;
    for (std::uint64_t t = 0; t < steps && before > 1e-20 * start; ++t) {
      state.step(*w);
      const double now = state.distance();
      ratio = std::sqrt(now / before);
      above += ratio > rho * (1 + 1e-9);
      before = now;
    }
    CHECK(above == 0);
    if (tight) CHECK(std::fabs(ratio / rho - 1) < 0.005);
  }
}

TEST_CASE("one period of one-peer exponential is the exact mean only for a power of two") {
  const auto product_error = [](std::size_t n) {
    const auto graph = topology("one-peer-exponential", n);
    const std::size_t period = n == 6 ? 3 : 4;
    double worst = 0;
    for (std::size_t column = 0; column < n; ++column) {
      std::vector<double> x(n);
      x[column] = 1;
      for (std::size_t t = 0; t < period; ++t) {
        std::vector<double> next(n);
        for (std::size_t i = 0; i < n; ++i)
          for (const auto& [j, w] : graph->at(t, -1)->row(i)) next[i] += w * x[j];
        x = next;
      }
      for (const double v : x) worst = std::max(worst, std::fabs(v - 1.0 / static_cast<double>(n)));
    }
    return worst;
  };
  CHECK(product_error(16) < 1e-15);
  CHECK(std::fabs(product_error(6) - 1.0 / 12) < 1e-12);
}
