// Rule 'random' (card single-merge): exact checks 2 and 5, one-sided pull against pairs, keyed choices, base graphs, clamping.
#include <doctest/doctest.h>

#include "topology/mixing.h"
#include "topology_helpers.h"

using namespace dml;
using namespace dml::test;

namespace {
bool same(const Mixing& a, const Mixing& b) { return a == b; }

// Exact check 2: quadratics with equal Hessians h = 2 and minima b, step eta = 0.1 from 0, then mixing; mean after three rounds.
double mean_after_three(const Topology& graph, double peers, std::uint64_t first_round = 0) {
  const std::vector<double> b = {0, 4, -2, 6};
  std::vector<double> x(4);
  for (std::uint64_t t = 0; t < 3; ++t) {
    for (std::size_t i = 0; i < 4; ++i) x[i] -= 0.1 * 2 * (x[i] - b[i]);
    x = mix(*graph.at(first_round + t, peers), x);
  }
  return (x[0] + x[1] + x[2] + x[3]) / 4;
}
}  // namespace

TEST_CASE("identical quadratics: any doubly stochastic mixing keeps the mean of centralised descent") {
  for (const char* rule : {"ring", "complete", "random:pair=true", "exponential", "one-peer-exponential", "left", "isolated", "star"}) {
    CAPTURE(rule);
    for (std::uint64_t seed = 0; seed < 5; ++seed) CHECK(std::fabs(mean_after_three(*topology(rule, 4, seed), 1) - 0.976) < 1e-12);
  }
}

TEST_CASE("identical quadratics: one-sided pull breaks that equality, yet keeps it in expectation") {
  int broken = 0;
  double sum = 0;
  constexpr int kDraws = 4000;
  const auto graph = topology("random", 4, 9);
  for (int draw = 0; draw < kDraws; ++draw) {
    const double mean = mean_after_three(*graph, 1, static_cast<std::uint64_t>(3 * draw));
    broken += std::fabs(mean - 0.976) > 1e-6;
    sum += mean;
  }
  CHECK(broken > kDraws / 2);
  CHECK(std::fabs(sum / kDraws - 0.976) < 0.03);
}

TEST_CASE("as many peers as there are others is the exact mean") {
  for (const char* rule : {"random", "random:pair=true", "random:base=ring", "ring", "isolated", "one-peer-exponential"}) {
    CAPTURE(rule);
    const auto graph = topology(rule, 16);
    const auto w = graph->at(3, 15);
    for (std::size_t i = 0; i < 16; ++i)
      for (std::size_t j = 0; j < 16; ++j) CHECK(std::fabs(weight(*w, i, j) - 1.0 / 16) < 1e-15);
    CHECK_FALSE(same(*w, *graph->at(3, 1)));
  }
}

TEST_CASE("no peers is the identity, to the bit") {
  for (const char* rule : {"random", "random:pair=true"}) {
    const auto w = topology(rule, 5)->at(7, 0);
    for (std::size_t i = 0; i < 5; ++i) {
      REQUIRE(w->row(i).size() == 1);
      CHECK(w->row(i)[0] == std::pair<NodeId, double>(static_cast<NodeId>(i), 1.0));
    }
  }
}

TEST_CASE("a fractional number of peers is met on average, each peer is equally likely") {
  const auto graph = topology("random", 8, 3);
  std::vector<int> chosen(8);
  int rows_of_three = 0;
  constexpr int kRounds = 4000;
  for (std::uint64_t t = 0; t < kRounds; ++t) {
    const auto w = graph->at(t, 2.25);
    const auto row = w->row(5);
    REQUIRE((row.size() == 3 || row.size() == 4));
    rows_of_three += row.size() == 4;
    for (const auto& [j, value] : row) {
      CHECK(value == 1.0 / static_cast<double>(row.size()));
      ++chosen[j];
    }
  }
  CHECK(chosen[5] == kRounds);
  CHECK(std::fabs(rows_of_three / double(kRounds) - 0.25) < 4 * std::sqrt(.25 * .75 / kRounds));
  for (std::size_t j = 0; j < 8; ++j)
    if (j != 5) CHECK(std::fabs(chosen[j] / double(kRounds) - 2.25 / 7) < 4 * std::sqrt(.33 * .67 / kRounds));
}

TEST_CASE("choices follow seed and round, not the object or the order of calls") {
  const auto a = topology("random", 12, 4), b = topology("random", 12, 4), c = topology("random", 12, 5);
  CHECK(same(*a->at(9, 1), *b->at(9, 1)));
  for (std::uint64_t t = 0; t < 9; ++t) a->at(t, 1);
  CHECK(same(*a->at(9, 1), *b->at(9, 1)));
  CHECK_FALSE(same(*a->at(9, 1), *a->at(10, 1)));
  CHECK_FALSE(same(*a->at(9, 1), *c->at(9, 1)));
  CHECK_FALSE(same(*a->at(9, 1), *a->at(9 + (std::uint64_t{1} << 32), 1)));      // all 64 bits of the round count
  CHECK(a->at(9, 1) == a->at(9, 1));                                             // built once for all simulated nodes
}

TEST_CASE("pairs: both ways, one node left out of an odd number") {
  const auto graph = topology("random:pair=true", 7, 2);
  for (std::uint64_t t = 0; t < 50; ++t) {
    const auto w = graph->at(t, 1);
    CHECK(is_symmetric(*w));
    CHECK(is_doubly_stochastic(*w));
    int alone = 0;
    for (std::size_t i = 0; i < 7; ++i) alone += w->row(i).size() == 1;
    CHECK(alone == 1);
  }
  int active = 0;
  for (std::uint64_t t = 0; t < 3000; ++t) active += graph->at(t, 0.2)->row(0).size() == 2;
  CHECK(std::fabs(active / 3000.0 - 0.2 * 6 / 7) < 0.03);
}

TEST_CASE("base: peers come from the neighbours only") {
  const auto graph = topology("random:base=torus:rows=3", 12, 2);
  const auto torus = matrix("torus:rows=3", 12);
  for (std::uint64_t t = 0; t < 30; ++t)
    for (std::size_t i = 0; i < 12; ++i)
      for (const auto& entry : graph->at(t, 2)->row(i)) CHECK(weight(torus, i, entry.first) > 0);
  CHECK(graph->at(0, 6)->row(0).size() == 5);             // more than there are neighbours: all of them
  CHECK(error_of([] { topology("random:base=random", 4); }).fault() == Fault::usage);
  CHECK(error_of([] { topology("random:base=ring,pair=true", 4); }).fault() == Fault::usage);
}

TEST_CASE("the option peers counts only where no schedule speaks") {
  const auto few = topology("random:peers=0", 9), many = topology("random:peers=3", 9);
  CHECK(few->at(1, -1)->row(2).size() == 1);
  CHECK(many->at(1, -1)->row(2).size() == 4);
  CHECK(same(*few->at(1, 2), *many->at(1, 2)));
}

TEST_CASE("too many peers are clamped with one warning") {
  Warnings warnings;
  const auto graph = topology("random", 4);
  CHECK(graph->at(0, 3)->row(0).size() == 4);
  CHECK(warnings.lines.empty());
  CHECK(graph->at(1, 7)->row(0).size() == 4);
  graph->at(2, 7);
  REQUIRE(warnings.lines.size() == 1);
  CHECK(warnings.lines[0].find("clamped") != std::string::npos);
}
