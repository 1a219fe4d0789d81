#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "data/batch.h"
#include "data_helpers.h"

using namespace dml;
using namespace dml::test;

TEST_CASE("a batch has distinct samples of the part, every one equally often") {
  std::vector<std::uint32_t> part(100), out;
  for (std::size_t i = 0; i < part.size(); ++i) part[i] = static_cast<std::uint32_t>(1000 + 3 * i);
  std::vector<int> count(100);
  constexpr int kDraws = 20'000;
  for (std::uint32_t step = 0; step < kDraws; ++step) {
    draw_batch(part, 16, Rng("batch", 1, 2, 3, step), out);
    REQUIRE(out.size() == 16);
    auto sorted = out;
    std::sort(sorted.begin(), sorted.end());
    CHECK(std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end());
    for (const auto i : out) ++count.at((i - 1000) / 3);
  }
  const double mean = kDraws * 0.16, deviation = std::sqrt(kDraws * 0.16 * 0.84);
  for (const int c : count) CHECK(std::fabs(c - mean) < 4.5 * deviation);
}

TEST_CASE("every pair of a small part is drawn equally often") {
  const std::vector<std::uint32_t> part = {0, 1, 2, 3, 4};
  std::vector<std::uint32_t> out;
  std::vector<int> pairs(25);
  for (std::uint32_t step = 0; step < 10'000; ++step) {
    draw_batch(part, 2, Rng("batch", 5, 0, 0, step), out);
    ++pairs[std::min(out[0], out[1]) * 5 + std::max(out[0], out[1])];
  }
  int seen = 0;
  for (const int c : pairs) {
    if (c == 0) continue;
    ++seen;
    CHECK(std::abs(c - 1000) < 150);
  }
  CHECK(seen == 10);
}

TEST_CASE("batches follow their key, small parts are drawn with replacement") {
  const std::vector<std::uint32_t> part = {7, 8, 9};
  std::vector<std::uint32_t> a, b;
  draw_batch(part, 2, Rng("batch", 1, 4, 0, 0), a);
  draw_batch(part, 2, Rng("batch", 1, 4, 0, 0), b);
  CHECK(a == b);
  draw_batch(part, 3, Rng("batch", 1), a);
  CHECK(a == part);                                        // all of them, in order
  draw_batch(part, 8, Rng("batch", 1), a);
  CHECK(a.size() == 8);
  for (const auto i : a) CHECK((i >= 7 && i <= 9));
  draw_batch(part, 0, Rng("batch", 1), a);
  CHECK(a.empty());
  CHECK(fault_of([&] { draw_batch({}, 2, Rng("batch", 1), a); }).fault() == Fault::usage);
}

TEST_CASE("memory is reused and another part leaves no marks") {
  std::vector<std::uint32_t> large(5000), out;
  std::iota(large.begin(), large.end(), 0u);
  out.reserve(64);
  const auto* memory = out.data();
  for (std::uint32_t step = 0; step < 200; ++step) {
    draw_batch(large, 64, Rng("batch", 9, 0, 0, step), out);
    const std::vector<std::uint32_t> small = {0, 1, 2, 3};
    draw_batch(small, 3, Rng("batch", 9, 1, 0, step), out);
    CHECK(out.size() == 3);
    for (const auto i : out) CHECK(i < 4);
  }
  CHECK(out.data() == memory);
}
