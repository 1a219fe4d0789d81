#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "math/columns.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <hwy/aligned_allocator.h>

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "base/parallel.h"
#include "math/columns.h"
#include "math/promote-inl.h"
#include "math/network.h"

#ifndef DML_MATH_COLUMNS_JOBS                               // this file is read once per target
#define DML_MATH_COLUMNS_JOBS
namespace dml {
namespace {

template <class T>
struct Average {                                            // what weighted_rows was asked for
  const T* const* rows;
  const double* weights;
  std::size_t count;
  double divisor;
  T* out;
};

template <class T>
struct Ranks {                                              // what mean_of_ranks was asked for
  const T* const* rows;
  std::size_t count, first, last;
  const std::vector<Exchange>* network;
  T* out;
};

}  // namespace
}  // namespace dml
#endif

HWY_BEFORE_NAMESPACE();
namespace dml {
namespace HWY_NAMESPACE {
namespace {                                                 // other files of this folder use the same names in these namespaces
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<double>;
using V = hn::Vec<D>;
template <class T>
using Narrow = hn::Rebind<T, D>;                            // as many lanes as a vector of doubles has

template <class T>
HWY_INLINE void store(V value, T* to) {
  if constexpr (std::is_same_v<T, float>) hn::StoreU(hn::DemoteTo(Narrow<T>(), value), Narrow<T>(), to);
  else hn::StoreU(value, D(), to);
}

// sums += the next `count` rows' terms, row by row, over `size` columns from `at`.
template <std::size_t count, class T>
HWY_INLINE void add_rows(const Average<T>& job, std::size_t row, std::size_t at, std::size_t size, double* sums) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t c = 0;
  for (; c + lanes <= size; c += lanes) {
    V sum = hn::Load(d, sums + c);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < count; ++i)
      sum = hn::Add(sum, hn::Mul(hn::Set(d, job.weights[row + i]), promoted(D(), job.rows[row + i] + at + c)));
    hn::Store(sum, d, sums + c);
  }
  for (; c < size; ++c)
    for (std::size_t i = 0; i < count; ++i) sums[c] += job.weights[row + i] * static_cast<double>(job.rows[row + i][at + c]);
}

// Columns first..last-1. A few rows at a time over long runs of columns: all rows at once would be more streams than a CPU follows,
// and rows that start alike within a page would push each other out of the cache. Sums stay in the first-level cache.
template <class T>
void average(const Average<T>& job, std::size_t first, std::size_t last) {
  constexpr std::size_t kRun = 8192, kTogether = 4;
  alignas(64) double sums[kRun];
  for (std::size_t at = first; at < last; at += kRun) {
    const std::size_t size = std::min(kRun, last - at);
    std::fill(sums, sums + size, 0.0);
    std::size_t i = 0;
    for (; i + kTogether <= job.count; i += kTogether) add_rows<kTogether>(job, i, at, size, sums);
    for (; i < job.count; ++i) add_rows<1>(job, i, at, size, sums);
    std::size_t c = 0;
    for (; c + hn::Lanes(D()) <= size; c += hn::Lanes(D())) store(hn::Div(hn::Load(D(), sums + c), hn::Set(D(), job.divisor)), job.out + at + c);
    for (; c < size; ++c) job.out[at + c] = static_cast<T>(sums[c] / job.divisor);
  }
}

// Columns at..at+used-1 of all rows into a tile of `width` columns a row.
template <class T>
HWY_INLINE void load_tile(const Ranks<T>& job, std::size_t at, std::size_t used, std::size_t width, T* tile) {
  for (std::size_t i = 0; i < job.count; ++i) {
    T* to = tile + i * width;
    std::copy(job.rows[i] + at, job.rows[i] + at + used, to);
    std::fill(to + used, to + width, T(0));
  }
}

// `width` is a multiple of the lanes; `tile` has count * width elements, aligned.
template <class T>
void ranks(const Ranks<T>& job, std::size_t width, T* tile, std::size_t first, std::size_t last) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d), half = hn::Lanes(D());
  const V divisor = hn::Set(D(), static_cast<double>(job.last - job.first));
  for (std::size_t at = first; at < last; at += width) {
    const std::size_t used = std::min(width, last - at);
    load_tile(job, at, used, width, tile);
    for (const auto [low, high] : *job.network) {
      T *a = tile + low * width, *b = tile + high * width;
      for (std::size_t c = 0; c < width; c += lanes) {
        const auto x = hn::Load(d, a + c), y = hn::Load(d, b + c);
        hn::Store(hn::Min(x, y), d, a + c);
        hn::Store(hn::Max(x, y), d, b + c);
      }
    }
    T* result = tile + job.first * width;                   // the lowest rank wanted makes room for the mean
    for (std::size_t c = 0; c < width; c += half) {
      V sum = hn::Zero(D());                                // +0: a -0 comes out as +0
      for (std::size_t i = job.first; i < job.last; ++i) sum = hn::Add(sum, promoted(D(), tile + i * width + c));
      store(hn::Div(sum, divisor), result + c);
    }
    std::copy(result, result + used, job.out + at);
  }
}

