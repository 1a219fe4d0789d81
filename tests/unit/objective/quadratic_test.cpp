#include "train_support.h"

namespace dml {

TEST_CASE("quadratic: value and gradient in closed form") {
  const auto problem = test::objective("quadratic:targets=1,5,3,-2,0,7,dim=2,curvature=2,1,4,start=1,-1");
  CHECK(problem->terms() == 3);
  CHECK(problem->dim() == 2);
  Rng rng("init", 0);
  const auto x = problem->initial(rng);
  const std::vector<std::uint32_t> batch{0, 2};
  Vec g = torch::empty_like(x);
  // term 0: h = 2, gap (0, -6); term 2: h = 4, gap (1, -8)
  const double loss = dynamic_cast<const GradientOracle&>(*problem).gradient(x, batch, g);
  CHECK(loss == (0.5 * 2 * 36 + 0.5 * 4 * 65) / 2);
  CHECK(g.data_ptr<double>()[0] == 2.0);
  CHECK(g.data_ptr<double>()[1] == -22.0);
  CHECK(problem->score(x, true).loss == doctest::Approx((36 + 0.5 * (4 + 1) + 130) / 3).epsilon(1e-15));
}

TEST_CASE("quadratic: lists that do not fit are refused") {
  CHECK_THROWS_WITH_AS(test::objective("quadratic:targets=1,2,3,dim=2"), "option 'quadratic:targets' has 3 values, which is no multiple of dim = 2", Error);
  CHECK_THROWS_WITH_AS(test::objective("quadratic:targets=1,2,3,curvature=1,2"), "option 'quadratic:curvature' has 2 values, must have 1 or 3", Error);
  CHECK_THROWS_AS(test::objective("quadratic:start=1,2"), Error);
}

}  // namespace dml
