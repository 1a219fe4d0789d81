// Partitioners on the digits' labels: who holds what.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "data/split.h"
#include "data_helpers.h"

using namespace dml;
using namespace dml::test;

namespace {

// Ten classes of unequal size, 1000 samples in all.
std::vector<std::int32_t> labels() {
  std::vector<std::int32_t> out;
  for (std::int32_t c = 0; c < 10; ++c) out.insert(out.end(), static_cast<std::size_t>(55 + 10 * c), c);
  Rng rng("test-labels", 1);
  rng.shuffle(std::span(out));
  return out;
}
Parts split(const std::string& component, std::size_t nodes, std::uint64_t seed = 1, const std::vector<std::int32_t>& y = labels()) {
  Registry<Partitioner> registry("partition");
  register_partitioners(registry);
  return registry.make(component)->split(y, 10, {nodes, seed});
}
// Mean over the nodes of the share of their most frequent class: 0.1 .. 1.
double skew(const Parts& parts) {
  const auto y = labels();
  double sum = 0;
  for (const auto& part : parts) {
    std::vector<int> count(10);
    for (const auto i : part) ++count[static_cast<std::size_t>(y[i])];
    sum += *std::max_element(count.begin(), count.end()) / static_cast<double>(part.size());
  }
  return sum / static_cast<double>(parts.size());
}

}  // namespace

TEST_CASE("every sample lies with exactly one node, none is empty") {
  for (const char* rule : {"iid", "dirichlet", "dirichlet:alpha=1", "shards", "shards:per-node=3"})
    for (std::size_t nodes : {1, 7, 16}) {
      CAPTURE(rule);
      CAPTURE(nodes);
      const Parts parts = split(rule, nodes);
      REQUIRE(parts.size() == nodes);
      std::vector<int> seen(1000);
      for (const auto& part : parts) {
        CHECK_FALSE(part.empty());
        CHECK(std::is_sorted(part.begin(), part.end()));
        for (const auto i : part) ++seen.at(i);
      }
      CHECK(std::count(seen.begin(), seen.end(), 1) == 1000);
    }
}

TEST_CASE("the same seed gives the same parts, another seed others") {
  for (const char* rule : {"iid", "dirichlet", "dirichlet-node", "shards"}) {
    CAPTURE(rule);
    CHECK(split(rule, 8, 3) == split(rule, 8, 3));
    CHECK(split(rule, 8, 3) != split(rule, 8, 4));
  }
}

TEST_CASE("iid deals evenly") {
  const Parts parts = split("iid", 7);
  for (const auto& part : parts) CHECK((part.size() == 142 || part.size() == 143));
  CHECK(skew(parts) < 0.25);
}

TEST_CASE("dirichlet: alpha moves the skew from one class a node to iid") {
  double low = 0, middle = 0, high = 0;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    low += skew(split("dirichlet:alpha=0.1", 8, seed)) / 5;
    middle += skew(split("dirichlet:alpha=1", 8, seed)) / 5;
    high += skew(split("dirichlet:alpha=100", 8, seed)) / 5;
  }
  CHECK(low > 0.55);
  CHECK(middle < low - 0.15);
  CHECK(high < middle - 0.05);
  CHECK(high < 0.22);
}

TEST_CASE("dirichlet: nodes that cannot all be served are an error, not an endless loop") {
  const auto error = fault_of([] { split("dirichlet:alpha=0.001", 500); });
  CHECK(error.fault() == Fault::usage);
  CHECK(says(error, "alpha=0.001"));
  CHECK(fault_of([] { split("iid", 1001); }).fault() == Fault::usage);
  CHECK(fault_of([] { split("shards:per-node=2", 501); }).fault() == Fault::usage);
  CHECK(fault_of([] { split("iid", 0); }).fault() == Fault::usage);
  CHECK(fault_of([] { split("dirichlet:alpha=0", 4); }).fault() == Fault::usage);
  CHECK(fault_of([] { split("dirichlet", 1, 1, {0, 10}); }).fault() == Fault::input);
}

TEST_CASE("dirichlet shares have the right mean and spread") {
  Rng rng("test-dirichlet", 3);
  constexpr int kDraws = 20'000;
  double mean = 0, square = 0;
  for (int i = 0; i < kDraws; ++i) {
    const auto p = dirichlet(rng, 4, 0.5);
    CHECK(std::fabs(std::accumulate(p.begin(), p.end(), 0.0) - 1) < 1e-12);
    mean += p[2] / kDraws;
    square += p[2] * p[2] / kDraws;
  }
  CHECK(std::fabs(mean - 0.25) < 0.01);
  CHECK(std::fabs(square - mean * mean - 0.25 * 0.75 / 3) < 0.005);              // a_i (a_0 - a_i) / (a_0^2 (a_0 + 1)), a_0 = 2
  const auto corner = dirichlet(rng, 3, 1e-9);                                   // all gammas underflow
  CHECK(*std::max_element(corner.begin(), corner.end()) == 1);
}

TEST_CASE("dirichlet-node: equal numbers, distinct within a node, overlapping between nodes") {
  const Parts parts = split("dirichlet-node:samples=200", 8);
  std::vector<int> seen(1000);
  for (const auto& part : parts) {
    CHECK(part.size() == 200);
    CHECK(std::adjacent_find(part.begin(), part.end(), std::greater_equal<>()) == part.end());
    for (const auto i : part) ++seen[i];
  }
  CHECK(*std::max_element(seen.begin(), seen.end()) > 1);
  CHECK(split("dirichlet-node", 8)[3].size() == 125);
  CHECK(split("dirichlet-node:samples=1000", 3)[1].size() == 1000);              // classes run out, all are taken
  CHECK(skew(split("dirichlet-node:alpha=0.1,samples=50", 8)) > skew(split("dirichlet-node:alpha=100,samples=50", 8)) + 0.3);
  CHECK(fault_of([] { split("dirichlet-node:samples=1001", 3); }).fault() == Fault::usage);
}

TEST_CASE("shards: few classes a node, more with more shards") {
  const auto y = labels();
  for (const auto& part : split("shards", 16)) {
    std::vector<int> has(10);
    for (const auto i : part) has[static_cast<std::size_t>(y[i])] = 1;
    CHECK(std::accumulate(has.begin(), has.end(), 0) <= 4);                      // a shard touches at most two classes
    CHECK((part.size() == 62 || part.size() == 63 || part.size() == 64));
  }
  CHECK(skew(split("shards:per-node=1", 10)) > skew(split("shards:per-node=10", 10)) + 0.3);
}
