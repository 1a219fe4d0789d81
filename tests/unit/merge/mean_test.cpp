#include <doctest/doctest.h>

#include "base/parallel.h"
#include "base/random.h"
#include "merge/merger.h"

using namespace dml;

namespace {
std::unique_ptr<Merger> mean() {
  Registry<Merger> registry("merger");
  register_mergers(registry);
  return registry.make("mean");
}
}  // namespace

TEST_CASE("mean: skewed values with an outlier, by hand") {
  const auto out = mean()->merge({make_tensor<float>("w", {1, 0}), make_tensor<float>("w", {2, 0}), make_tensor<float>("w", {30, 1})});
  CHECK(out.name == "w");
  CHECK(to_doubles(out) == std::vector<double>{11, static_cast<double>(1.0f / 3.0f)});
}

TEST_CASE("mean: rounds once, from a sum in double") {
  // In f32 arithmetic 2^24 + 3 + 3 is 16777224 and the mean 5592408; the sum in double is 16777222.
  const auto out = mean()->merge({make_tensor<float>("w", {16777216.f}), make_tensor<float>("w", {3.f}), make_tensor<float>("w", {3.f})});
  CHECK(to_doubles(out)[0] == 5592407.5);
}

TEST_CASE("mean: every floating dtype, scalars and empty tensors") {
  const std::vector<double> a{1, -2, 0.5}, b{3, 2, 0.25};
  for (const auto dtype : {Dtype::f64, Dtype::f32, Dtype::f16, Dtype::bf16, Dtype::f8_e4m3, Dtype::f8_e5m2}) {
    CAPTURE(to_string(dtype));
    const Tensor x{"x", dtype, {3}, from_doubles(a.data(), 3, dtype), {}}, y{"x", dtype, {3}, from_doubles(b.data(), 3, dtype), {}};
    CHECK(to_doubles(mean()->merge({x, y})) == std::vector<double>{2, 0, 0.375});
    CHECK(mean()->merge({x}).data == x.data);
  }
  CHECK(mean()->merge({make_tensor<float>("s", {1}, {}), make_tensor<float>("s", {2}, {})}).shape.empty());
  CHECK(mean()->merge({make_tensor<float>("e", {}, {0, 4}), make_tensor<float>("e", {}, {0, 4})}).data.size() == 0);
}

TEST_CASE("mean: equal bits for any number of threads") {
  Rng rng("mean", 1);
  std::vector<Tensor> inputs;
  for (int i = 0; i < 3; ++i) {
    std::vector<float> values(1000003);
    for (auto& v : values) v = static_cast<float>(rng.uniform(-1, 1));
    inputs.push_back(make_tensor("w", values));
  }
  set_threads(1);
  const auto one = mean()->merge(inputs);
  set_threads(2);
  CHECK(mean()->merge(inputs).data == one.data);
}
