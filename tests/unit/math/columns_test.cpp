#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "base/parallel.h"
#include "base/random.h"
#include "math/columns.h"
#include "math/network.h"
#include "math/targets.h"

using namespace dml;

namespace {

template <class T>
struct Matrix {
  std::vector<std::vector<T>> rows;
  std::vector<const T*> pointers() const {
    std::vector<const T*> out;
    for (const auto& row : rows) out.push_back(row.data());
    return out;
  }
};

// Few distinct values, so that ties occur, of uneven size, so that the order of additions shows.
template <class T>
Matrix<T> random_matrix(std::size_t n, std::size_t columns) {
  Rng rng("columns-test", n, columns, 0, 0);
  Matrix<T> out;
  for (std::size_t i = 0; i < n; ++i) {
    auto& row = out.rows.emplace_back(columns);
    for (auto& v : row) v = static_cast<T>(std::floor(40 * rng.uniform() - 20) * std::exp2(std::floor(9 * rng.uniform())) / 3);
  }
  return out;
}

template <class T>
std::vector<T> plain_ranks(const Matrix<T>& m, std::size_t columns, std::size_t first, std::size_t last) {
  std::vector<T> out(columns), column(m.rows.size());
  for (std::size_t j = 0; j < columns; ++j) {
    for (std::size_t i = 0; i < column.size(); ++i) column[i] = m.rows[i][j];
    std::sort(column.begin(), column.end());
    double sum = 0;
    for (std::size_t k = first; k < last; ++k) sum += static_cast<double>(column[k]);
    out[j] = static_cast<T>(sum / static_cast<double>(last - first));
  }
  return out;
}

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

// A network sorts everything when it sorts all words of 0 and 1 (Knuth's 0-1 principle).
bool puts_in_place(const std::vector<Exchange>& network, std::size_t n, std::size_t first, std::size_t last) {
  for (std::uint32_t word = 0; word < 1u << n; ++word) {
    std::uint32_t bits = word;
    for (const auto [low, high] : network)
      if ((bits >> low & 1) && !(bits >> high & 1)) bits ^= 1u << low | 1u << high;
    const auto zeros = n - static_cast<std::size_t>(__builtin_popcount(word));
    for (std::size_t k = first; k < last; ++k)
      if ((bits >> k & 1) != (k >= zeros)) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("networks put the wanted places in order and nothing is left to spare") {
  for (std::size_t n = 0; n <= 14; ++n) CHECK(puts_in_place(sorting_network(n, 0, n), n, 0, n));
  for (std::size_t n = 1; n <= 13; ++n)
    for (std::size_t first = 0; first < n; ++first) {
      CHECK(puts_in_place(sorting_network(n, first, first + 1), n, first, first + 1));
      CHECK(puts_in_place(sorting_network(n, first, n), n, first, n));
    }
  CHECK(sorting_network(16, 0, 16).size() == 63);           // (p^2 - p + 4) 2^(p-2) - 1 for n = 2^p
  CHECK(sorting_network(1024, 0, 1024).size() == 24063);
  CHECK(sorting_network(20, 9, 11).size() < sorting_network(20, 0, 20).size());
  CHECK(sorting_network(8, 0, 0).empty());
}

TEST_CASE_TEMPLATE("mean of ranks", T, float, double) {
  struct Case { std::size_t n, columns, first, last; };
  for (const auto& [n, columns, first, last] :
       {Case{1, 5, 0, 1}, Case{2, 33, 0, 2}, Case{3, 1, 1, 2}, Case{7, 129, 2, 5}, Case{20, 8192 + 77, 9, 11}, Case{20, 300, 4, 16},
        Case{64, 100, 0, 64}, Case{333, 70, 100, 233}, Case{1024, 40, 511, 513}, Case{1025, 37, 512, 513}, Case{1500, 1030, 700, 800},
        Case{1200, 19, 0, 1200}}) {
    CAPTURE(n);
    const auto m = random_matrix<T>(n, columns);
    std::vector<T> out(columns);
    mean_of_ranks(m.pointers(), columns, first, last, out.data());
    CHECK(same_bits(out, plain_ranks(m, columns, first, last)));
  }
}

TEST_CASE_TEMPLATE("columns have equal bits on every target, for any number of threads and order of rows", T, float, double) {
  const std::size_t columns = 20011;
  auto m = random_matrix<T>(21, columns);
  for (std::size_t j = 0; j < columns; j += 3) {            // zeros of both signs
    m.rows[4][j] = T(0);
    m.rows[9][j] = T(-0.0);
  }
  std::vector<double> weights(21);
  std::iota(weights.begin(), weights.end(), 0.3);
  const int before = threads();
  std::vector<T> expected_mean(columns), expected_middle(columns), out(columns);
  set_threads(1);
  force_vector_target(vector_targets().back());
  weighted_rows(m.pointers(), columns, weights, 216.3, expected_mean.data());
  mean_of_ranks(m.pointers(), columns, 6, 15, expected_middle.data());
  for (const auto& target : vector_targets())
    for (const int count : {1, 3}) {
      CAPTURE(target);
      set_threads(count);
      force_vector_target(target);
      weighted_rows(m.pointers(), columns, weights, 216.3, out.data());
      CHECK(same_bits(out, expected_mean));
      mean_of_ranks(m.pointers(), columns, 6, 15, out.data());
      CHECK(same_bits(out, expected_middle));
      auto turned = m.pointers();
      std::rotate(turned.begin(), turned.begin() + 7, turned.end());
      std::swap(turned[2], turned[18]);
      mean_of_ranks(turned, columns, 6, 15, out.data());
      CHECK(same_bits(out, expected_middle));
    }
  force_vector_target("");
  set_threads(before);
}

TEST_CASE_TEMPLATE("a negative zero comes out as zero, by network and by selection", T, float, double) {
  for (const std::size_t n : {3u, 1025u}) {
    const std::vector<T> row{T(-0.0)};
    T out = 1;
    mean_of_ranks(std::vector<const T*>(n, row.data()), 1, n / 2, n / 2 + 1, &out);
    CHECK(out == T(0));
    CHECK(!std::signbit(out));
  }
}

TEST_CASE_TEMPLATE("weighted rows are added in row order, in double", T, float, double) {
  // In float 1e8 + 1 - 1e8 is 0, and in another order too; in double and in this order it is 1.
  const std::vector<std::vector<T>> rows{{T(1e8)}, {T(1)}, {T(-1e8)}};
  T out = 0;
  weighted_rows(std::vector<const T*>{rows[0].data(), rows[1].data(), rows[2].data()}, 1, {1, 1, 1}, 3, &out);
  CHECK(out == static_cast<T>(1.0 / 3));
  // 1e16 swallows a 1 that comes after it, not one that comes once it is gone.
  const std::vector<std::vector<T>> big{{T(1e16)}, {T(-1e16)}, {T(1)}};
  weighted_rows(std::vector<const T*>{big[0].data(), big[1].data(), big[2].data()}, 1, {1, 1, 0.5}, 1, &out);
  CHECK(out == T(0.5));
  weighted_rows(std::vector<const T*>{big[0].data(), big[2].data(), big[1].data()}, 1, {1, 0.5, 1}, 1, &out);
  CHECK(out == T(0));
  const auto m = random_matrix<T>(5, 1003);
  const std::vector<double> weights{0.1, 7, 3, 0, 2.5};
  std::vector<T> all(1003), plain(1003);
  weighted_rows(m.pointers(), 1003, weights, 12.6, all.data());
  for (std::size_t j = 0; j < plain.size(); ++j) {
    double sum = 0;
    for (std::size_t i = 0; i < 5; ++i) sum += weights[i] * static_cast<double>(m.rows[i][j]);
    plain[j] = static_cast<T>(sum / 12.6);
  }
  CHECK(same_bits(all, plain));
}
