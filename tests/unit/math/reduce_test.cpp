#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

#include "base/error.h"
#include "base/parallel.h"
#include "base/random.h"
#include "math/reduce.h"
#include "math/targets.h"

using namespace dml;

namespace {

// Values of very different size, so that another order of additions gives other bits.
template <class T>
std::vector<T> uneven(std::size_t size, std::uint64_t draw) {
  Rng rng("reduce-test", 1, 0, 0, draw);
  std::vector<T> out(size);
  for (auto& v : out) v = static_cast<T>((rng.uniform() - 0.5) * std::exp2(20 * rng.uniform()));
  return out;
}

bool same_bits(double a, double b) { return std::memcmp(&a, &b, sizeof a) == 0; }

struct Everything {
  std::vector<double> values;
  bool operator==(const Everything& other) const {
    return values.size() == other.values.size() && std::memcmp(values.data(), other.values.data(), values.size() * sizeof(double)) == 0;
  }
};

template <class T>
Everything everything(const std::vector<T>& a, const std::vector<T>& b, const std::vector<T>& c) {
  Everything out{{sum(a.data(), a.size()), dot(a.data(), b.data(), a.size()), squared_norm(a.data(), a.size()),
                  squared_distance(a.data(), b.data(), a.size())}};
  const auto pairs = squared_distances(std::vector<const T*>{a.data(), b.data(), c.data(), a.data() + 1}, a.size() - 1);
  out.values.insert(out.values.end(), pairs.begin(), pairs.end());
  return out;
}

// The order of additions that the header promises, written plainly.
template <class T, class Term>
double by_the_book(std::size_t size, Term term) {
  double total = 0;
  for (std::size_t strip = 0; strip < size; strip += 65536) {
    double in_strip = 0;
    for (std::size_t block = strip; block < std::min(size, strip + 65536); block += 4096) {
      double lane[16] = {};
      for (std::size_t i = block; i < std::min(size, block + 4096); ++i) lane[i % 16] += term(i);
      for (int half = 8; half > 0; half /= 2)
        for (int i = 0; i < half; ++i) lane[i] += lane[i + half];
      in_strip += lane[0];
    }
    total = strip == 0 ? in_strip : total + in_strip;
  }
  return total;
}

}  // namespace

TEST_CASE_TEMPLATE("sums have the documented order", T, float, double) {
  for (const std::size_t size : {0u, 1u, 15u, 16u, 17u, 4095u, 4096u, 4099u, 65536u, 200003u}) {
    CAPTURE(size);
    const auto a = uneven<T>(size, 1), b = uneven<T>(size, 2);
    const auto at = [](const std::vector<T>& v, std::size_t i) { return static_cast<double>(v[i]); };
    CHECK(same_bits(sum(a.data(), size), by_the_book<T>(size, [&](std::size_t i) { return at(a, i); })));
    CHECK(same_bits(dot(a.data(), b.data(), size), by_the_book<T>(size, [&](std::size_t i) { return at(a, i) * at(b, i); })));
    CHECK(same_bits(squared_distance(a.data(), b.data(), size),
                    by_the_book<T>(size, [&](std::size_t i) { return (at(a, i) - at(b, i)) * (at(a, i) - at(b, i)); })));
  }
}

TEST_CASE_TEMPLATE("sums have equal bits on every target and for any number of threads", T, float, double) {
  const auto targets = vector_targets();
  REQUIRE(!targets.empty());
  for (const std::size_t size : {7u, 5001u, 300007u}) {
    const auto a = uneven<T>(size, 1), b = uneven<T>(size, 2), c = uneven<T>(size, 3);
    const int before = threads();
    set_threads(1);
    force_vector_target(targets.back());
    const auto expected = everything(a, b, c);
    for (const auto& target : targets)
      for (const int count : {1, 2, 5}) {
        CAPTURE(target);
        CAPTURE(count);
        set_threads(count);
        force_vector_target(target);
        CHECK(everything(a, b, c) == expected);
      }
    force_vector_target("");
    set_threads(before);
  }
}

TEST_CASE("an unknown target is refused and named") {
  CHECK_THROWS_WITH_AS(force_vector_target("MMX"), "vector target 'MMX' is unknown", Error);
}

TEST_CASE_TEMPLATE("all pairs equal the single distances", T, float, double) {
  for (const std::size_t n : {0u, 1u, 2u, 3u, 6u, 23u}) {
    const std::size_t columns = n == 23 ? 70001 : 131;
    std::vector<std::vector<T>> rows;
    std::vector<const T*> pointers;
    for (std::size_t i = 0; i < n; ++i) rows.push_back(uneven<T>(columns, i));
    for (const auto& row : rows) pointers.push_back(row.data());
    const auto all = squared_distances(pointers, columns);
    REQUIRE(all.size() == n * n);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j)
        CHECK(same_bits(all[i * n + j], i == j ? 0.0 : squared_distance(pointers[std::min(i, j)], pointers[std::max(i, j)], columns)));
  }
}

TEST_CASE("near-equal vectors keep their digits") {
  // |a|^2 + |b|^2 - 2ab is 0 or off by far here, in double too.
  std::vector<double> a(1000, 1e8), b(a);
  for (auto& v : b) v += 0.25;
  CHECK(squared_distance(a.data(), b.data(), a.size()) == 62.5);
  const std::vector<float> c(16, 16777216.0f), d(16, 16777214.0f);
  CHECK(squared_distance(c.data(), d.data(), 16) == 64.0);
}
