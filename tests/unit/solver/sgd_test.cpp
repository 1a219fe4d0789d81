#include "train_support.h"

namespace dml {

TEST_CASE("sgd: one step in closed form, with and without decay") {
  const auto problem = test::objective("quadratic:targets=4,curvature=2,start=1");
  const auto& oracle = dynamic_cast<const GradientOracle&>(*problem);
  const std::vector<std::uint32_t> batch{0};
  Rng rng("init", 0);
  auto x = problem->initial(rng);
  const auto plain = test::families().get<Solver>().make("sgd");
  CHECK(plain->step(x, oracle, batch, 0.25) == 9.0);       // loss before the step: (2 / 2) (1 - 4)^2
  CHECK(x.item<double>() == 1 + 0.25 * 6);
  x = problem->initial(rng);
  test::families().get<Solver>().make("sgd:weight-decay=0.5")->step(x, oracle, batch, 0.25);
  CHECK(x.item<double>() == 1 - 0.25 * (-6 + 0.5));
  CHECK_THROWS_AS(test::families().get<Solver>().make("sgd:weight-decay=-1"), Error);
}

TEST_CASE("sgd: the gradient's buffer fits vectors of different length and type") {
  const auto solver = test::families().get<Solver>().make("sgd");
  const auto data = test::clouds();
  const std::vector<std::uint32_t> batch{0, 1, 2};
  for (const auto* component : {"mlp:hidden=3", "mlp:hidden=5,dtype=f64", "mlp:hidden=3"}) {
    const auto problem = test::objective(component, data);
    Rng rng("init", 0);
    const auto before = problem->initial(rng);
    auto x = before.clone();
    Vec g = torch::empty_like(x);
    const auto& oracle = dynamic_cast<const GradientOracle&>(*problem);
    oracle.gradient(x, batch, g);
    solver->step(x, oracle, batch, 0.1);
    CHECK((before - 0.1 * g - x).abs().max().item<double>() < 1e-7);
    CHECK(g.abs().max().item<double>() > 0);
  }
}

}  // namespace dml
