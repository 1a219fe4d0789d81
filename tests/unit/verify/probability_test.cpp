#include <doctest/doctest.h>

#include <cmath>

#include "verify/probability.h"

using namespace dml;

namespace {
bool near(double got, double want, double relative) { return std::fabs(got - want) <= relative * want; }
}  // namespace

TEST_CASE("exact check 4 of card gen-ai-consensus: a majority of V") {
  CHECK(near(majority_probability(0.98, 3), 0.998816, 1e-9));        // 3 p^2 - 2 p^3
  CHECK(std::fabs(majority_probability(0.98073, 3) - 0.998900) < 5e-7);
  CHECK(near(majority_probability(0.9, 3), 0.972, 1e-12));
  CHECK(near(majority_probability(0.9, 5), 0.99144, 1e-12));
  CHECK(near(majority_probability(0.3, 1), 0.3, 1e-12));
  CHECK(near(majority_probability(0.5, 2001), 0.5, 1e-9));           // symmetric, far beyond the range of C(n, k) as a double
  CHECK(majority_probability(0, 3) == 0);
  CHECK(majority_probability(1, 3) == 1);
}

TEST_CASE("exact check 4: colluders among the drawn") {
  CHECK(near(fraud_probability(100, 10, 3), 4170.0 / 161700, 1e-12));
  CHECK(std::fabs(fraud_probability(100, 10, 3) - 0.025788) < 5e-7);
  CHECK(fraud_probability(100, 1, 3) == 0);
  CHECK(near(fraud_probability(100, 100, 3), 1, 1e-12));
  CHECK(near(fraud_probability(3, 2, 3), 1, 1e-12));                 // all are drawn
  CHECK(fraud_probability(2, 2, 3) == 0);
}

TEST_CASE("exact check 4: random pairs of 64 bits") {
  CHECK(near(random_match_probability(64, 8), 2.7813361e-10, 1e-7));
  CHECK(near(random_match_probability(64, 10), 9.9824911e-9, 1e-7));
  CHECK(near(random_match_probability(64, 64), 1, 1e-12));
  CHECK(near(random_match_probability(1, 0), 0.5, 1e-12));
}
