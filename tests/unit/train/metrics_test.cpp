// What --metrics says, in lines.
#include "train_support.h"

#include <cmath>

namespace dml {

TEST_CASE("single-merge check 4: the spread of (1,0),(-1,0),(0,2),(0,-2) is 2.5") {
  std::vector<Vec> models;
  for (const auto& [a, b] : {std::pair{1.0, 0.0}, {-1.0, 0.0}, {0.0, 2.0}, {0.0, -2.0}}) models.push_back(torch::tensor({a, b}, torch::kFloat64));
  CHECK(consensus_distance(models) == 2.5);
  CHECK(mean_model(models).abs().max().item<double>() == 0);
  for (auto& model : models) model = (model + 10).to(torch::kFloat32);
  CHECK(consensus_distance(models) == 2.5);
}

TEST_CASE("lines of nodes and of the whole, when due") {
  auto setup = test::setup_of("mlp:hidden=4", test::clouds(), 4, 5);
  setup.eval_every = 2;
  MetricsLog log;
  const auto outcome = test::run("dsgd topology=ring", setup, &log);
  const auto& lines = log.lines();
  REQUIRE(lines.size() == 15);                             // rounds 2, 4, 5; four nodes and the whole
  const auto& last = lines.back();
  CHECK(last.round == 5);
  CHECK(last.node == -1);
  double loss = 0, bytes = 0, best = 0;
  for (std::size_t i = 10; i < 14; ++i) {
    CHECK(lines[i].node == static_cast<std::int64_t>(i - 10));
    const auto score = setup.objective->score(from_record(*setup.objective, outcome.models[i - 10], "m"), true);
    CHECK(test::value(lines[i], "loss") == score.loss);
    CHECK(test::value(lines[i], "accuracy") == score.accuracy);
    loss += score.loss / 4;
    best = std::max(best, score.accuracy);
    bytes += test::value(lines[i], "bytes_model");
  }
  CHECK(test::value(last, "local_loss") == doctest::Approx(loss).epsilon(1e-14));
  CHECK(test::value(last, "best_accuracy") == best);
  CHECK(test::value(last, "bytes_model") == bytes);
  CHECK(bytes == 4 * 2 * 5 * 4.0 * static_cast<double>(setup.objective->dim()));
  CHECK(test::value(last, "margin") == doctest::Approx(loss - test::value(last, "loss")).epsilon(1e-12));
  CHECK(test::value(last, "consensus") > 0);
  std::vector<std::string> names;
  for (const auto& [name, v] : lines[0].values) names.push_back(name);
  CHECK(names == std::vector<std::string>{"loss", "accuracy", "consensus", "bytes_model", "bytes_control", "bytes_framing"});
}

TEST_CASE("liars do not report, and the whole is that of the honest") {
  auto setup = test::setup_of("mlp:hidden=4", test::clouds(), 4, 3);
  setup.attack = parse_chain("sign-flip");
  setup.byzantine = 1;
  MetricsLog log;
  test::run("dsgd topology=complete", setup, &log);
  REQUIRE(log.lines().size() == 4);
  CHECK(log.lines()[2].node == 2);
  CHECK(log.lines()[3].node == -1);
}

TEST_CASE("federated metrics: one line a round, with everything that was sent") {
  auto setup = test::setup_of("mlp:hidden=4", test::clouds(), 4, 3);
  setup.eval_every = 1;
  MetricsLog log;
  const auto outcome = test::run("fedavg", setup, &log);
  REQUIRE(log.lines().size() == 3);
  std::uint64_t model = 0;
  for (const auto& traffic : outcome.result.traffic) model += traffic.model;
  CHECK(test::value(log.lines()[2], "bytes_model") == static_cast<double>(model));
  CHECK(model == 3 * 4 * 2 * 4u * static_cast<std::uint64_t>(setup.objective->dim()));
}

TEST_CASE("metrics do not touch the run") {
  auto setup = test::setup_of("mlp:hidden=4", test::clouds(), 4, 5);
  setup.eval_every = 1;
  MetricsLog log;
  CHECK(test::same_bits(test::run("dsgd", setup, &log), test::run("dsgd", setup)));
}

}  // namespace dml
