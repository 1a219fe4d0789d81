// Momentum, adam, adamw: steps by hand; rates; what a solver remembers survives a checkpoint to the bit.
#include "train_support.h"

#include <cmath>

#include "train/node_state.h"

namespace dml {
namespace {

// f(x) = (x - 4)^2 from x = 1: gradient 2 (x - 4).
struct Bowl {
  std::shared_ptr<const Objective> problem = test::objective("quadratic:targets=4,curvature=2,start=1");
  const GradientOracle& oracle = dynamic_cast<const GradientOracle&>(*problem);
  std::vector<double> path(const std::string& solver, int steps, double lr) {
    const auto made = test::families().get<Solver>().make(solver);
    Rng rng("init", 0);
    auto x = problem->initial(rng).clone();
    std::vector<double> out;
    const std::vector<std::uint32_t> batch{0};
    for (int i = 0; i < steps; ++i) {
      made->step(x, oracle, batch, lr);
      out.push_back(x.item<double>());
    }
    return out;
  }
};

double factor(const std::string& rate, const RateStep& at) { return test::families().get<Rate>().make(rate)->factor(at); }

void check_path(const std::vector<double>& got, const std::vector<double>& want) {
  REQUIRE(got.size() == want.size());
  for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i] == doctest::Approx(want[i]).epsilon(1e-14));
}

}  // namespace

TEST_CASE("momentum: heavy ball, Nesterov and decay by hand") {
  Bowl bowl;
  check_path(bowl.path("momentum:beta=0.5", 3, 0.25), {2.5, 4, 4.75});                     // v = -6, -6, -3
  check_path(bowl.path("momentum:beta=0.5,nesterov=true", 2, 0.25), {3.25, 4.1875});       // steps of -9, -3.75
  check_path(bowl.path("momentum:beta=0.5,weight-decay=0.5", 2, 0.25), {2.375, 3.578125}); // v = -5.5, -4.8125
  check_path(bowl.path("momentum:beta=0", 2, 0.25), bowl.path("sgd", 2, 0.25));
}

TEST_CASE("adam and adamw follow their formulae") {
  Bowl bowl;
  for (const bool decoupled : {false, true}) {
    CAPTURE(decoupled);
    double x = 1, m = 0, v = 0;
    std::vector<double> want;
    for (int t = 1; t <= 4; ++t) {
      double g = 2 * (x - 4);
      if (decoupled) x -= 0.1 * 0.3 * x;
      else g += 0.3 * x;
      m = 0.8 * m + 0.2 * g;
      v = 0.9 * v + 0.1 * g * g;
      x -= 0.1 * (m / (1 - std::pow(0.8, t))) / (std::sqrt(v / (1 - std::pow(0.9, t))) + 0.01);
      want.push_back(x);
    }
    const std::string options = ":beta1=0.8,beta2=0.9,epsilon=0.01,weight-decay=0.3";
    check_path(bowl.path((decoupled ? "adamw" : "adam") + options, 4, 0.1), want);
  }
  CHECK(bowl.path("adam", 1, 0.1)[0] == doctest::Approx(1.1).epsilon(1e-8));               // the first step has length lr
  CHECK(bowl.path("adamw", 1, 0.1)[0] == doctest::Approx(1.1 - 0.1 * 0.01).epsilon(1e-8)); // torch's default decay
  CHECK_THROWS_AS(bowl.path("adam:beta1=1", 1, 0.1), Error);
}

