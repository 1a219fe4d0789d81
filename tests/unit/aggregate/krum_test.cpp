#include <doctest/doctest.h>

#include <functional>

#include "aggregate/neighbours.h"
#include "math/reduce.h"
#include "unit/aggregate/rule_samples.h"

using namespace dml;
using namespace dml::samples;

namespace {

std::vector<double> scores(std::size_t nearest) {
  std::vector<const double*> rows;
  for (const auto& row : kSkewed) rows.push_back(row.data());
  return neighbour_scores(squared_distances(rows, 2), rows.size(), nearest);
}

void refused(const std::function<void()>& call, const std::string& message) {
  try {
    call();
    FAIL("not refused");
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::method);
    CHECK(std::string(error.what()) == message);
  }
}

}  // namespace

TEST_CASE("scores of both conventions") {
  CHECK(scores(4) == std::vector<double>{20, 17, 16, 17, 26, 810, 660});
  CHECK(scores(3) == std::vector<double>{10, 8, 11, 12, 16, 566, 475});
  CHECK(least({5, 3, 3, 9}) == 1);
}

TEST_CASE_TEMPLATE("Krum of skewed points and of ByzFL's example", T, float, double) {
  CHECK(combine<T>("krum:byzantine=2", kSkewed) == std::vector<double>{0, 2});
  CHECK(combine<T>("krum:byzantine=2,neighbours=blanchard", kSkewed) == std::vector<double>{1, 0});
  CHECK(combine<T>("krum:byzantine=1", kByzfl) == std::vector<double>{1, 2, 3});
  CHECK(combine<T>("krum:byzantine=0", {{7, 8}}) == std::vector<double>{7, 8});
}

TEST_CASE_TEMPLATE("ties go to the smaller index", T, float, double) {
  CHECK(combine<T>("krum:byzantine=0", {{2}, {1}}) == std::vector<double>{2});
  CHECK(combine<T>("krum:byzantine=1", {{5}, {1}, {5}, {1}}) == std::vector<double>{5});
}

TEST_CASE_TEMPLATE("near-equal models far from zero are told apart", T, float, double) {
  // The middle one; by |x|^2 + |y|^2 - 2xy in the element type all distances would be 0 and the first would win.
  const double base = sizeof(T) == 4 ? 4096 : 1e9, step = sizeof(T) == 4 ? 1.0 / 2048 : 1e-6;
  CHECK(combine<T>("krum:byzantine=0", {{base}, {base + 3 * step}, {base + step}})[0] == static_cast<T>(base + step));
}

TEST_CASE("Krum ignores weights and lowers f by what was dropped") {
  AggregationContext context;
  context.weights = {0, 0, 0, 0, 0, 0, 1e6};
  CHECK(combine<double>("krum:byzantine=2", kSkewed, context) == std::vector<double>{0, 2});
  const Matrix points{{0}, {3}, {4}, {4.5}, {9}};
  context = {};
  context.dropped = 1;
  CHECK(combine<double>("krum:byzantine=2", points, context) == combine<double>("krum:byzantine=1", points));
}

TEST_CASE("too few inputs: refused with the numbers") {
  const Matrix six{{1}, {2}, {3}, {4}, {5}, {6}};
  refused([&] { combine<double>("krum:byzantine=3", six); }, "krum needs more than 2f inputs: 6 with byzantine = 3");
  refused([&] { combine<double>("krum:byzantine=2,neighbours=blanchard", six); },
          "krum with neighbours = blanchard needs at least 2f + 3 inputs: 6 with byzantine = 2");
  CHECK_THROWS_AS(rules().make("krum:byzantine=1,neighbours=byzfi"), Error);
}
