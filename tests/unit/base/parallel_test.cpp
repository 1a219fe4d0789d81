#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

#include "base/parallel.h"

using namespace dml;

TEST_CASE("parallel_for runs every index once, nested calls in place, and reports the first failure") {
  for (const int count : {1, 2, 4}) {
    set_threads(count);
    std::vector<std::atomic<int>> hits(1000);
    parallel_for(hits.size(), [&](std::size_t i) {
      CHECK(worker_index() < threads());
      parallel_for(2, [&](std::size_t) { hits[i] += 1; });
    });
    bool all = true;
    for (const auto& hit : hits) all = all && hit == 2;
    CHECK(all);
    std::string what;
    try {
      parallel_for(100, [](std::size_t i) {
        if (i == 7 || i == 80) throw std::runtime_error(std::to_string(i));
      });
    } catch (const std::runtime_error& error) {
      what = error.what();
    }
    CHECK(what == "7");
  }
  set_threads(2);
}
