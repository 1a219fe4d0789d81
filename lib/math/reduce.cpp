#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "math/reduce.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "base/parallel.h"
#include "math/reduce.h"
#include "math/promote-inl.h"

#ifndef DML_MATH_REDUCE_RANGE                               // this file is read once per target
#define DML_MATH_REDUCE_RANGE
namespace dml {
namespace {
struct Range { std::size_t first, last; };
}  // namespace
}  // namespace dml
#endif

HWY_BEFORE_NAMESPACE();
namespace dml {
namespace HWY_NAMESPACE {
namespace {                                                 // other files of this folder use the same names in these namespaces
namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t kLanes = 16;                          // virtual lanes: part of the result's definition, not of the CPU
constexpr std::size_t kBlock = 4096;
constexpr std::size_t kWide = HWY_MAX_BYTES / sizeof(double) < kLanes ? HWY_MAX_BYTES / sizeof(double) : kLanes;
constexpr std::size_t kVectors = kLanes / kWide;            // vectors that make up the 16 lanes
constexpr std::size_t kPairs = kVectors >= 8 ? 1 : 8 / kVectors;   // partners done at once: what the registers hold

using D = hn::FixedTag<double, kWide>;
using V = hn::Vec<D>;

struct Sum { static HWY_INLINE V term(V a, V) { return a; } };
struct Dot { static HWY_INLINE V term(V a, V b) { return hn::Mul(a, b); } };
struct Distance {
  static HWY_INLINE V term(V a, V b) {
    const V d = hn::Sub(a, b);
    return hn::Mul(d, d);
  }
};

HWY_INLINE double tree(const V* lanes) {
  alignas(64) double x[kLanes];
#pragma GCC unroll 8
  for (std::size_t v = 0; v < kVectors; ++v) hn::Store(lanes[v], D(), x + v * kWide);
  for (std::size_t half = kLanes / 2; half > 0; half /= 2)
    for (std::size_t i = 0; i < half; ++i) x[i] += x[i + half];
  return x[0];
}

// Adds 16 elements of each of `count` partners' terms to their lanes.
template <class Op, std::size_t count, class T>
HWY_INLINE void sixteen(const T* a, const T* const* b, std::size_t at, V (&lanes)[count][kVectors]) {
#pragma GCC unroll 8
  for (std::size_t v = 0; v < kVectors; ++v) {
    const V x = promoted(D(), a + at + v * kWide);
#pragma GCC unroll 8
    for (std::size_t p = 0; p < count; ++p) lanes[p][v] = hn::Add(lanes[p][v], Op::term(x, promoted(D(), b[p] + at + v * kWide)));
  }
}

// out[p] += the block's sum of Op(a, b[p]). A short end is filled up with zeros, whose terms are +0 and change nothing.
template <class Op, std::size_t count, class T>
HWY_INLINE void block(const T* a, const T* const* b, std::size_t size, double* out) {
  V lanes[count][kVectors];
#pragma GCC unroll 8
  for (std::size_t p = 0; p < count; ++p) {
#pragma GCC unroll 8
    for (std::size_t v = 0; v < kVectors; ++v) lanes[p][v] = hn::Zero(D());
  }
  std::size_t i = 0;
  for (; i + kLanes <= size; i += kLanes) sixteen<Op, count>(a, b, i, lanes);
  if (i < size) {
    T end[1 + count][kLanes] = {};
    const T* ends[count];
    std::memcpy(end[0], a + i, (size - i) * sizeof(T));
    for (std::size_t p = 0; p < count; ++p) {
      std::memcpy(end[1 + p], b[p] + i, (size - i) * sizeof(T));
      ends[p] = end[1 + p];
    }
    sixteen<Op, count>(end[0], ends, 0, lanes);
  }
#pragma GCC unroll 8
  for (std::size_t p = 0; p < count; ++p) out[p] += tree(lanes[p]);
}

template <class Op, class T>
double strip(const T* a, const T* b, std::size_t size) {
  double total = 0;
  for (std::size_t i = 0; i < size; i += kBlock) {
    const T* other = b + i;
    block<Op, 1>(a + i, &other, std::min(kBlock, size - i), &total);
  }
  return total;
}

// Adds columns first..last-1 to the pairs (i, j > i), in order, for i of `range`.
template <class T>
void strip_pairs(const T* const* rows, std::size_t count, Range range, std::size_t first, std::size_t last, double* out) {
  for (std::size_t at = first; at < last; at += kBlock) {
    const std::size_t size = std::min(kBlock, last - at);
    double* to = out;
    for (std::size_t i = range.first; i < range.last; ++i) {
      const T* partners[kPairs];
      std::size_t j = i + 1;
      for (; j + kPairs <= count; j += kPairs, to += kPairs) {
        for (std::size_t p = 0; p < kPairs; ++p) partners[p] = rows[j + p] + at;
        block<Distance, kPairs>(rows[i] + at, partners, size, to);
      }
      for (; j < count; ++j, ++to) {
        partners[0] = rows[j] + at;
        block<Distance, 1>(rows[i] + at, partners, size, to);
      }
    }
  }
}

double sum_f32(const float* a, std::size_t size) { return strip<Sum>(a, a, size); }
double sum_f64(const double* a, std::size_t size) { return strip<Sum>(a, a, size); }
double dot_f32(const float* a, const float* b, std::size_t size) { return strip<Dot>(a, b, size); }
double dot_f64(const double* a, const double* b, std::size_t size) { return strip<Dot>(a, b, size); }
double distance_f32(const float* a, const float* b, std::size_t size) { return strip<Distance>(a, b, size); }
double distance_f64(const double* a, const double* b, std::size_t size) { return strip<Distance>(a, b, size); }
void pairs_f32(const float* const* rows, std::size_t count, Range range, std::size_t first, std::size_t last, double* out) {
  strip_pairs(rows, count, range, first, last, out);
}
void pairs_f64(const double* const* rows, std::size_t count, Range range, std::size_t first, std::size_t last, double* out) {
  strip_pairs(rows, count, range, first, last, out);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace dml
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dml {
namespace {

HWY_EXPORT(sum_f32);
HWY_EXPORT(sum_f64);
HWY_EXPORT(dot_f32);
HWY_EXPORT(dot_f64);
HWY_EXPORT(distance_f32);
HWY_EXPORT(distance_f64);
HWY_EXPORT(pairs_f32);
HWY_EXPORT(pairs_f64);

constexpr std::size_t kStrip = 65536;                       // elements; also part of the result's definition

// strip(first, size) for each strip on the pool, added in order.
template <class Strip>
double over_strips(std::size_t size, Strip strip) {
  if (size <= kStrip) return strip(0, size);
  std::vector<double> partial((size + kStrip - 1) / kStrip);
  parallel_blocks(size, kStrip, [&](std::size_t first, std::size_t last) { partial[first / kStrip] = strip(first, last - first); });
  double total = partial[0];
  for (std::size_t i = 1; i < partial.size(); ++i) total += partial[i];
  return total;
}

// Tasks are (strip, group of rows). How rows are grouped does not touch the result: every pair's sum is one task's, strip by strip.
template <class T, class Strip>
std::vector<double> all_pairs(const std::vector<const T*>& rows, std::size_t columns, Strip strip) {
  const std::size_t count = rows.size(), pairs = count < 2 ? 0 : count * (count - 1) / 2;
  const std::size_t strips = (columns + kStrip - 1) / kStrip;
  const std::size_t group = strips >= 8 ? count : std::max<std::size_t>(1, count / 16);
  const std::size_t groups = pairs == 0 ? 0 : (count - 1 + group - 1) / group;
  std::vector<double> partial(strips * pairs), out(count * count);
  parallel_for(strips * groups, [&](std::size_t task) {
    const std::size_t s = task / groups, first = task % groups * group;
    const std::size_t before = first * (2 * count - first - 1) / 2;          // pairs of the rows above
    strip(rows.data(), count, Range{first, std::min(first + group, count - 1)}, s * kStrip, std::min(columns, (s + 1) * kStrip),
          &partial[s * pairs + before]);
  });
  std::size_t pair = 0;
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t j = i + 1; j < count; ++j, ++pair) {
      double total = strips ? partial[pair] : 0;
      for (std::size_t s = 1; s < strips; ++s) total += partial[s * pairs + pair];
      out[i * count + j] = out[j * count + i] = total;
    }
  return out;
}

}  // namespace

double sum(const float* a, std::size_t size) {
  return over_strips(size, [&](std::size_t at, std::size_t n) { return HWY_DYNAMIC_DISPATCH(sum_f32)(a + at, n); });
}
double sum(const double* a, std::size_t size) {
  return over_strips(size, [&](std::size_t at, std::size_t n) { return HWY_DYNAMIC_DISPATCH(sum_f64)(a + at, n); });
}
double dot(const float* a, const float* b, std::size_t size) {
  return over_strips(size, [&](std::size_t at, std::size_t n) { return HWY_DYNAMIC_DISPATCH(dot_f32)(a + at, b + at, n); });
}
double dot(const double* a, const double* b, std::size_t size) {
  return over_strips(size, [&](std::size_t at, std::size_t n) { return HWY_DYNAMIC_DISPATCH(dot_f64)(a + at, b + at, n); });
}
double squared_distance(const float* a, const float* b, std::size_t size) {
  return over_strips(size, [&](std::size_t at, std::size_t n) { return HWY_DYNAMIC_DISPATCH(distance_f32)(a + at, b + at, n); });
}
double squared_distance(const double* a, const double* b, std::size_t size) {
  return over_strips(size, [&](std::size_t at, std::size_t n) { return HWY_DYNAMIC_DISPATCH(distance_f64)(a + at, b + at, n); });
}
std::vector<double> squared_distances(const std::vector<const float*>& rows, std::size_t columns) {
  return all_pairs(rows, columns, HWY_DYNAMIC_DISPATCH(pairs_f32));
}
std::vector<double> squared_distances(const std::vector<const double*>& rows, std::size_t columns) {
  return all_pairs(rows, columns, HWY_DYNAMIC_DISPATCH(pairs_f64));
}

}  // namespace dml
#endif  // HWY_ONCE
