// Lying nodes: who lies, what they send, and what the receivers do about it.
#include "train_support.h"

#include <cmath>

#include "base/log.h"

namespace dml {
namespace {

// Five nodes that all see the target 1 and start at 0: without liars every node is at 1 - 0.5^t after t rounds.
Setup agreeing(std::uint64_t rounds) {
  auto setup = test::setup_of("quadratic:targets=1,1,1,1,1", nullptr, 5, rounds);
  setup.batch = 1;
  setup.lr = 0.5;
  return setup;
}

struct Warnings {
  Warnings() {
    set_log_sink([this](Level level, const std::string& line) {
      std::lock_guard lock(mutex);
      if (level == Level::warning) lines.push_back(line);
    });
  }
  ~Warnings() { set_log_sink({}); }
  std::mutex mutex;
  std::vector<std::string> lines;
};

}  // namespace

TEST_CASE("the last nodes send their model with its sign flipped, in every exchange and at the end") {
  auto setup = agreeing(1);
  setup.attack = parse_chain("sign-flip:scale=3");
  setup.byzantine = 1;
  const auto outcome = test::run("dsgd topology=complete", setup);
  // Everybody steps to 0.5; node 4 sends -1.5: the mean is (4 * 0.5 - 1.5) / 5 = 0.1.
  CHECK(outcome.at(0)[0] == doctest::Approx(0.1).epsilon(1e-14));
  // It combines its own honest model, 5 * 0.5 / 5, and writes -3 times that.
  CHECK(outcome.at(4)[0] == doctest::Approx(-1.5).epsilon(1e-14));
}

TEST_CASE("a robust rule takes the place of the weighted mean") {
  auto setup = agreeing(6);
  setup.attack = parse_chain("sign-flip:scale=3");
  setup.byzantine = 1;
  const double honest = 1 - std::pow(0.5, 6);
  setup.aggregator = parse_chain("trimmed-mean:byzantine=1");
  CHECK(test::run("dsgd topology=complete", setup).at(0)[0] == doctest::Approx(honest).epsilon(1e-12));
  setup.aggregator = parse_chain("mean");
  CHECK(test::run("dsgd topology=complete", setup).at(0)[0] < 0.5 * honest);
  setup.aggregator = parse_chain("trimmed-mean:byzantine=3");
  try {
    test::run("dsgd topology=complete", setup);
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::method);
  }
}

TEST_CASE("federated: a liar's update is flipped") {
  auto setup = agreeing(1);
  setup.attack = parse_chain("sign-flip");
  setup.byzantine = 2;
  CHECK(to_doubles(test::run("fedavg", setup).models[5].tensors[0])[0] == doctest::Approx(0.1).epsilon(1e-14));
  setup.aggregator = parse_chain("trimmed-mean:byzantine=2");
  CHECK(to_doubles(test::run("fedavg", setup).models[5].tensors[0])[0] == doctest::Approx(0.5).epsilon(1e-14));
}

TEST_CASE("a message that is not finite is dropped, named, and its weight stays at home") {
  auto setup = agreeing(1);
  setup.byzantine = 1;
  for (const std::string attack : {"constant:value=nan", "constant:value=inf"}) {
    CAPTURE(attack);
    setup.attack = parse_chain(attack);
    Warnings warnings;
    CHECK(test::run("dsgd topology=complete", setup).at(0)[0] == doctest::Approx(0.5).epsilon(1e-14));
    REQUIRE(warnings.lines.size() == 4);
    std::sort(warnings.lines.begin(), warnings.lines.end());
    CHECK(warnings.lines[0] == "node 0 drops the model of node 4 in round 0: it is not finite");
  }
  Warnings warnings;
  setup.aggregator = parse_chain("mean");
  CHECK(test::run("dsgd topology=complete", setup).at(0)[0] == doctest::Approx(0.5).epsilon(1e-14));
  CHECK(warnings.lines.size() == 4);
}

TEST_CASE("random attacks are keyed by node and round, not by chance") {
  auto setup = agreeing(3);
  setup.attack = parse_chain("gaussian:sigma=2");
  setup.byzantine = 1;
  const auto once = test::run("dsgd", setup);
  CHECK(test::same_bits(once, test::run("dsgd", setup)));
  setup.attack = parse_chain("gaussian:sigma=1");
  CHECK_FALSE(test::same_bits(once, test::run("dsgd", setup)));
}

TEST_CASE("a run that diverges says who and when") {
  auto setup = test::setup_of("quadratic:targets=1,2,curvature=4", nullptr, 2, 5000);
  setup.lr = 1;
  for (const std::string program : {"dsgd topology=complete", "dsgd topology=isolated", "dsgd variant=cta topology=complete", "fedavg"}) {
    CAPTURE(program);
    try {
      test::run(program, setup);
      FAIL("no error");
    } catch (const Error& error) {
      CHECK(error.fault() == Fault::method);
      CHECK(std::string(error.what()).find("diverged in round") != std::string::npos);
    }
  }
}

TEST_CASE("settings that make no sense together are refused") {
  auto setup = agreeing(1);
  setup.byzantine = 1;
  CHECK_THROWS_AS(finish_setup(setup), Error);             // no attack
  setup.attack = parse_chain("sign-flip");
  setup.byzantine = 0;
  CHECK_THROWS_AS(finish_setup(setup), Error);
  setup.byzantine = 5;
  CHECK_THROWS_AS(finish_setup(setup), Error);             // nobody honest
  setup.byzantine = 1;
  CHECK_NOTHROW(finish_setup(setup));
  setup.solver = parse_chain("sgd+sgd");
  CHECK_THROWS_WITH_AS(test::run("dsgd", setup), "rate 'sgd' is unknown", Error);
  CHECK_THROWS_AS(finish_setup(test::setup_of("quadratic:targets=1,2", nullptr, 3, 1)), Error);   // fewer terms than nodes
}

}  // namespace dml
