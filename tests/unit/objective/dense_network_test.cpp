// Hand-written gradients against LibTorch's autograd, and what the network says of itself.
#include "train_support.h"

#include <cmath>
#include <numeric>

namespace dml {
namespace {

// The same network written with autograd.
torch::Tensor reference_loss(const Objective& objective, const torch::Tensor& x, const Dataset& data, const std::vector<std::uint32_t>& batch, bool test = false) {
  const auto& samples = test ? data.test : data.train;
  std::vector<std::int64_t> rows(batch.begin(), batch.end());
  const auto index = torch::tensor(rows);
  auto h = samples_tensor(samples).index_select(0, index).to(x.scalar_type());
  const auto labels = torch::tensor(samples.y).index_select(0, index).to(torch::kInt64);
  const std::size_t layers = objective.layout().size() / 2;
  for (std::size_t l = 0; l < layers; ++l) {
    torch::Tensor w, b;
    for (const auto& spec : objective.layout()) {
      if (spec.name == "layer." + std::to_string(l) + ".weight") w = x.narrow(0, spec.offset, spec.size).view(spec.shape);
      if (spec.name == "layer." + std::to_string(l) + ".bias") b = x.narrow(0, spec.offset, spec.size);
    }
    h = torch::linear(h, w, b);
    if (l + 1 < layers) h = torch::relu(h);
  }
  return torch::nn::functional::cross_entropy(h, labels);
}

torch::Tensor random_point(const Objective& objective) {
  Rng rng("point", 5);
  auto x = torch::empty({objective.dim()}, torch::kFloat64);
  for (std::int64_t i = 0; i < objective.dim(); ++i) x.data_ptr<double>()[i] = rng.uniform(-0.7, 0.7);
  return x.to(objective.dtype());
}

void check_gradient(const std::string& component, std::size_t features, double tolerance) {
  CAPTURE(component);
  const auto data = test::clouds(features);
  const auto problem = test::objective(component, data);
  const auto x = random_point(*problem);
  const std::vector<std::uint32_t> batch{3, 17, 88, 3, 41, 60, 9};     // one sample twice
  auto want_x = x.clone().set_requires_grad(true);
  const auto want = reference_loss(*problem, want_x, *data, batch);
  want.backward();
  Vec got = torch::full_like(x, 123);
  const double loss = dynamic_cast<const GradientOracle&>(*problem).gradient(x, batch, got);
  CHECK(std::fabs(loss - want.item<double>()) <= tolerance);
  CHECK((got - want_x.grad()).abs().max().item<double>() <= tolerance);
  CHECK(want_x.grad().abs().max().item<double>() > 0.01);
  CHECK(std::fabs(dynamic_cast<const ValueOracle&>(*problem).value(x, batch) - loss) <= tolerance);
}

}  // namespace

TEST_CASE("gradients by hand equal autograd") {
  check_gradient("softmax:dtype=f64", 5, 1e-12);
  check_gradient("mlp:hidden=6,dtype=f64", 5, 1e-12);
  check_gradient("mlp:hidden=7,5,dtype=f64", 9, 1e-12);
  check_gradient("softmax", 5, 1e-6);
  check_gradient("mlp:hidden=6", 5, 1e-6);
  check_gradient("mlp:hidden=33,17", 21, 1e-6);
}

TEST_CASE("a batch of another size uses other buffers") {
  const auto data = test::clouds();
  const auto problem = test::objective("mlp:hidden=4,dtype=f64", data);
  const auto x = random_point(*problem);
  const auto& oracle = dynamic_cast<const GradientOracle&>(*problem);
  Vec one = torch::empty_like(x), two = torch::empty_like(x), both = torch::empty_like(x);
  oracle.gradient(x, std::vector<std::uint32_t>{4}, one);
  oracle.gradient(x, std::vector<std::uint32_t>{50}, two);
  oracle.gradient(x, std::vector<std::uint32_t>{4, 50}, both);
  CHECK(((one + two) / 2 - both).abs().max().item<double>() < 1e-15);
}

TEST_CASE("parameters are named, sorted and start within 1/sqrt(fan in)") {
  const auto problem = test::objective("mlp:hidden=16", test::clouds(4));
  std::vector<std::string> names;
  std::int64_t end = 0;
  for (const auto& spec : problem->layout()) {
    names.push_back(spec.name);
    CHECK(spec.offset == end);
    end += spec.size;
  }
  CHECK(end == problem->dim());
  CHECK(problem->dim() == 4 * 16 + 16 + 16 * 3 + 3);
  CHECK(names == std::vector<std::string>{"layer.0.bias", "layer.0.weight", "layer.1.bias", "layer.1.weight"});
  Rng rng("init", 1);
  const auto x = problem->initial(rng);
  const auto part = [&](std::size_t i) { return x.narrow(0, problem->layout()[i].offset, problem->layout()[i].size).abs().max().item<double>(); };
  for (const std::size_t i : {0u, 1u}) {
    CHECK(part(i) <= 0.5);                                 // fan in 4
    CHECK(part(i) > 0.3);
  }
  for (const std::size_t i : {2u, 3u}) CHECK(part(i) <= 0.25);   // fan in 16
  CHECK(part(2) > 0);
}

TEST_CASE("twelve layers sort by name, not by number") {
  const auto problem = test::objective("mlp:hidden=3,3,3,3,3,3,3,3,3,3,3,dtype=f64", test::clouds());
  CHECK(problem->layout()[4].name == "layer.10.bias");
  const auto data = test::clouds();
  const auto x = random_point(*problem);
  std::vector<std::uint32_t> batch{1, 2, 3};
  CHECK(dynamic_cast<const ValueOracle&>(*problem).value(x, batch) == doctest::Approx(reference_loss(*problem, x, *data, batch).item<double>()).epsilon(1e-12));
}

TEST_CASE("scores are over the whole set, logits agree with them") {
  const auto data = test::clouds();
  const auto problem = test::objective("mlp:hidden=5,dtype=f64", data);
  const auto x = random_point(*problem);
  std::vector<std::uint32_t> all(data->test.count);
  std::iota(all.begin(), all.end(), 0u);
  const auto score = problem->score(x, true);
  CHECK(score.loss == doctest::Approx(reference_loss(*problem, x, *data, all, true).item<double>()).epsilon(1e-12));
  const auto logits = dynamic_cast<const LogitsOracle&>(*problem).logits(x, samples_tensor(data->test).to(torch::kFloat64));
  const auto right = logits.argmax(1).eq(torch::tensor(data->test.y)).sum().item<double>();
  CHECK(score.accuracy == right / 30);
  CHECK(problem->score(x, false).loss != score.loss);
  const auto narrow = dynamic_cast<const LogitsOracle&>(*problem).logits(x.to(torch::kBFloat16), samples_tensor(data->test).to(torch::kBFloat16));
  CHECK((narrow.scalar_type() == torch::kBFloat16));
  CHECK((narrow.to(torch::kFloat64) - logits).abs().max().item<double>() < 0.1);
}

TEST_CASE("data that do not fit are refused") {
  auto bad = std::make_shared<Dataset>(*test::clouds());
  bad->train.y[5] = 3;
  CHECK_THROWS_WITH_AS(test::objective("softmax", bad), "dataset 'clouds' has label 3, must be below 3", Error);
  bad->train.y.pop_back();
  CHECK_THROWS_WITH_AS(test::objective("softmax", bad), "dataset 'clouds' has samples without labels", Error);
  CHECK_THROWS_AS(test::objective("mlp:hidden=0", test::clouds()), Error);
  CHECK_THROWS_AS(test::objective("mlp:hidden=2.5", test::clouds()), Error);
  CHECK_THROWS_AS(test::objective("mlp:dtype=f16", test::clouds()), Error);
}

}  // namespace dml
