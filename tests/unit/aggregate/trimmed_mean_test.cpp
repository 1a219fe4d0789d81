#include <doctest/doctest.h>

#include "unit/aggregate/rule_samples.h"

using namespace dml;
using namespace dml::samples;

TEST_CASE_TEMPLATE("trimmed mean of skewed points and of ByzFL's example", T, float, double) {
  const auto out = combine<T>("trimmed-mean:byzantine=2", kSkewed);
  CHECK(out[0] == static_cast<T>(4.0 / 3));                 // 1.3333333333
  CHECK(out[1] == 1);
  CHECK(combine<T>("trimmed-mean:byzantine=1", kByzfl) == std::vector<double>{4, 5, 6});
  CHECK(combine<T>("trimmed-mean:byzantine=3", kSkewed) == combine<T>("median", kSkewed));
}

TEST_CASE_TEMPLATE("without liars it is the mean, bit for bit", T, float, double) {
  const Matrix uneven{{0.1, 1e9}, {0.7, -3.3}, {1e5, 0.011}, {-2.2, 7}};
  CHECK(combine<T>("trimmed-mean:byzantine=0", uneven) == combine<T>("mean", uneven));
  CHECK(combine<T>("trimmed-mean:byzantine=0", {{5}}) == std::vector<double>{5});
}

TEST_CASE("trimmed mean ignores weights and lowers f by what was dropped") {
  AggregationContext context;
  context.weights = {0, 0, 0, 0, 0, 0, 1e6};
  CHECK(combine<double>("trimmed-mean:byzantine=2", kSkewed, context)[1] == 1);
  context.dropped = 1;
  CHECK(combine<double>("trimmed-mean:byzantine=2", kSkewed, context) == combine<double>("trimmed-mean:byzantine=1", kSkewed));
  context.dropped = 5;
  CHECK(combine<double>("trimmed-mean:byzantine=2", kSkewed, context) == combine<double>("mean", kSkewed));
}

TEST_CASE("too many liars: refused with the numbers") {
  try {
    combine<double>("trimmed-mean:byzantine=2", {{1}, {2}, {3}, {4}});
    FAIL("not refused");
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::method);
    CHECK(std::string(error.what()) == "trimmed-mean needs more than 2f inputs: 4 with byzantine = 2");
  }
}

TEST_CASE("byzantine is required, whole and not negative") {
  CHECK_THROWS_WITH_AS(rules().make("trimmed-mean"), "option 'trimmed-mean:byzantine' is required: f, how many inputs may lie", Error);
  for (const char* bad : {"trimmed-mean:byzantine=-1", "trimmed-mean:byzantine=1.5", "trimmed-mean:byzantine=two"})
    try {
      rules().make(bad);
      FAIL(bad);
    } catch (const Error& error) {
      CHECK(error.fault() == Fault::usage);
    }
}
