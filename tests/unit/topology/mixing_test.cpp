// Card gossip-topologies, section 6, checks 1 and 2, and the conventions of section 1.
#include <doctest/doctest.h>

#include "topology/mixing.h"
#include "topology/spectral.h"
#include "topology_helpers.h"

using namespace dml;
using namespace dml::test;

namespace {
const Edges kPaw = {{0, 1}, {0, 2}, {1, 2}, {2, 3}};

void check_rows(const Mixing& w, const std::vector<std::vector<double>>& want) {
  for (std::size_t i = 0; i < want.size(); ++i)
    for (std::size_t j = 0; j < want.size(); ++j) CHECK(weight(w, i, j) == doctest::Approx(want[i][j]).epsilon(1e-12));
}
void check_vector(const std::vector<double>& got, const std::vector<double>& want, double tolerance) {
  REQUIRE(got.size() == want.size());
  for (std::size_t i = 0; i < want.size(); ++i) CHECK(std::fabs(got[i] - want[i]) <= tolerance);
}
}  // namespace

TEST_CASE("the paw graph: Metropolis-Hastings weights") {
  const Mixing w = metropolis(4, kPaw);
  const double t = 1.0 / 3, f = 5.0 / 12;
  check_rows(w, {{f, t, .25, 0}, {t, f, .25, 0}, {.25, .25, .25, .25}, {0, 0, .25, .75}});
  check_vector(mix(w, {1, 2, 3, 6}), {1.8333333333333333, 1.9166666666666667, 3, 5.25}, 1e-12);
  CHECK(is_symmetric(w));
  CHECK(is_doubly_stochastic(w));
  const auto s = spectrum(w);
  CHECK(std::fabs(s.gap() - 0.25) < 1e-12);
  CHECK(std::fabs(*s.gap_eig - 0.25) < 1e-12);
}

TEST_CASE("the paw graph: maximum degree and uniform neighbour") {
  CHECK(std::fabs(spectrum(max_degree(4, kPaw)).gap() - 0.25) < 1e-12);
  CHECK(weight(max_degree(4, kPaw), 0, 0) == doctest::Approx(0.5).epsilon(1e-12));      // tells it from Metropolis-Hastings

  const Mixing u = uniform_neighbour(4, kPaw);
  CHECK_FALSE(is_doubly_stochastic(u));
  std::vector<double> columns(4);
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < 4; ++j) columns[j] += weight(u, i, j);
  check_vector(columns, {11. / 12, 11. / 12, 17. / 12, .75}, 1e-12);
  const auto limit = limit_weights(u);
  REQUIRE(limit.has_value());
  check_vector(*limit, {.25, .25, 1. / 3, 1. / 6}, 1e-12);
  // The limit is the degree-weighted mean: 2.75 for [1 2 3 6], while the plain mean is 3.
  std::vector<double> x = {1, 2, 3, 6};
  for (int t = 0; t < 200; ++t) x = mix(u, x);
  check_vector(x, {2.75, 2.75, 2.75, 2.75}, 1e-9);
}

TEST_CASE("the ring of four, three steps") {
  const Mixing w = matrix("ring", 4);
  auto x = mix(w, {4, 0, 0, 0});
  check_vector(x, {4. / 3, 4. / 3, 0, 4. / 3}, 1e-12);
  x = mix(w, x);
  check_vector(x, {4. / 3, 8. / 9, 8. / 9, 8. / 9}, 1e-12);
  x = mix(w, mix(w, x));
  check_vector(x, {28. / 27, 80. / 81, 80. / 81, 80. / 81}, 1e-12);
}

TEST_CASE("lazy weights are half way to the identity") {
  const Mixing w = lazy(metropolis(4, kPaw));
  CHECK(weight(w, 0, 1) == doctest::Approx(1.0 / 6).epsilon(1e-12));
  CHECK(weight(w, 3, 3) == doctest::Approx(0.875).epsilon(1e-12));
  CHECK(std::fabs(spectrum(w).gap() - 0.125) < 1e-12);
}

TEST_CASE("an isolated node keeps its own, and receivers are the transposed pattern") {
  const Mixing w = metropolis(3, {{0, 1}});
  CHECK(weight(w, 2, 2) == 1.0);
  const Mixing pull = mean_of_senders({{2}, {2}, {}});
  CHECK(pull.receivers[2] == std::vector<NodeId>{0, 1});
  CHECK(pull.receivers[0].empty());
}

TEST_CASE("every entry of the exact mean is the same double") {
  const Mixing w = exact_mean(7);
  for (const auto& row : w.rows)
    for (const auto& entry : row) CHECK(entry.second == 1.0 / 7);
}
