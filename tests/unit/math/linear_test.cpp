// Highway loops against plain ones, for lengths around the widths of vectors.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/random.h"
#include "math/linear.h"

namespace dml {
namespace {

template <class T>
std::vector<T> numbers(std::size_t size, std::uint32_t which) {
  Rng rng("numbers", which);
  std::vector<T> out(size);
  for (auto& v : out) v = static_cast<T>(rng.normal());
  return out;
}

template <class T>
void check_sums(std::size_t size) {
  CAPTURE(size);
  const auto a = numbers<T>(size, 1), b = numbers<T>(size, 2), c = numbers<T>(size, 3), d = numbers<T>(size, 4);
  const T* rows[] = {a.data(), b.data(), c.data(), d.data()};
  const double weights[] = {1.0 / 3, 0.25, -0.5, 7};
  for (std::size_t count = 1; count <= 4; ++count) {
    std::vector<T> out(size);
    CHECK(weighted_sum(rows, weights, count, out.data(), size));
    for (std::size_t i = 0; i < size; ++i) {
      T want = static_cast<T>(weights[0]) * rows[0][i];
      for (std::size_t k = 1; k < count; ++k) want = want + static_cast<T>(weights[k]) * rows[k][i];
      CHECK(out[i] == want);
    }
  }
}

template <class T>
void check_steps(std::size_t size) {
  CAPTURE(size);
  const auto g = numbers<T>(size, 5), start = numbers<T>(size, 6);
  auto x = start, y = start, z = start, w = start;
  descend(x.data(), g.data(), T(0.3), T(0), size);
  descend(y.data(), g.data(), T(0.3), T(0.1), size);
  accumulate(g.data(), z.data(), size);
  subtract(w.data(), g.data(), w.data(), size);
  std::vector<T> scaled(size);
  scale(g.data(), T(-2.5), scaled.data(), size);
  for (std::size_t i = 0; i < size; ++i) {
    CHECK(x[i] == start[i] - T(0.3) * g[i]);
    CHECK(y[i] == start[i] - T(0.3) * (g[i] + T(0.1) * start[i]));
    CHECK(z[i] == start[i] + g[i]);
    CHECK(w[i] == start[i] - g[i]);
    CHECK(scaled[i] == T(-2.5) * g[i]);
  }
}

template <class T>
void check_finite(T bad) {
  for (const std::size_t size : {1u, 7u, 8u, 33u})
    for (std::size_t at = 0; at < size; ++at) {
      auto a = numbers<T>(size, 7);
      CHECK(all_finite(a.data(), size));
      a[at] = bad;
      CHECK_FALSE(all_finite(a.data(), size));
      std::vector<T> out(size);
      const T* rows[] = {a.data()};
      const double one = 1;
      CHECK_FALSE(weighted_sum(rows, &one, 1, out.data(), size));
    }
}

}  // namespace

TEST_CASE("vector loops equal plain ones, bit for bit") {
  for (const std::size_t size : {0u, 1u, 3u, 4u, 7u, 8u, 15u, 16u, 17u, 64u, 101u}) {
    check_sums<float>(size);
    check_sums<double>(size);
    check_steps<float>(size);
    check_steps<double>(size);
  }
}

TEST_CASE("one value that is not finite is found wherever it stands") {
  check_finite(std::numeric_limits<float>::quiet_NaN());
  check_finite(-std::numeric_limits<float>::infinity());
  check_finite(std::numeric_limits<double>::infinity());
  CHECK(all_finite(static_cast<const float*>(nullptr), 0));
}

TEST_CASE("bias, ReLU, its gradient, and sums over rows") {
  std::vector<float> m{1, -2, 3, -4, 5, -6};
  const std::vector<float> bias{0.5f, 1, -4};
  auto linear = m, relu = m;
  add_bias(linear.data(), bias.data(), 2, 3, false);
  CHECK(linear == std::vector<float>{1.5f, -1, -1, -3.5f, 6, -10});
  add_bias(relu.data(), bias.data(), 2, 3, true);
  CHECK(relu == std::vector<float>{1.5f, 0, 0, 0, 6, 0});
  std::vector<float> gradient(6, 1);
  mask_relu(gradient.data(), relu.data(), 6);
  CHECK(gradient == std::vector<float>{1, 0, 0, 0, 1, 0});
  std::vector<float> sum(3);
  sum_rows(m.data(), 2, 3, sum.data());
  CHECK(sum == std::vector<float>{-3, 3, -3});
  std::vector<double> wide(40, -1), zero(20, 0.5);
  add_bias(wide.data(), zero.data(), 2, 20, true);
  CHECK(wide == std::vector<double>(40, 0.0));
  wide[3] = std::numeric_limits<double>::quiet_NaN();
  add_bias(wide.data(), zero.data(), 2, 20, true);
  CHECK(std::isnan(wide[3]));
}

}  // namespace dml
