#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "math/gaussian_dot.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>

#include "base/error.h"
#include "base/series.h"
#include "math/gaussian_dot.h"

HWY_BEFORE_NAMESPACE();
namespace dml {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t kGroup = 8;                          // Philox blocks, two normal numbers each
constexpr std::size_t kPiece = 64;                         // blocks whose numbers wait in the first-level cache
using D = hn::CappedTag<double, kGroup>;                   // 2, 4 or 8 lanes
using U = hn::RebindToUnsigned<D>;
using U32 = hn::Repartition<std::uint32_t, U>;
using VD = hn::Vec<D>;
using VU = hn::Vec<U>;

// The ten rounds of base/random.cpp's philox(), one block per 64-bit lane. Only the low half of a lane counts: MulEven reads nothing
// else, so the halves above may hold anything until the end.
struct Blocks { VU a, b, c, d; };
HWY_INLINE Blocks philox_lanes(std::uint64_t key, VU block, std::uint32_t draw, std::uint32_t node, std::uint32_t round) {
  const U u;
  const U32 u32;
  auto k0 = static_cast<std::uint32_t>(key), k1 = static_cast<std::uint32_t>(key >> 32);
  const auto m0 = hn::Set(u32, 0xD2511F53u), m1 = hn::Set(u32, 0xCD9E8D57u);
  Blocks x{block, hn::Set(u, draw), hn::Set(u, node), hn::Set(u, round)};
#pragma GCC unroll 10
  for (int i = 0; i < 10; ++i) {
    const auto p0 = hn::MulEven(m0, hn::BitCast(u32, x.a)), p1 = hn::MulEven(m1, hn::BitCast(u32, x.c));
    x = {hn::Xor(hn::Xor(hn::ShiftRight<32>(p1), x.b), hn::Set(u, k0)), p1,
         hn::Xor(hn::Xor(hn::ShiftRight<32>(p0), x.d), hn::Set(u, k1)), p0};
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return x;
}

// Exact for values below 2^32 (2^52 in truth): they become the mantissa of a number in [2^52, 2^53).
HWY_INLINE VD small_to_double(VU value) {
  return hn::Sub(hn::BitCast(D(), hn::Or(value, hn::Set(U(), 0x4330000000000000ull))), hn::Set(D(), 0x1p52));
}

// Rng::uniform from the two words of a draw: the 53 upper bits of high << 32 | low.
HWY_INLINE VD uniform(VU low, VU high) {
  const U u;
  const auto top = hn::ShiftRight<11>(hn::Or(hn::And(low, hn::Set(u, 0xffffffffu)), hn::ShiftLeft<32>(high)));
  const auto below = small_to_double(hn::And(top, hn::Set(u, 0xffffffffu)));
  const auto above = small_to_double(hn::ShiftRight<32>(top));           // both products and the sum are exact
  return hn::Add(hn::Mul(above, hn::Set(D(), 0x1p-21)), hn::Mul(below, hn::Set(D(), 0x1p-53)));
}

// portable_log: the same operations in the same order.
HWY_INLINE VD log_lanes(VD x) {
  const D d;
  const U u;
  const auto bits = hn::BitCast(u, x);
  auto exponent = hn::Sub(small_to_double(hn::ShiftRight<52>(bits)), hn::Set(d, 1023.0));
  auto m = hn::BitCast(d, hn::Or(hn::And(bits, hn::Set(u, 0x000fffffffffffffull)), hn::Set(u, 0x3ff0000000000000ull)));
  const auto one = hn::Set(d, 1.0);
  const auto large = hn::Gt(m, hn::Set(d, 1.4142135623730951));
  m = hn::IfThenElse(large, hn::Mul(m, hn::Set(d, 0.5)), m);
  exponent = hn::IfThenElse(large, hn::Add(exponent, one), exponent);
  const auto t = hn::Div(hn::Sub(m, one), hn::Add(m, one)), y = hn::Mul(t, t);
  auto s = hn::Set(d, 1.0 / 23.0);
#pragma GCC unroll 10
  for (int k = 21; k >= 3; k -= 2) s = hn::Add(hn::Mul(s, y), hn::Set(d, 1.0 / k));
  const auto series = hn::Add(t, hn::Mul(t, hn::Mul(y, s)));
  return hn::Add(hn::Mul(exponent, hn::Set(d, 0.6931471805599453)), hn::Mul(hn::Set(d, 2.0), series));
}

template <std::size_t n>
HWY_INLINE VD horner(const double (&series)[n], VD y) {
  auto sum = hn::Set(D(), series[0]);
#pragma GCC unroll 8
  for (std::size_t i = 1; i < n; ++i) sum = hn::Add(hn::Mul(sum, y), hn::Set(D(), series[i]));
  return sum;
}

// portable_sincos_turn, likewise.
struct SinCos { VD sin, cos; };
HWY_INLINE SinCos sincos_lanes(VD turn) {
  const D d;
  const U u;
  const auto octant = hn::Floor(hn::Mul(turn, hn::Set(d, 8.0)));
  const auto quarter = hn::Floor(hn::Mul(hn::Add(octant, hn::Set(d, 1.0)), hn::Set(d, 0.5)));
  const auto x = hn::Mul(hn::Sub(turn, hn::Mul(quarter, hn::Set(d, 0.25))), hn::Set(d, 6.283185307179586));
  const auto y = hn::Mul(x, x);
  const auto s = horner(kSineSeries, y), c = horner(kCosineSeries, y);
  const auto sine = hn::Add(x, hn::Mul(x, hn::Mul(y, s))), cosine = hn::Add(hn::Set(d, 1.0), hn::Mul(y, c));
  // quarter 0: (s, c), 1: (c, -s), 2: (-s, -c), 3: (-c, s), 4: as 0.
  const auto q = hn::BitCast(u, hn::Add(quarter, hn::Set(d, 0x1p52)));   // its low bits
  const auto swapped = hn::MaskFromVec(hn::BitCast(d, hn::Sub(hn::Zero(u), hn::And(q, hn::Set(u, 1)))));
  const auto sin_sign = hn::ShiftLeft<62>(hn::And(q, hn::Set(u, 2)));
  const auto cos_sign = hn::ShiftLeft<62>(hn::And(hn::Add(q, hn::Set(u, 1)), hn::Set(u, 2)));
  return {hn::Xor(hn::IfThenElse(swapped, cosine, sine), hn::BitCast(d, sin_sign)),
          hn::Xor(hn::IfThenElse(swapped, sine, cosine), hn::BitCast(d, cos_sign))};
}

double dot(std::uint64_t key, std::uint32_t node, std::uint32_t round, std::uint32_t draw, const double* even, const double* odd,
           std::size_t blocks) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  HWY_ALIGN double sums[2 * kGroup] = {};                  // 0..7: even positions, 8..15: odd ones
  // Three short loops over a piece instead of one long one: the CPU then overlaps iterations, whose chains are all latency.
  HWY_ALIGN double first[kPiece], second[kPiece];
  for (std::size_t start = 0; start < blocks; start += kPiece) {
    const std::size_t count = std::min(kPiece, blocks - start);
    for (std::size_t m = 0; m < count; m += lanes) {
      const auto r = philox_lanes(key, hn::Iota(U(), start + m), draw, node, round);
      hn::Store(hn::Sub(hn::Set(d, 1.0), uniform(r.a, r.b)), d, first + m);
      hn::Store(uniform(r.c, r.d), d, second + m);
    }
    for (std::size_t m = 0; m < count; m += lanes)
      hn::Store(hn::Sqrt(hn::Mul(hn::Set(d, -2.0), log_lanes(hn::Load(d, first + m)))), d, first + m);
    for (std::size_t m = 0; m < count; m += lanes) {
      const auto angle = sincos_lanes(hn::Load(d, second + m));
      const auto radius = hn::Load(d, first + m);
      double *to_even = sums + m % kGroup, *to_odd = to_even + kGroup;
      hn::Store(hn::Add(hn::Load(d, to_even), hn::Mul(hn::Mul(radius, angle.cos), hn::LoadU(d, even + start + m))), d, to_even);
      hn::Store(hn::Add(hn::Load(d, to_odd), hn::Mul(hn::Mul(radius, angle.sin), hn::LoadU(d, odd + start + m))), d, to_odd);
    }
  }
  for (std::size_t half = kGroup / 2; half >= 1; half /= 2)
    for (std::size_t i = 0; i < half; ++i) {
      sums[i] += sums[i + half];
      sums[kGroup + i] += sums[kGroup + i + half];
    }
  return sums[0] + sums[kGroup];
}

}  // namespace HWY_NAMESPACE
}  // namespace dml
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dml {

HWY_EXPORT(dot);

void SplitVector::append(const double* values, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i, ++size) (size % 2 ? odd : even).push_back(values[i]);
}

void SplitVector::pad() {
  const std::size_t blocks = (size + 15) / 16 * 8;
  even.resize(blocks);
  odd.resize(blocks);
}

double gaussian_dot(std::uint64_t key, std::uint32_t node, std::uint32_t round, std::uint32_t draw, const SplitVector& x) {
  const std::size_t blocks = x.even.size();
  if (blocks % 8 != 0 || x.odd.size() != blocks) throw Error(Fault::bug, "gaussian_dot needs a padded vector");
  if (blocks > std::size_t{1} << 32) throw Error(Fault::input, "a vector has more than 2^33 values, where a random stream ends");
  return HWY_DYNAMIC_DISPATCH(dot)(key, node, round, draw, x.even.data(), x.odd.data(), blocks);
}

}  // namespace dml
#endif
