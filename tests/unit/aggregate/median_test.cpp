#include <doctest/doctest.h>

#include "unit/aggregate/rule_samples.h"

using namespace dml;
using namespace dml::samples;

TEST_CASE_TEMPLATE("median of skewed points and of ByzFL's example", T, float, double) {
  CHECK(combine<T>("median", kSkewed) == std::vector<double>{1, 1});
  CHECK(combine<T>("median", kByzfl) == std::vector<double>{4, 5, 6});
  CHECK(combine<T>("median", {{3, -1}}) == std::vector<double>{3, -1});
}

TEST_CASE_TEMPLATE("an even number of inputs: the mean of the two middle values", T, float, double) {
  CHECK(combine<T>("median", {{1}, {100}, {2}, {5}})[0] == 3.5);      // the lower one would be 2
  CHECK(combine<T>("median", {{1, 8}, {4, -3}}) == std::vector<double>{2.5, 2.5});
  // In the element type the sum of these two would overflow for float.
  CHECK(combine<float>("median", {{3e38}, {3e38}})[0] == static_cast<double>(3e38f));
}

TEST_CASE("median ignores weights") {
  AggregationContext context;
  context.weights = {0, 0, 0, 0, 0, 0, 1e6};
  CHECK(combine<double>("median", kSkewed, context) == std::vector<double>{1, 1});
}
