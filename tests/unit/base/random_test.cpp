#include <doctest/doctest.h>

#include <cmath>
#include <numeric>
#include <set>

#include "base/random.h"

using namespace dml;

TEST_CASE("philox: the known answers of Random123") {
  // Philox4x32-10 of the Random123 distribution's kat_vectors.
  CHECK(philox(0, {0, 0, 0, 0}) == std::array<std::uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox(~0ull, {~0u, ~0u, ~0u, ~0u}) == std::array<std::uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox(0x299f31d0a4093822ull, {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}) ==
        std::array<std::uint32_t, 4>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("rng: a stream is its name") {
  CHECK(Rng("a", 1).bits64() == Rng("a", 1).bits64());
  CHECK(Rng("a", 1).bits64() != Rng("b", 1).bits64());
  CHECK(Rng("a", 1).bits64() != Rng("a", 2).bits64());
  CHECK(Rng("a", 1, 1).bits64() != Rng("a", 1, 2).bits64());
  CHECK(Rng("a", 1, 0, 1).bits64() != Rng("a", 1, 0, 0, 1).bits64());
}

TEST_CASE("rng: moments") {
  Rng rng("moments", 5);
  const int n = 200000;
  double sum = 0, squares = 0, fourth = 0, uniform = 0, gamma = 0, small = 0;
  for (int i = 0; i < n; ++i) {
    const double z = rng.normal();
    sum += z, squares += z * z, fourth += z * z * z * z;
    uniform += rng.uniform();
    gamma += rng.gamma(2.5);
    small += rng.gamma(0.1);
  }
  CHECK(std::fabs(sum / n) < 4 / std::sqrt(n));
  CHECK(squares / n == doctest::Approx(1).epsilon(0.02));
  CHECK(fourth / n == doctest::Approx(3).epsilon(0.05));
  CHECK(uniform / n == doctest::Approx(0.5).epsilon(0.01));
  CHECK(gamma / n == doctest::Approx(2.5).epsilon(0.02));
  CHECK(small / n == doctest::Approx(0.1).epsilon(0.05));
}

TEST_CASE("rng: below is unbiased, choose is distinct, shuffle permutes") {
  Rng rng("draws", 5);
  std::array<int, 6> counts{};
  for (int i = 0; i < 60000; ++i) ++counts[rng.below(6)];
  for (const int c : counts) CHECK(std::abs(c - 10000) < 400);
  const auto chosen = rng.choose(1000000, 500);
  CHECK(std::set<std::size_t>(chosen.begin(), chosen.end()).size() == 500);
  const auto all = rng.choose(50, 50);
  CHECK(std::set<std::size_t>(all.begin(), all.end()).size() == 50);
  std::vector<int> items(100);
  std::iota(items.begin(), items.end(), 0);
  const auto before = items;
  rng.shuffle(std::span(items));
  CHECK(items != before);
  CHECK(std::set<int>(items.begin(), items.end()).size() == 100);
}

TEST_CASE("portable functions agree with libm") {
  Rng rng("libm", 1);
  for (int i = 0; i < 20000; ++i) {
    const double x = std::exp(rng.uniform(-700, 700)), u = rng.uniform();
    CHECK(portable_log(x) == doctest::Approx(std::log(x)).epsilon(1e-15));
    const auto [s, c] = portable_sincos_turn(u);
    const double a = 6.283185307179586 * u;
    CHECK(std::fabs(s - std::sin(a)) < 2e-15);
    CHECK(std::fabs(c - std::cos(a)) < 2e-15);
  }
}
