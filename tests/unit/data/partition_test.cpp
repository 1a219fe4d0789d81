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
Parts split(const std::string& component, std::size_t nodes, std::uint64_t seed = 1, const std::vector<std::int32_t>& y = labels(),
            const std::vector<std::int32_t>* groups = nullptr) {
  Registry<Partitioner> registry("partition");
  register_partitioners(registry);
  const OpenOptions open = formats();
  return registry.make(component)->split(y, 10, {nodes, seed, groups, &open});
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
  for (const char* rule : {"iid", "dirichlet", "dirichlet:alpha=1", "shards", "shards:per-node=3", "quantity", "quantity:alpha=0.1,least=4", "chunks:order=rand",
                           "dirichlet-prior", "dirichlet-prior:alpha=2,least=5"})
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
  for (const char* rule : {"iid", "iid:samples=20", "dirichlet", "dirichlet-node", "shards", "quantity", "chunks:order=rand", "dirichlet-prior"}) {
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

TEST_CASE("iid with samples=N: nodes draw their own and share; there may be more nodes than samples") {
  const Parts parts = split("iid:samples=32", 2000);
  std::vector<int> seen(1000);
  for (const auto& part : parts) {
    CHECK(part.size() == 32);
    CHECK(std::adjacent_find(part.begin(), part.end(), std::greater_equal<>()) == part.end());
    for (const auto i : part) ++seen[i];
  }
  CHECK(*std::min_element(seen.begin(), seen.end()) > 25);                       // 64 on average
  CHECK(split("dirichlet-node:samples=3", 2000)[1999].size() == 3);
  const auto error = fault_of([] { split("iid", 2000); });
  CHECK(error.fault() == Fault::usage);
  CHECK(error.hint() == "iid:samples=N and dirichlet-node:samples=N let nodes share samples");
  CHECK(fault_of([] { split("iid:samples=1001", 2); }).fault() == Fault::usage);
}

TEST_CASE("least: draws are repeated until every node has enough") {
  const auto least = [](const Parts& parts) {
    std::size_t out = 1000;
    for (const auto& part : parts) out = std::min(out, part.size());
    return out;
  };
  std::size_t without = 1000, prior_without = 1000;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    without = std::min(without, least(split("dirichlet:alpha=0.3", 16, seed)));
    prior_without = std::min(prior_without, least(split("dirichlet-prior:alpha=0.1", 16, seed)));
    CHECK(least(split("dirichlet:alpha=0.3,least=12", 16, seed)) >= 12);
    CHECK(least(split("dirichlet-prior:alpha=0.1,least=32", 16, seed)) >= 32);
    CHECK(least(split("quantity:alpha=0.1,least=9", 16, seed)) >= 9);
  }
  CHECK(without < 12);
  CHECK(prior_without < 32);
}

TEST_CASE("quantity: sizes differ with alpha, mixtures of classes do not") {
  const auto spread = [](const std::string& rule) {
    double sum = 0;
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      const Parts parts = split(rule, 10, seed);
      std::size_t most = 0;
      for (const auto& part : parts) most = std::max(most, part.size());
      sum += static_cast<double>(most) / 5;
    }
    return sum;
  };
  CHECK(spread("quantity:alpha=0.1") > 500);
  CHECK(spread("quantity:alpha=1") < 450);
  CHECK(spread("quantity:alpha=1000") < 120);
  CHECK(skew(split("quantity:alpha=1000", 5)) < 0.2);
}

TEST_CASE("dirichlet-prior: alpha moves the skew; classes are cut in order of their scores") {
  double low = 0, high = 0;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    low += skew(split("dirichlet-prior:alpha=0.05", 8, seed)) / 5;
    high += skew(split("dirichlet-prior:alpha=100", 8, seed)) / 5;
  }
  CHECK(low > 0.5);
  CHECK(high < 0.22);
  const Folder folder;
  std::string scores;                                                            // sample i has score 999 - i
  for (int i = 0; i < 1000; ++i) scores += std::to_string(999 - i) + "\n";
  const auto file = folder.write("scores.csv", scores);
  const auto mean = [](const std::vector<std::uint32_t>& part) { return std::accumulate(part.begin(), part.end(), 0.0) / static_cast<double>(part.size()); };
  const Parts easy_first = split("dirichlet-prior:alpha=100,order=inc,scores=" + file, 4), hard_first = split("dirichlet-prior:alpha=100,order=dec,scores=" + file, 4);
  CHECK(mean(easy_first[0]) > mean(easy_first[3]) + 500);
  CHECK(mean(hard_first[0]) < mean(hard_first[3]) - 500);
  const Parts chunks = split("chunks:scores=" + file, 4);
  CHECK(chunks[0].front() == 750);
  CHECK(chunks[3].back() == 249);
  CHECK(split("chunks:order=dec,scores=" + file, 4)[0].front() == 0);
  CHECK(fault_of([] { split("chunks", 4); }).fault() == Fault::usage);
  const auto short_file = folder.write("short.csv", "1\n2\n");
  CHECK(fault_of([&] { split("chunks:scores=" + short_file, 4); }).fault() == Fault::input);
}

TEST_CASE("dirichlet-prior: a class's share follows the nodes' draws") {
  // One class: every node draws q = 1, so the class is cut evenly.
  const std::vector<std::int32_t> one(100, 3);
  for (const auto& part : split("dirichlet-prior:alpha=0.01", 8, 1, one)) CHECK((part.size() == 12 || part.size() == 13));
}

TEST_CASE("natural: samples lie with their source, sources are never torn") {
  const std::vector<std::int32_t> y(12, 0), source{7, 2, 7, 9, 2, 2, 9, 7, 4, 4, 7, 2};
  const Parts four = split("natural", 4, 1, y, &source);
  CHECK(four[0] == std::vector<std::uint32_t>{1, 4, 5, 11});                     // 2, 4, 7, 9 in ascending order
  CHECK(four[1] == std::vector<std::uint32_t>{8, 9});
  CHECK(four[3] == std::vector<std::uint32_t>{3, 6});
  bool other = false;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const Parts three = split("natural", 3, seed, y, &source);
    std::vector<std::size_t> home(10, 99);
    for (std::size_t k = 0; k < 3; ++k)
      for (const auto i : three[k]) {
        auto& at = home[static_cast<std::size_t>(source[i])];
        CHECK((at == 99 || at == k));
        at = k;
      }
    other = other || three != split("natural", 3, 0, y, &source);
  }
  CHECK(other);
  CHECK(fault_of([&] { split("natural", 5, 1, y, &source); }).fault() == Fault::usage);
  CHECK(fault_of([&] { split("natural", 2, 1, y); }).fault() == Fault::usage);
  const Folder folder;
  const auto file = folder.write("source.csv", "1\n1\n0\n1\n1\n1\n1\n1\n1\n1\n1\n0\n");
  CHECK(split("natural:file=" + file, 2, 1, y)[0] == std::vector<std::uint32_t>{2, 11});
  CHECK(fault_of([&] { split("natural:file=" + folder.write("half.csv", "0.5\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n0\n"), 2, 1, y); }).fault() == Fault::input);
}
