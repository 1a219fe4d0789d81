#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/random.h"
#include "math/gaussian_dot.h"
#include "math/targets.h"
#include "verify/fingerprint.h"

using namespace dml;

namespace {

Registry<Fingerprint> registry() {
  Registry<Fingerprint> all("fingerprint");
  register_fingerprints(all);
  return all;
}

Record record_of(const std::vector<double>& values) { return {"prediction", {}, {make_tensor("x", values)}, {}}; }

FingerprintValue hash(const std::string& component, const Record& record) { return registry().make(component)->of_record(record, "here"); }

std::uint32_t distance(const FingerprintValue& a, const FingerprintValue& b) { return hamming_distance(a, b, "a", "b"); }

std::vector<double> normals(std::size_t count, std::uint64_t seed) {
  Rng rng("hyperplane test", seed);
  std::vector<double> out(count);
  for (auto& v : out) v = rng.normal();
  return out;
}

// The definition, one number at a time: value j into sum j mod 16, then the tree.
double slow_dot(std::uint64_t key, std::uint32_t node, std::uint32_t round, std::uint32_t draw, const std::vector<double>& x) {
  double sums[16] = {};
  Rng rng(key, node, round, draw);
  for (std::size_t j = 0; j < (x.size() + 15) / 16 * 16; ++j) sums[j % 16] += rng.normal() * (j < x.size() ? x[j] : 0.0);
  double even[8], odd[8];
  for (int i = 0; i < 8; ++i) even[i] = sums[2 * i], odd[i] = sums[2 * i + 1];
  for (int half = 4; half >= 1; half /= 2)
    for (int i = 0; i < half; ++i) even[i] += even[i + half], odd[i] += odd[i + half];
  return even[0] + odd[0];
}

}  // namespace

TEST_CASE("gaussian_dot gives the bits of its definition on every vector target") {
  const std::uint64_t key = stream_key("hyperplane", 7);
  for (const std::size_t size : {1, 15, 16, 17, 127, 128, 129, 5000}) {
    const auto values = normals(size, size);
    SplitVector x;
    x.append(values.data(), 1);                            // in two pieces: the split must not care
    x.append(values.data() + 1, size - 1);
    x.pad();
    const double want = slow_dot(key, 3, 1, 2, values);
    for (const auto& target : vector_targets()) {
      force_vector_target(target);
      CAPTURE(target);
      CAPTURE(size);
      CHECK(std::bit_cast<std::uint64_t>(gaussian_dot(key, 3, 1, 2, x)) == std::bit_cast<std::uint64_t>(want));
      CHECK(gaussian_dot(key, 4, 1, 2, x) != want);
      CHECK(gaussian_dot(key, 3, 2, 2, x) != want);
      CHECK(gaussian_dot(key, 3, 1, 1, x) != want);
    }
  }
  force_vector_target("");
}

TEST_CASE("a vector that was not padded is a defect") {
  SplitVector x;
  const double one = 1;
  x.append(&one, 1);
  CHECK_THROWS_AS(gaussian_dot(1, 0, 0, 0, x), Error);
}

TEST_CASE("hyperplane bits are the signs of projections on rows of Philox normals") {
  const std::vector<double> values = normals(33, 1);
  const auto got = hash("hyperplane:bits=20,seed=5", record_of(values));
  CHECK(got.bits == 20);
  CHECK(got.value.size() == 3);
  CHECK((got.value[2] & 0x0f) == 0);
  CHECK(got.algorithm == "hyperplane:bits=20,seed=5");
  for (std::uint32_t k = 0; k < 20; ++k) {
    const bool bit = got.value[k / 8] >> (7 - k % 8) & 1;
    CHECK(bit == (slow_dot(stream_key("hyperplane", 5), k, 0, 0, values) > 0));
  }
}

