#include "base/random.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <string>
#include <unordered_map>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/error.h"
#include "base/series.h"

namespace dml {
namespace {

std::uint32_t mulhi(std::uint32_t a, std::uint32_t b) { return static_cast<std::uint32_t>((std::uint64_t{a} * b) >> 32); }

// A series by Horner's rule, as far as its last coefficient.
template <std::size_t n>
double horner(const double (&series)[n], double y) {
  double sum = series[0];
  for (std::size_t i = 1; i < n; ++i) sum = sum * y + series[i];
  return sum;
}

}  // namespace

std::array<std::uint32_t, 4> philox(std::uint64_t key, const std::array<std::uint32_t, 4>& counter) {
  auto k0 = static_cast<std::uint32_t>(key), k1 = static_cast<std::uint32_t>(key >> 32);
  auto c = counter;
  for (int round = 0; round < 10; ++round) {
    const std::uint32_t hi0 = mulhi(0xD2511F53u, c[0]), lo0 = 0xD2511F53u * c[0];
    const std::uint32_t hi1 = mulhi(0xCD9E8D57u, c[2]), lo1 = 0xCD9E8D57u * c[2];
    c = {hi1 ^ c[1] ^ k0, lo1, hi0 ^ c[3] ^ k1, lo0};
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return c;
}

std::uint64_t stream_key(std::string_view purpose, std::uint64_t seed) {
  return XXH3_64bits_withSeed(purpose.data(), purpose.size(), seed);
}

std::uint32_t Rng::bits32() {
  if (used_ == 4) {
    block_ = philox(key_, counter_);
    if (++counter_[0] == 0) throw Error(Fault::bug, "a random stream is exhausted");
    used_ = 0;
  }
  return block_[used_++];
}

std::uint64_t Rng::bits64() {
  const std::uint64_t low = bits32();
  return low | std::uint64_t{bits32()} << 32;
}

double Rng::uniform() { return static_cast<double>(bits64() >> 11) * 0x1p-53; }

double Rng::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  const double u = 1.0 - uniform();                       // (0, 1]
  const double radius = std::sqrt(-2.0 * portable_log(u));
  const auto [s, c] = portable_sincos_turn(uniform());
  spare_ = radius * s;
  has_spare_ = true;
  return radius * c;
}

double Rng::gamma(double shape) {
  if (shape < 1.0) {
    const double boosted = gamma(shape + 1.0);
    return boosted * std::pow(1.0 - uniform(), 1.0 / shape);
  }
  const double d = shape - 1.0 / 3.0, c = 1.0 / std::sqrt(9.0 * d);
  for (;;) {
    const double x = normal(), t = 1.0 + c * x;
    if (t <= 0) continue;
    const double v = t * t * t, u = 1.0 - uniform();
    if (portable_log(u) < 0.5 * x * x + d - d * v + d * portable_log(v)) return d * v;
  }
}

std::uint64_t Rng::below(std::uint64_t n) {
  if (n <= 1) return 0;
  const std::uint64_t limit = -n % n;                     // 2^64 mod n: multiply-shift with rejection (Lemire 2019)
  for (;;) {
    const auto product = static_cast<unsigned __int128>(bits64()) * n;
    if (static_cast<std::uint64_t>(product) >= limit) return static_cast<std::uint64_t>(product >> 64);
  }
}

std::vector<std::size_t> Rng::choose(std::size_t n, std::size_t k) {
  // Fisher-Yates on an array that exists only where it was touched: O(k), whatever n.
  std::vector<std::size_t> out(k);
  std::unordered_map<std::size_t, std::size_t> moved;
  const auto at = [&](std::size_t i) { const auto it = moved.find(i); return it == moved.end() ? i : it->second; };
  for (std::size_t i = 0; i < k; ++i) {
    const std::size_t j = i + below(n - i);
    out[i] = at(j);
    moved[j] = at(i);
  }
  return out;
}

double portable_log(double x) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  int exponent = static_cast<int>(bits >> 52 & 0x7ff) - 1023;
  double m = std::bit_cast<double>((bits & 0x000fffffffffffffull) | 0x3ff0000000000000ull);   // [1, 2)
  if (m > 1.4142135623730951) {
    m *= 0.5;
    ++exponent;
  }
  const double t = (m - 1.0) / (m + 1.0), y = t * t;      // log m = 2 atanh t, |t| <= 0.1716
  double s = 1.0 / 23.0;
  for (int k = 21; k >= 3; k -= 2) s = s * y + 1.0 / k;
  return exponent * 0.6931471805599453 + 2.0 * (t + t * (y * s));
}

std::pair<double, double> portable_sincos_turn(double u) {
  const int octant = static_cast<int>(u * 8.0);           // quarter turns around the nearest multiple of pi/2
  const int quarter = (octant + 1) / 2;
  const double x = (u - quarter * 0.25) * 6.283185307179586;
  const double y = x * x, s = x + x * (y * horner(kSineSeries, y)), c = 1.0 + y * horner(kCosineSeries, y);
  switch (quarter & 3) {
    case 0: return {s, c};
    case 1: return {c, -s};
    case 2: return {-s, -c};
    default: return {-c, s};
  }
}

}  // namespace dml