TEST_CASE("rates by hand") {
  const auto at = [](std::uint64_t round, int step = 0, int steps = 1, std::uint64_t rounds = 20) { return RateStep{round, rounds, step, steps}; };
  CHECK(factor("step:every=3,factor=0.5", at(2)) == 1);
  CHECK(factor("step:every=3,factor=0.5", at(3)) == 0.5);
  CHECK(factor("step:every=3", at(6)) == doctest::Approx(0.01).epsilon(1e-15));
  CHECK(factor("cosine", at(0)) == 1);
  CHECK(factor("cosine", at(10)) == doctest::Approx(0.5).epsilon(1e-15));
  CHECK(factor("cosine", at(5)) == doctest::Approx(0.5 + std::sqrt(0.125)).epsilon(1e-14));
  CHECK(factor("cosine:least=0.2", at(20)) == doctest::Approx(0.2).epsilon(1e-15));
  CHECK(factor("cosine:from=4,to=8", at(4)) == 1);
  CHECK(factor("cosine:from=4,to=8", at(5, 2, 2)) == doctest::Approx(0.5).epsilon(1e-15));
  CHECK(factor("cosine:from=4,to=8", at(15)) == doctest::Approx(0).epsilon(1e-15));
  CHECK_THROWS_AS(factor("cosine", at(3, 0, 1, 0)), Error);
  CHECK(factor("cosine:to=6", at(3, 0, 1, 0)) == doctest::Approx(0.5).epsilon(1e-15));
  CHECK(factor("warm-up:rounds=2", at(0, 0, 5)) == doctest::Approx(0.1).epsilon(1e-15));
  CHECK(factor("warm-up:rounds=2", at(1, 4, 5)) == 1);
  CHECK(factor("warm-up:rounds=2", at(7)) == 1);
  CHECK(factor("decay:factor=0.9", at(2)) == doctest::Approx(0.81).epsilon(1e-15));
  CHECK(factor("power:a=1,b=2", at(3, 1, 4)) == 0.25);
  CHECK(factor("power:a=1,b=2,whole=true", at(3, 1, 4)) == doctest::Approx(1.0 / 196).epsilon(1e-15));
}

TEST_CASE("rates multiply the learning rate of the solver behind them") {
  auto setup = test::setup_of("quadratic:targets=4,curvature=2,start=1", nullptr, 1, 4);
  setup.lr = 0.25;
  setup.batch = 1;
  setup.solver = parse_chain("step:every=2,factor=0.5+step:every=3,factor=0.5+sgd");
  const double x = test::run("dsgd topology=isolated", setup).at(0)[0];
  CHECK(x == 4 - 3 * 0.5 * 0.5 * 0.75 * 0.875);            // rates .25 .25 .125 .0625
  setup.solver = parse_chain("step:every=2+nesterov");
  CHECK_THROWS_AS(test::run("dsgd topology=isolated", setup), Error);
  setup.solver = parse_chain("cosine");
  CHECK_THROWS_WITH_AS(test::run("dsgd topology=isolated", setup), "rate 'cosine' needs a solver behind it", Error);
}

TEST_CASE("a worker goes on from its saved state to the same bits") {
  for (const std::string solver : {"sgd", "momentum", "momentum:nesterov=true", "adam", "adamw", "cosine+momentum"}) {
    CAPTURE(solver);
    auto unfinished = test::setup_of("mlp:hidden=5", test::clouds(), 2, 6);
    unfinished.solver = parse_chain(solver);
    unfinished.local_steps = 2;
    const auto setup = finish_setup(std::move(unfinished));
    Worker straight(setup, 1), first(setup, 1), second(setup, 1), fresh(setup, 1);
    Vec x = setup->initial.clone(), y = x.clone();
    for (std::uint64_t round = 0; round < 4; ++round) straight.run(x, round);
    for (std::uint64_t round = 0; round < 2; ++round) first.run(y, round);
    const Record state = training_state(*setup, y, first);
    Vec z = restore_training(*setup, state, second), lost = z.clone();
    for (std::uint64_t round = 2; round < 4; ++round) {
      second.run(z, round);
      fresh.run(lost, round);
    }
    CHECK(torch::equal(x, z));
    CHECK(torch::equal(x, lost) == (solver == "sgd"));     // the memory matters
  }
}

TEST_CASE("a solver refuses the memory of another") {
  const auto& solvers = test::families().get<Solver>();
  const auto like = torch::zeros({3});
  Record wrong{"solver", {}, {make_tensor("velocity", std::vector<float>{1, 2})}, {}};
  CHECK_THROWS_AS(solvers.make("momentum")->load(wrong, like), Error);
  CHECK_THROWS_AS(solvers.make("sgd")->load(wrong, like), Error);
  CHECK_THROWS_AS(solvers.make("adam")->load(wrong, like), Error);
  CHECK_THROWS_AS(solvers.make("adam")->load(Record{"solver", {{"steps", std::uint64_t{2}}, {"power1", 0.5}, {"power2", 0.5}}, {}, {}}, like), Error);
}

}  // namespace dml