std::size_t vector_bytes() { return hn::Lanes(hn::ScalableTag<std::uint8_t>()); }
void average_f32(const Average<float>& job, std::size_t first, std::size_t last) { average(job, first, last); }
void average_f64(const Average<double>& job, std::size_t first, std::size_t last) { average(job, first, last); }
void ranks_f32(const Ranks<float>& job, std::size_t width, float* tile, std::size_t first, std::size_t last) {
  ranks(job, width, tile, first, last);
}
void ranks_f64(const Ranks<double>& job, std::size_t width, double* tile, std::size_t first, std::size_t last) {
  ranks(job, width, tile, first, last);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace dml
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dml {
namespace {

HWY_EXPORT(vector_bytes);
HWY_EXPORT(average_f32);
HWY_EXPORT(average_f64);
HWY_EXPORT(ranks_f32);
HWY_EXPORT(ranks_f64);

constexpr std::size_t kColumns = 8192;                      // of one task
constexpr std::size_t kMostSorted = 1024;                   // rows; a network grows as n log^2 n
constexpr std::size_t kTileBytes = 8 << 10;                 // a quarter of a first-level cache

void run_average(const Average<float>& job, std::size_t first, std::size_t last) { HWY_DYNAMIC_DISPATCH(average_f32)(job, first, last); }
void run_average(const Average<double>& job, std::size_t first, std::size_t last) { HWY_DYNAMIC_DISPATCH(average_f64)(job, first, last); }
void run_ranks(const Ranks<float>& job, std::size_t width, float* tile, std::size_t first, std::size_t last) {
  HWY_DYNAMIC_DISPATCH(ranks_f32)(job, width, tile, first, last);
}
void run_ranks(const Ranks<double>& job, std::size_t width, double* tile, std::size_t first, std::size_t last) {
  HWY_DYNAMIC_DISPATCH(ranks_f64)(job, width, tile, first, last);
}

template <class T>
void average_columns(const std::vector<const T*>& rows, std::size_t columns, const std::vector<double>& weights, double divisor, T* out) {
  const Average<T> job{rows.data(), weights.data(), rows.size(), divisor, out};
  parallel_blocks(columns, kColumns, [&](std::size_t first, std::size_t last) { run_average(job, first, last); });
}

// For many rows: each column is copied together and only its wanted ranks are put in order.
template <class T>
void select_ranks(const Ranks<T>& job, std::size_t first, std::size_t last) {
  constexpr std::size_t kTogether = 64 / sizeof(T);         // a cache line of every row
  std::vector<T> values(job.count * kTogether);
  for (std::size_t at = first; at < last; at += kTogether) {
    const std::size_t used = std::min(kTogether, last - at);
    for (std::size_t i = 0; i < job.count; ++i)
      for (std::size_t c = 0; c < used; ++c) values[c * job.count + i] = job.rows[i][at + c];
    for (std::size_t c = 0; c < used; ++c) {
      const auto begin = values.begin() + static_cast<std::ptrdiff_t>(c * job.count);
      const auto end = begin + static_cast<std::ptrdiff_t>(job.count);
      const auto from = begin + static_cast<std::ptrdiff_t>(job.first), to = begin + static_cast<std::ptrdiff_t>(job.last);
      std::nth_element(begin, from, end);
      if (to != end) std::nth_element(from, to, end);
      std::sort(from, to);
      double sum = 0;
      for (auto x = from; x != to; ++x) sum += static_cast<double>(*x);
      job.out[at + c] = static_cast<T>(sum / static_cast<double>(job.last - job.first));
    }
  }
}

template <class T>
void rank_columns(const std::vector<const T*>& rows, std::size_t columns, std::size_t first_rank, std::size_t last_rank, T* out) {
  Ranks<T> job{rows.data(), rows.size(), first_rank, last_rank, nullptr, out};
  if (rows.size() > kMostSorted) {
    parallel_blocks(columns, kColumns / 8, [&](std::size_t first, std::size_t last) { select_ranks(job, first, last); });
    return;
  }
  const auto network = sorting_network(rows.size(), first_rank, last_rank);
  job.network = &network;
  const std::size_t lanes = HWY_DYNAMIC_DISPATCH(vector_bytes)() / sizeof(T);
  const std::size_t fitting = kTileBytes / sizeof(T) / rows.size() / lanes * lanes;
  const std::size_t width = std::clamp(fitting, lanes, 16 * lanes);
  parallel_blocks(columns, kColumns, [&](std::size_t first, std::size_t last) {
    const auto tile = hwy::AllocateAligned<T>(rows.size() * width);
    run_ranks(job, width, tile.get(), first, last);
  });
}

}  // namespace

void weighted_rows(const std::vector<const float*>& rows, std::size_t columns, const std::vector<double>& weights, double divisor,
                   float* out) {
  average_columns(rows, columns, weights, divisor, out);
}
void weighted_rows(const std::vector<const double*>& rows, std::size_t columns, const std::vector<double>& weights, double divisor,
                   double* out) {
  average_columns(rows, columns, weights, divisor, out);
}
void mean_of_ranks(const std::vector<const float*>& rows, std::size_t columns, std::size_t first, std::size_t last, float* out) {
  rank_columns(rows, columns, first, last, out);
}
void mean_of_ranks(const std::vector<const double*>& rows, std::size_t columns, std::size_t first, std::size_t last, double* out) {
  rank_columns(rows, columns, first, last, out);
}

}  // namespace dml
#endif  // HWY_ONCE
