#include <doctest/doctest.h>

#include "unit/aggregate/rule_samples.h"

using namespace dml;
using namespace dml::samples;

TEST_CASE_TEMPLATE("mean of skewed points and of ByzFL's example", T, float, double) {
  const auto out = combine<T>("mean", kSkewed);
  CHECK(out[0] == static_cast<T>(26.0 / 7));                // 3.7142857143
  CHECK(out[1] == static_cast<T>(4.0 / 7));                 // 0.5714285714
  CHECK(combine<T>("mean", kByzfl) == std::vector<double>{4, 5, 6});
  CHECK(combine<T>("mean", {{3, -1}}) == std::vector<double>{3, -1});
}

TEST_CASE_TEMPLATE("mean counts weights", T, float, double) {
  AggregationContext context;
  context.weights = {1, 0, 3, 0, 0, 0, 4};
  // (0 + 3*0 + 4*12) / 8, (0 + 3*2 + 4*8) / 8
  CHECK(combine<T>("mean", kSkewed, context) == std::vector<double>{6, 4.75});
  context.weights = {2, 2, 2, 2, 2, 2, 2};
  CHECK(combine<T>("mean", kSkewed, context) == combine<T>("mean", kSkewed));
}

TEST_CASE("mean refuses weights that add up to nothing or too much") {
  AggregationContext context;
  context.weights = {0, 0};
  CHECK_THROWS_WITH_AS(combine<float>("mean", {{1}, {2}}, context), "mean: the weights of the inputs add up to 0", Error);
  context.weights = {1.5e308, 1.5e308};
  CHECK_THROWS_AS(combine<float>("mean", {{1}, {2}}, context), Error);
}

TEST_CASE("mean adds in row order and in double") {
  // 2^53 + 1 is a tie that rounds down to 2^53, so the order shows; in float even 2^24 + 1 would vanish.
  CHECK(combine<double>("mean", {{9007199254740992.0}, {1}, {-9007199254740992.0}})[0] == 0.0);
  CHECK(combine<double>("mean", {{9007199254740992.0}, {-9007199254740992.0}, {1}})[0] == 1.0 / 3);
  CHECK(combine<float>("mean", {{16777216.0}, {1}, {-16777216.0}, {0}})[0] == 0.25);
}
