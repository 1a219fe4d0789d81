#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "math/linear.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <cstdint>
#include <type_traits>

#include "math/linear.h"

HWY_BEFORE_NAMESPACE();
namespace dml {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using Tag = hn::ScalableTag<T>;
template <class T>
using V = hn::Vec<Tag<T>>;
template <class T>
using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

// x - x has no bit set for a finite x and is NaN otherwise.
template <class T>
class FiniteCheck {
 public:
  FiniteCheck() : bad_(hn::Zero(Tag<T>())) {}              // written out: an implicit one would not be compiled for the target
  void see(V<T> v) { bad_ = hn::Or(bad_, hn::Sub(v, v)); }
  void see_one(T v) { one_bad_ |= !(v - v == T(0)); }
  bool all() const {
    const hn::RebindToUnsigned<Tag<T>> d;
    return !one_bad_ && hn::AllTrue(d, hn::Eq(hn::BitCast(d, bad_), hn::Zero(d)));
  }

 private:
  V<T> bad_;
  bool one_bad_ = false;
};

template <class T>
V<T> sum_at(const T* const* rows, const T* w, std::size_t count, std::size_t i) {
  const Tag<T> d;
  auto sum = hn::Mul(hn::Set(d, w[0]), hn::LoadU(d, rows[0] + i));
  for (std::size_t k = 1; k < count; ++k) sum = hn::Add(sum, hn::Mul(hn::Set(d, w[k]), hn::LoadU(d, rows[k] + i)));
  return sum;
}

// Three rows are a ring's: their loop keeps weights and pointers in registers.
template <class T>
std::size_t weighted_three(const T* const* rows, const T* w, T* out, std::size_t size, FiniteCheck<T>& check) {
  const Tag<T> d;
  const std::size_t step = hn::Lanes(d);
  const auto w0 = hn::Set(d, w[0]), w1 = hn::Set(d, w[1]), w2 = hn::Set(d, w[2]);
  const T *a = rows[0], *b = rows[1], *c = rows[2];
  std::size_t i = 0;
  for (; i + step <= size; i += step) {
    const auto first = hn::Add(hn::Mul(w0, hn::LoadU(d, a + i)), hn::Mul(w1, hn::LoadU(d, b + i)));
    const auto sum = hn::Add(first, hn::Mul(w2, hn::LoadU(d, c + i)));
    check.see(sum);
    hn::StoreU(sum, d, out + i);
  }
  return i;
}

template <class T>
bool weighted_sum_(const T* const* rows, const T* w, std::size_t count, T* out, std::size_t size) {
  const Tag<T> d;
  const std::size_t step = hn::Lanes(d);
  FiniteCheck<T> check;
  std::size_t i = count == 3 ? weighted_three(rows, w, out, size, check) : 0;
  for (; i + step <= size; i += step) {
    const auto sum = sum_at(rows, w, count, i);
    check.see(sum);
    hn::StoreU(sum, d, out + i);
  }
  for (; i < size; ++i) {
    T sum = w[0] * rows[0][i];
    for (std::size_t k = 1; k < count; ++k) sum += w[k] * rows[k][i];
    check.see_one(sum);
    out[i] = sum;
  }
  return check.all();
}

template <class T>
void descend_(T* x, const T* g, T rate, T decay, std::size_t size) {
  const Tag<T> d;
  const std::size_t step = hn::Lanes(d);
  const auto r = hn::Set(d, rate), l = hn::Set(d, decay);
  std::size_t i = 0;
  if (decay == T(0)) {
    for (; i + step <= size; i += step) hn::StoreU(hn::Sub(hn::LoadU(d, x + i), hn::Mul(r, hn::LoadU(d, g + i))), d, x + i);
    for (; i < size; ++i) x[i] -= rate * g[i];
    return;
  }
  for (; i + step <= size; i += step) {
    const auto v = hn::LoadU(d, x + i);
    hn::StoreU(hn::Sub(v, hn::Mul(r, hn::Add(hn::LoadU(d, g + i), hn::Mul(l, v)))), d, x + i);
  }
  for (; i < size; ++i) x[i] -= rate * (g[i] + decay * x[i]);
}

template <class T>
void subtract_(const T* a, const T* b, T* out, std::size_t size) {
  const Tag<T> d;
  const std::size_t step = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + step <= size; i += step) hn::StoreU(hn::Sub(hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, out + i);
  for (; i < size; ++i) out[i] = a[i] - b[i];
}

template <class T>
void accumulate_(const T* a, T* out, std::size_t size) {
  const Tag<T> d;
  const std::size_t step = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + step <= size; i += step) hn::StoreU(hn::Add(hn::LoadU(d, out + i), hn::LoadU(d, a + i)), d, out + i);
  for (; i < size; ++i) out[i] += a[i];
}

template <class T>
void scale_(const T* a, T factor, T* out, std::size_t size) {
  const Tag<T> d;
  const std::size_t step = hn::Lanes(d);
  const auto f = hn::Set(d, factor);
  std::size_t i = 0;
  for (; i + step <= size; i += step) hn::StoreU(hn::Mul(f, hn::LoadU(d, a + i)), d, out + i);
  for (; i < size; ++i) out[i] = factor * a[i];
}

template <class T>
bool all_finite_(const T* a, std::size_t size) {
  const Tag<T> d;
  const std::size_t step = hn::Lanes(d);
  FiniteCheck<T> check;
  std::size_t i = 0;
  for (; i + step <= size; i += step) check.see(hn::LoadU(d, a + i));
  for (; i < size; ++i) check.see_one(a[i]);
  return check.all();
}

