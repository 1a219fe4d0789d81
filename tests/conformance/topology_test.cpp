// Properties of every topology rule and schedule.
#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

#include "topology/mixing.h"
#include "topology/spectral.h"
#include "unit/topology/topology_helpers.h"

using namespace dml;
using namespace dml::test;

namespace {

// A component of every rule that can be built for 8 nodes.
std::string sample(const EntryInfo& info) {
  static const TextFile file("nodes 8\n0 1\n1 2\n2 3\n3 4\n4 5\n5 6\n6 7\n0 4\n");
  if (info.card.name == "edges") return "edges:file=" + file.path;
  const bool can_fall_apart = std::any_of(info.options.begin(), info.options.end(), [](const auto& o) { return o.name == "connect"; });
  return info.card.name + (can_fall_apart ? ":connect=link" : "");
}

void check_matrix(const Mixing& w, std::size_t nodes) {
  REQUIRE(w.nodes() == nodes);
  for (std::size_t i = 0; i < nodes; ++i) {
    CHECK(std::is_sorted(w.row(i).begin(), w.row(i).end(), [](auto& a, auto& b) { return a.first < b.first; }));
    CHECK(std::fabs(row_sum(w, i) - 1) <= 1e-15);
    int diagonals = 0;
    for (const auto& [j, value] : w.row(i)) {
      REQUIRE(j < nodes);
      CHECK(value > 0);
      diagonals += j == i;
      const auto to = w.receivers(j);
      if (j != i) CHECK(std::binary_search(to.begin(), to.end(), static_cast<NodeId>(i)));
    }
    CHECK(diagonals == 1);
  }
}

}  // namespace

TEST_CASE("every topology rule keeps its promises") {
  for (const auto& info : rules().entries()) {
    CAPTURE(info.card.name);
    const auto graph = topology(sample(info), 8);
    CHECK(graph->time_varying() == info.has(Trait::time_varying));
    for (std::uint64_t t = 0; t < 6; ++t) {
      const auto w = graph->at(t, 1.4);
      check_matrix(*w, 8);
      if (info.has(Trait::doubly_stochastic)) CHECK(is_doubly_stochastic(*w));
    }
    const auto mean = graph->at(2, 7);
    check_matrix(*mean, 8);
    for (std::size_t i = 0; i < 8; ++i)
      for (const auto& entry : mean->row(i)) CHECK(std::fabs(entry.second - 0.125) <= 1e-15);
    if (!graph->time_varying()) CHECK(graph->at(0, -1) == graph->at(5, -1));
    const auto again = topology(sample(info), 8);
    CHECK(*graph->at(3, 1) == *again->at(3, 1));
    CHECK_FALSE(info.card.summary.empty());
    CHECK(info.card.summary.size() < 72);
    CHECK_FALSE(info.card.source.empty());
  }
}

TEST_CASE("matrices of time-varying rules are the same for threads that ask at once") {
  const auto shared = topology("random", 16, 8), alone = topology("random", 16, 8);
  std::vector<std::thread> threads;
  std::vector<int> wrong(4);
  for (int k = 0; k < 4; ++k)
    threads.emplace_back([&, k] {
      for (std::uint64_t t = 0; t < 100; ++t) wrong[static_cast<std::size_t>(k)] += shared->at((t + static_cast<std::uint64_t>(k) * 3) % 100, 2)->nodes() != 16;
    });
  for (auto& thread : threads) thread.join();
  CHECK(std::count(wrong.begin(), wrong.end(), 0) == 4);
  for (std::uint64_t t = 0; t < 100; t += 7) CHECK(*shared->at(t, 2) == *alone->at(t, 2));
}

TEST_CASE("every schedule stays within its ends and reaches the last one") {
  Registry<Schedule> registry("schedule");
  register_schedules(registry);
  for (const auto& info : registry.entries()) {
    CAPTURE(info.card.name);
    Component component{info.card.name, {{"start", "0.2"}}};
    for (const auto& option : info.options) {
      if (option.name == "end") component.settings["end"] = "7";
      if (option.name == "point1" && option.required) component.settings["point1"] = "0.9";
      if (option.name == "from") component.settings["from"] = "18";
      if (option.name == "to") component.settings["to"] = "20";
    }
    const auto schedule = registry.make(component);
    for (std::uint64_t t = 0; t < 20; ++t) {
      CHECK(schedule->peers(t, 20) >= 0.2);
      CHECK(schedule->peers(t, 20) <= 7);
    }
    const bool has_end = component.settings.count("end") != 0;
    const bool last_is_dense = has_end && info.card.name != "truncate-v2";
    CHECK(schedule->peers(19, 20) == (last_is_dense ? 7.0 : 0.2));
    CHECK(info.card.summary.size() < 72);
    CHECK_FALSE(info.card.source.empty());
  }
}
