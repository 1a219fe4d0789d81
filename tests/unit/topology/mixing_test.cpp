// Card gossip-topologies, section 6, checks 1 and 2, and the conventions of section 1.
#include <doctest/doctest.h>

#include <numbers>

#include "base/random.h"
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
  CHECK(pull.receivers(2) == std::vector<NodeId>{0, 1});
  CHECK(pull.receivers(0).empty());
}

TEST_CASE("every entry of the exact mean is the same double") {
  const Mixing w = exact_mean(7);
  for (std::size_t i = 0; i < 7; ++i)
    for (const auto& entry : w.row(i)) CHECK(entry.second == 1.0 / 7);
}

TEST_CASE("the exact mean is held as one row, whatever the number of nodes") {
  const Mixing w = exact_mean(30'000);                     // 30,000^2 entries of 16 bytes would be 14 GB
  CHECK(w.same_rows());
  CHECK(w.row(29'999).data() == w.row(0).data());
  CHECK(w.receivers(1).size() == 29'999);
  CHECK(w.receivers(1)[1] == 2);
  CHECK(w.receiver_count(7) == 29'999);
  CHECK(is_symmetric(w));
  CHECK(is_doubly_stochastic(w));
  const auto x = mix(w, std::vector<double>(30'000, 0.7));
  CHECK(x[0] == x[29'999]);
  CHECK(spectrum(w).rho < 1e-12);
  // The same bits as row by row.
  const Mixing small = exact_mean(7);
  std::vector<std::vector<Mixing::Entry>> rows(7, {small.row(0).begin(), small.row(0).end()});
  CHECK(mix(Mixing::from_rows(rows), {1, .1, 7, -3, 1e9, .3, 2}) == mix(small, {1, .1, 7, -3, 1e9, .3, 2}));
  CHECK(mix_transposed(small, {1, 2, 3, 4, 5, 6, 7})[3] == doctest::Approx(4));
}

TEST_CASE("the Metropolis-Hastings walk without the one") {
  const Mixing w = walk(4, kPaw);
  const double h = 1.0 / 2, t = 1.0 / 3;
  check_rows(w, {{1.0 / 6, h, t, 0}, {h, 1.0 / 6, t, 0}, {t, t, 0, t}, {0, 0, t, 2.0 / 3}});
  CHECK(is_doubly_stochastic(w));
  // Bipartite and regular: never mixes, unless lazy.
  const Mixing ring = walk(6, topology("ring", 6)->edges());
  CHECK(std::fabs(spectrum(ring).gap()) < 1e-12);
  CHECK(weight(ring, 0, 0) == 0);
  CHECK(std::fabs(spectrum(lazy(ring)).gap() - 0.25) < 1e-12);          // (1 - cos(2 pi / 6)) / 2
  CHECK(std::fabs(spectrum(walk(5, topology("ring", 5)->edges())).gap() - (1 - std::cos(std::numbers::pi / 5))) < 1e-12);
}

TEST_CASE("data sizes weigh, a node without data counts nothing, a neighbourhood without data keeps its own") {
  const Mixing w = data_size(neighbours(4, kPaw), {30, 0, 10, 60});
  check_rows(w, {{.75, 0, .25, 0}, {.75, 0, .25, 0}, {.3, 0, .1, .6}, {0, 0, 1.0 / 7, 6.0 / 7}});
  CHECK(w.receivers(1).empty());
  CHECK(w.row(1)[1] == Mixing::Entry{1, 0.0});             // the diagonal is there all the same
  const Mixing none = data_size(neighbours(3, {{0, 1}}), {0, 0, 5});
  check_rows(none, {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}});
  for (std::size_t i = 0; i < 50; ++i) {
    Rng rng("test", i);
    std::vector<double> samples(40);
    for (double& n : samples) n = static_cast<double>(rng.below(1000));
    const Mixing random = data_size(neighbours(40, topology("erdos-renyi:p=0.5", 40, i)->edges()), samples);
    for (std::size_t k = 0; k < 40; ++k) CHECK(std::fabs(row_sum(random, k) - 1) <= 1e-15);
  }
}

TEST_CASE("pairwise gossip: two nodes take their mean, and the draws average to the expected matrix") {
  check_rows(expected_pairwise(4, kPaw), {{.75, .125, .125, 0}, {.125, .75, .125, 0}, {.125, .125, .625, .125}, {0, 0, .125, .875}});
  const TextFile paw("0 1\n0 2\n1 2\n2 3\n");
  const auto graph = topology("pairwise:base=" + paw.path, 4, 3);
  std::vector<double> sum(16);
  constexpr int kRounds = 4000;
  for (std::uint64_t t = 0; t < kRounds; ++t) {
    const auto w = graph->at(t, -1);
    std::size_t moved = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      moved += w->row(i).size() == 2;
      for (std::size_t j = 0; j < 4; ++j) sum[4 * i + j] += weight(*w, i, j);
    }
    REQUIRE(moved == 2);
    REQUIRE(is_symmetric(*w));
  }
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < 4; ++j) CHECK(std::fabs(sum[4 * i + j] / kRounds - weight(expected_pairwise(4, kPaw), i, j)) < 0.03);
  CHECK(error_of([] { topology("pairwise:base=exponential", 4); }).fault() == Fault::usage);
  CHECK_FALSE(*topology("pairwise", 9, 1)->at(4, -1) == *topology("pairwise", 9, 2)->at(4, -1));
  CHECK_FALSE(*topology("pairwise", 9, 1)->at(4, -1) == *topology("pairwise", 9, 1)->at(5, -1));
}

TEST_CASE("push weights: columns sum to one, rows do not") {
  // 0 -> {1, 2}, 1 -> {2}, 2 -> {0}
  const Mixing push = push_weights(mean_of_senders({{2}, {0}, {0, 1}}));
  const double t = 1.0 / 3;
  check_rows(push, {{t, 0, .5}, {t, .5, 0}, {t, .5, .5}});
  for (const double sum : mix_transposed(push, {1, 1, 1})) CHECK(std::fabs(sum - 1) < 1e-15);
  CHECK_FALSE(is_doubly_stochastic(push));
  check_rows(transposed(push), {{t, t, t}, {0, .5, .5}, {.5, 0, .5}});
  // Averaging rows with the transposed matrix does not find the mean 3 of [3 6 0].
  std::vector<double> x = {3, 6, 0};
  for (int round = 0; round < 200; ++round) x = mix(transposed(push), x);
  check_vector(x, {7.0 / 3, 7.0 / 3, 7.0 / 3}, 1e-12);
  CHECK(is_doubly_stochastic(push_weights(matrix("exponential", 6))));
}