TEST_CASE("vectors at 60 degrees differ in a third of the bits") {
  // Two orthogonal unit vectors a, b: b' = cos 60 a + sin 60 b is at 60 degrees from a. 4 sigma = 4 sqrt(n (1/3) (2/3)).
  const std::size_t n = 4096;
  const std::string how = "hyperplane:bits=" + std::to_string(n);
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    auto a = normals(501, seed), b = normals(501, seed + 100);
    double aa = 0, ab = 0, bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i) aa += a[i] * a[i], ab += a[i] * b[i];
    for (std::size_t i = 0; i < a.size(); ++i) b[i] -= ab / aa * a[i], bb += b[i] * b[i];
    std::vector<double> c(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) c[i] = 0.5 * a[i] / std::sqrt(aa) + std::sqrt(0.75) * b[i] / std::sqrt(bb);
    const double share = n / 3.0, sigma = std::sqrt(n * 2.0 / 9.0);
    CHECK(std::fabs(distance(hash(how, record_of(a)), hash(how, record_of(c))) - share) < 4 * sigma);
    CHECK(std::fabs(distance(hash(how, record_of(a)), hash(how, record_of(b))) - n / 2.0) < 4 * std::sqrt(n / 4.0));
  }
}

TEST_CASE("scale changes nothing, sign flips every bit, order and seed change many") {
  auto values = normals(1000, 9);
  const auto base = hash("hyperplane", record_of(values));
  CHECK(base.bits == 256);
  auto scaled = values, negative = values, turned = values;
  for (auto& v : scaled) v *= 1024;
  for (auto& v : negative) v = -v;
  std::rotate(turned.begin(), turned.begin() + 1, turned.end());
  CHECK(hash("hyperplane", record_of(scaled)) == base);
  CHECK(distance(hash("hyperplane", record_of(negative)), base) == 256);
  CHECK(distance(hash("hyperplane", record_of(turned)), base) > 64);
  auto other = hash("hyperplane:seed=1", record_of(values));
  CHECK_THROWS_AS(distance(other, base), Error);           // never compared
  other.algorithm = base.algorithm;
  CHECK(distance(other, base) > 64);
  const auto prefix = hash("hyperplane:bits=64", record_of(values));
  CHECK(std::equal(prefix.value.begin(), prefix.value.end(), base.value.begin()));
}

TEST_CASE("rounding to bf16 costs few bits, the dtype none") {
  const auto values = normals(20000, 4);
  std::vector<float> floats(values.begin(), values.end());
  std::vector<double> same(floats.begin(), floats.end());
  const Record f32{"prediction", {}, {make_tensor("x", floats)}, {}};
  const Record bf16{"prediction", {}, {{"x", Dtype::bf16, {20000}, from_doubles(values.data(), values.size(), Dtype::bf16), {}}}, {}};
  CHECK(hash("hyperplane", f32) == hash("hyperplane", record_of(same)));
  CHECK(distance(hash("hyperplane", f32), hash("hyperplane", bf16)) <= 4);
}

TEST_CASE("floating tensors are joined in record order, others left out") {
  const std::vector<double> values = normals(7, 2), first(values.begin(), values.begin() + 3), second(values.begin() + 3, values.end());
  const Record parts{"model", {}, {make_tensor("a", first), make_tensor("b", std::vector<std::int32_t>{1, 2}), make_tensor("c", second)}, {}};
  CHECK(hash("hyperplane", parts) == hash("hyperplane", record_of(values)));
}

TEST_CASE("the bits do not depend on the number of threads") {
  const auto record = record_of(normals(3000, 6));
  set_threads(1);
  const auto one = hash("hyperplane:bits=100", record);
  set_threads(3);
  CHECK(hash("hyperplane:bits=100", record) == one);
  set_threads(2);
}

TEST_CASE("what has no hyperplane hash is named") {
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH_AS(hash("hyperplane", record_of({1, nan, 2})), "here: tensor 'x' holds NaN at position 1", Error);
  CHECK_THROWS_WITH_AS(hash("hyperplane", record_of({-infinity})), "here: tensor 'x' holds infinity at position 0", Error);
  CHECK_THROWS_WITH_AS(hash("hyperplane", {"x", {}, {make_tensor("i", std::vector<std::int64_t>{1})}, {}}), "here has no floating values to hash", Error);
  CHECK_THROWS_AS(hash("hyperplane:bits=0", record_of({1})), Error);
  CHECK_THROWS_AS(hash("hyperplane:bits=65537", record_of({1})), Error);
  std::string said;
  set_log_sink([&](Level, const std::string& line) { said += line; });
  const auto zero = hash("hyperplane:bits=9", record_of({0, 0}));
  set_log_sink({});
  CHECK(zero.value == std::vector<std::uint8_t>{0, 0});
  CHECK(said == "here is all zero: its hyperplane hash tells nothing");
}