template <class T>
void add_bias_row(T* row, const T* bias, std::size_t columns, bool relu) {
  const Tag<T> d;
  const std::size_t step = hn::Lanes(d);
  const auto zero = hn::Zero(d);
  std::size_t i = 0;
  for (; i + step <= columns; i += step) {
    const auto v = hn::Add(hn::LoadU(d, row + i), hn::LoadU(d, bias + i));
    // A NaN passes: comparisons with it are false.
    hn::StoreU(relu ? hn::IfThenElse(hn::Lt(v, zero), zero, v) : v, d, row + i);
  }
  for (; i < columns; ++i) {
    const T v = row[i] + bias[i];
    row[i] = relu && v < T(0) ? T(0) : v;
  }
}

template <class T>
void add_bias_(T* m, const T* bias, std::size_t rows, std::size_t columns, bool relu) {
  for (std::size_t r = 0; r < rows; ++r) add_bias_row(m + r * columns, bias, columns, relu);
}

template <class T>
void mask_relu_(T* m, const T* activation, std::size_t size) {
  const Tag<T> d;
  const std::size_t step = hn::Lanes(d);
  const auto zero = hn::Zero(d);
  std::size_t i = 0;
  for (; i + step <= size; i += step)
    hn::StoreU(hn::IfThenElse(hn::Le(hn::LoadU(d, activation + i), zero), zero, hn::LoadU(d, m + i)), d, m + i);
  for (; i < size; ++i)
    if (activation[i] <= T(0)) m[i] = T(0);
}

// One name per type: HWY_EXPORT takes no templates.
#define DML_BOTH(NAME, RETURN, PARAMETERS, ARGUMENTS)                       \
  RETURN NAME##_f32 PARAMETERS(float) { return NAME##_ ARGUMENTS; }         \
  RETURN NAME##_f64 PARAMETERS(double) { return NAME##_ ARGUMENTS; }
#define P_WEIGHTED(T) (const T* const* rows, const T* w, std::size_t count, T* out, std::size_t size)
#define P_DESCEND(T) (T* x, const T* g, T rate, T decay, std::size_t size)
#define P_THREE(T) (const T* a, const T* b, T* out, std::size_t size)
#define P_TWO(T) (const T* a, T* out, std::size_t size)
#define P_SCALE(T) (const T* a, T factor, T* out, std::size_t size)
#define P_ONE(T) (const T* a, std::size_t size)
#define P_BIAS(T) (T* m, const T* bias, std::size_t rows, std::size_t columns, bool relu)
#define P_MASK(T) (T* m, const T* activation, std::size_t size)
DML_BOTH(weighted_sum, bool, P_WEIGHTED, (rows, w, count, out, size))
DML_BOTH(descend, void, P_DESCEND, (x, g, rate, decay, size))
DML_BOTH(subtract, void, P_THREE, (a, b, out, size))
DML_BOTH(accumulate, void, P_TWO, (a, out, size))
DML_BOTH(scale, void, P_SCALE, (a, factor, out, size))
DML_BOTH(all_finite, bool, P_ONE, (a, size))
DML_BOTH(add_bias, void, P_BIAS, (m, bias, rows, columns, relu))
DML_BOTH(mask_relu, void, P_MASK, (m, activation, size))

}  // namespace HWY_NAMESPACE
}  // namespace dml
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <vector>

namespace dml {

#define DML_DISPATCH(NAME, RETURN, PARAMETERS, ARGUMENTS)                                        \
  HWY_EXPORT(NAME##_f32);                                                                        \
  HWY_EXPORT(NAME##_f64);                                                                        \
  RETURN NAME PARAMETERS(float) { return HWY_DYNAMIC_DISPATCH(NAME##_f32) ARGUMENTS; }           \
  RETURN NAME PARAMETERS(double) { return HWY_DYNAMIC_DISPATCH(NAME##_f64) ARGUMENTS; }

HWY_EXPORT(weighted_sum_f32);
HWY_EXPORT(weighted_sum_f64);
bool weighted_sum(const float* const* rows, const double* weights, std::size_t count, float* out, std::size_t size) {
  const std::vector<float> w(weights, weights + count);
  return HWY_DYNAMIC_DISPATCH(weighted_sum_f32)(rows, w.data(), count, out, size);
}
bool weighted_sum(const double* const* rows, const double* weights, std::size_t count, double* out, std::size_t size) {
  return HWY_DYNAMIC_DISPATCH(weighted_sum_f64)(rows, weights, count, out, size);
}
DML_DISPATCH(descend, void, P_DESCEND, (x, g, rate, decay, size))
DML_DISPATCH(subtract, void, P_THREE, (a, b, out, size))
DML_DISPATCH(accumulate, void, P_TWO, (a, out, size))
DML_DISPATCH(scale, void, P_SCALE, (a, factor, out, size))
DML_DISPATCH(all_finite, bool, P_ONE, (a, size))
DML_DISPATCH(add_bias, void, P_BIAS, (m, bias, rows, columns, relu))
DML_DISPATCH(mask_relu, void, P_MASK, (m, activation, size))

namespace {
template <class T>
void sum_rows_of(const T* m, std::size_t rows, std::size_t columns, T* out) {
  for (std::size_t c = 0; c < columns; ++c) out[c] = m[c];
  for (std::size_t r = 1; r < rows; ++r) accumulate(m + r * columns, out, columns);
}
}  // namespace

void sum_rows(const float* m, std::size_t rows, std::size_t columns, float* out) { sum_rows_of(m, rows, columns, out); }
void sum_rows(const double* m, std::size_t rows, std::size_t columns, double* out) { sum_rows_of(m, rows, columns, out); }

}  // namespace dml
#endif
