// Card single-merge, schedules and exact check 1.
#include <doctest/doctest.h>

#include "topology_helpers.h"

using namespace dml;
using namespace dml::test;

namespace {
std::unique_ptr<Schedule> schedule(const std::string& text) {
  Registry<Schedule> registry("schedule");
  register_schedules(registry);
  return registry.make(text);
}
std::vector<std::uint64_t> dense(const std::string& text, std::uint64_t rounds, double level) {
  const auto s = schedule(text);
  std::vector<std::uint64_t> out;
  for (std::uint64_t t = 0; t < rounds; ++t) {
    const double r = s->peers(t, rounds);
    if (r == level) out.push_back(t);
    else CHECK(r == 0.2);
  }
  return out;
}
using Rounds = std::vector<std::uint64_t>;
}  // namespace

TEST_CASE("truncate-v2: the window, and the last round of the reference code") {
  CHECK(dense("truncate-v2:start=0.2,end=3,point1=0.5,window=0.1", 20, 3) == Rounds{9, 10});
  CHECK(dense("truncate-v2:start=0.2,end=3,point1=0.5,window=0.1,strict-window=false", 20, 3) == Rounds{9, 10, 19});
  CHECK(dense("truncate-v2:end=3,point1=0.2,window=0.1", 10, 3) == Rounds{1});             // .2 + .1 > .3 in double
  CHECK(dense("truncate-v2:end=3,point1=0.9,window=0.2", 10, 3) == Rounds{8, 9});          // a window that holds the end
}

TEST_CASE("truncate: dense from a point to the end") {
  CHECK(dense("truncate:start=0.2,end=15,point1=0.997", 300, 15) == Rounds{299});
  CHECK(dense("truncate:end=15", 300, 15) == Rounds{299});                                 // the default point
  CHECK(dense("truncate:end=15,point1=0.8", 10, 15) == Rounds{7, 8, 9});
  CHECK(dense("truncate:end=15,point1=1", 3, 15) == Rounds{2});
}

TEST_CASE("dense-rounds: exact windows, no special last round") {
  CHECK(dense("dense-rounds:end=7,from=0,to=2", 6, 7) == Rounds{0, 1});
  CHECK(dense("dense-rounds:end=7,from=4,to=6", 6, 7) == Rounds{4, 5});
  CHECK(error_of([] { schedule("dense-rounds:end=7,from=4,to=4"); }).fault() == Fault::usage);
}

TEST_CASE("fixed, linear, cosine") {
  CHECK(schedule("fixed:start=1.5")->peers(9, 10) == 1.5);
  const auto linear = schedule("linear:start=1,end=5");
  CHECK(linear->peers(0, 4) == 2);
  CHECK(linear->peers(2, 4) == 4);
  CHECK(linear->peers(3, 4) == 5);
  const auto cosine = schedule("cosine:start=4,end=1");
  CHECK(cosine->peers(1, 4) == doctest::Approx(2.5).epsilon(1e-14));                        // half way
  CHECK(cosine->peers(0, 4) == doctest::Approx(1 + 3 * (1 + std::sqrt(0.5)) / 2).epsilon(1e-14));
  CHECK(cosine->peers(3, 4) == 1);
}

TEST_CASE("negative numbers of peers become none, with a warning") {
  Warnings warnings;
  CHECK(schedule("fixed:start=-1")->peers(0, 1) == 0);
  REQUIRE(warnings.lines.size() == 1);
  CHECK(warnings.lines[0].find("fixed:start") != std::string::npos);
}

TEST_CASE("what a schedule cannot do without is asked for") {
  CHECK(std::string(error_of([] { schedule("truncate"); }).what()).find("truncate:end") != std::string::npos);
  CHECK(std::string(error_of([] { schedule("truncate-v2:end=3"); }).what()).find("truncate-v2:point1") != std::string::npos);
}
