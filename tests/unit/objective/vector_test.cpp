// Arithmetic on states of every dtype.
#include "train_support.h"

#include <limits>

#include "objective/vector.h"

namespace dml {

TEST_CASE("vectors: sums, differences and checks in f32, f64 and bf16") {
  for (const auto type : {torch::kFloat32, torch::kFloat64, torch::kBFloat16}) {
    CAPTURE(type);
    const std::int64_t size = 5000;                        // more than two blocks, and a rest
    auto a = torch::arange(size, torch::kFloat64).remainder(64).to(type), b = (torch::arange(size, torch::kFloat64).remainder(5) - 2).to(type);
    auto out = torch::full({size + 1}, 9, type);
    CHECK(weighted_sum({a.data_ptr(), b.data_ptr()}, {0.5, 0.25}, out, 1, size));
    CHECK(out[0].item<double>() == 9);
    const auto want = (0.5 * a.to(torch::kFloat64) + 0.25 * b.to(torch::kFloat64)).to(type);
    CHECK(torch::equal(out.narrow(0, 1, size), want));
    auto difference = torch::empty_like(a);
    subtract(a, b, difference);
    CHECK(torch::equal(difference, a - b));
    accumulate(b, difference);
    CHECK(torch::equal(difference, a));
    const auto mean = mean_of({a, b, b});
    CHECK(mean[63] == doctest::Approx((63 + 2.0 * (63 % 5 - 2)) / 3).epsilon(1e-15));
    CHECK(squared_distance(torch::ones({2}, type), {3, 0}) == 5);
    CHECK(all_finite(a));
    for (const double bad : {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
      auto broken = a.clone();
      broken[4999] = bad;
      CHECK_FALSE(all_finite(broken));
      CHECK_FALSE(weighted_sum({broken.data_ptr(), b.data_ptr()}, {0.5, 0.25}, out, 0, size));
    }
  }
}

TEST_CASE("vectors: bf16 is rounded once, to nearest") {
  // 1 + 2^-8 lies half-way between two bf16 numbers, 1 + 3 2^-9 nearer to the upper one.
  const auto one = torch::ones({1}, torch::kBFloat16), small = torch::full({1}, 1.0 / 256, torch::kBFloat16);
  auto out = torch::empty({1}, torch::kBFloat16);
  weighted_sum({one.data_ptr(), small.data_ptr()}, {1, 1}, out, 0, 1);
  CHECK(out.item<double>() == 1);                          // ties go to even
  weighted_sum({one.data_ptr(), small.data_ptr(), small.data_ptr()}, {1, 1, 0.5}, out, 0, 1);
  CHECK(out.item<double>() == 1 + 1.0 / 128);
}

}  // namespace dml
