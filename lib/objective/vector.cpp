#include "objective/vector.h"

#include <algorithm>

#include "math/linear.h"

namespace dml {
namespace {

constexpr std::int64_t kBlock = 2048;
using Half = c10::BFloat16;

// Calls f with a null pointer of the vector's element type.
template <class F>
auto with_type(torch::ScalarType type, F&& f) {
  switch (type) {
    case torch::kFloat32: return f(static_cast<float*>(nullptr));
    case torch::kFloat64: return f(static_cast<double*>(nullptr));
    case torch::kBFloat16: return f(static_cast<Half*>(nullptr));
    default: throw Error(Fault::bug, "a state vector of a type that is none of f32, f64 and bf16");
  }
}

template <class T>
bool sum_rows_of(const std::vector<const void*>& rows, const std::vector<double>& weights, T* out, std::int64_t size) {
  std::vector<const T*> typed(rows.size());
  for (std::size_t k = 0; k < rows.size(); ++k) typed[k] = static_cast<const T*>(rows[k]);
  return weighted_sum(typed.data(), weights.data(), typed.size(), out, static_cast<std::size_t>(size));
}

bool sum_rows_of(const std::vector<const void*>& rows, const std::vector<double>& weights, Half* out, std::int64_t size) {
  std::vector<float> wide(rows.size() * kBlock), sum(kBlock);
  std::vector<const void*> blocks(rows.size());
  bool finite = true;
  for (std::int64_t first = 0; first < size; first += kBlock) {
    const auto count = std::min(kBlock, size - first);
    for (std::size_t k = 0; k < rows.size(); ++k) {
      const auto* from = static_cast<const Half*>(rows[k]) + first;
      float* to = wide.data() + k * kBlock;
      std::copy(from, from + count, to);
      blocks[k] = to;
    }
    finite &= sum_rows_of(blocks, weights, sum.data(), count);
    std::copy(sum.data(), sum.data() + count, out + first);
  }
  return finite;
}

template <class T>
bool finite_values(const T* x, std::int64_t size) {
  if constexpr (std::is_same_v<T, Half>) return std::all_of(x, x + size, [](Half v) { return (v.x & 0x7f80) != 0x7f80; });
  else return all_finite(x, static_cast<std::size_t>(size));
}

}  // namespace

bool weighted_sum(const std::vector<const void*>& rows, const std::vector<double>& weights, Vec& out, std::int64_t out_offset, std::int64_t size) {
  return with_type(out.scalar_type(), [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    return sum_rows_of(rows, weights, out.data_ptr<T>() + out_offset, size);
  });
}

void subtract(const Vec& a, const Vec& b, Vec& out) {
  const auto size = static_cast<std::size_t>(a.numel());
  with_type(out.scalar_type(), [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    const T *from = a.data_ptr<T>(), *less = b.data_ptr<T>();
    T* to = out.data_ptr<T>();
    if constexpr (std::is_same_v<T, Half>) std::transform(from, from + size, less, to, [](Half x, Half y) { return Half(static_cast<float>(x) - static_cast<float>(y)); });
    else subtract(from, less, to, size);
  });
}

void accumulate(const Vec& a, Vec& x) {
  const auto size = static_cast<std::size_t>(a.numel());
  with_type(x.scalar_type(), [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    const T* from = a.data_ptr<T>();
    T* to = x.data_ptr<T>();
    if constexpr (std::is_same_v<T, Half>) std::transform(from, from + size, to, to, [](Half u, Half v) { return Half(static_cast<float>(v) + static_cast<float>(u)); });
    else accumulate(from, to, size);
  });
}

bool all_finite(const Vec& x) {
  return with_type(x.scalar_type(), [&](auto* type) { return finite_values(x.data_ptr<std::remove_pointer_t<decltype(type)>>(), x.numel()); });
}

bool all_finite(const Tensor& tensor) {
  const auto size = tensor.elements();
  if (tensor.dtype == Dtype::f32) return finite_values(tensor.as<float>(), size);
  if (tensor.dtype == Dtype::f64) return finite_values(tensor.as<double>(), size);
  if (tensor.dtype == Dtype::bf16) return finite_values(tensor.as<Half>(), size);
  throw Error(Fault::bug, "a tensor of a type that is none of f32, f64 and bf16");
}

std::vector<double> mean_of(const std::vector<Vec>& vectors) {
  std::vector<double> mean(static_cast<std::size_t>(vectors.front().numel()), 0.0);
  for (const auto& vector : vectors)
    with_type(vector.scalar_type(), [&](auto* type) {
      const auto* x = vector.data_ptr<std::remove_pointer_t<decltype(type)>>();
      for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += static_cast<double>(x[i]);
    });
  for (auto& m : mean) m /= static_cast<double>(vectors.size());
  return mean;
}

double squared_distance(const Vec& x, const std::vector<double>& mean) {
  return with_type(x.scalar_type(), [&](auto* type) {
    const auto* at = x.data_ptr<std::remove_pointer_t<decltype(type)>>();
    double sum = 0;
    for (std::size_t i = 0; i < mean.size(); ++i) sum += (static_cast<double>(at[i]) - mean[i]) * (static_cast<double>(at[i]) - mean[i]);
    return sum;
  });
}

Vec& ScratchVectors::like(const Vec& x, std::size_t which) {
  if (vectors_.size() <= which) vectors_.resize(which + 1);
  Vec& v = vectors_[which];
  if (!v.defined() || v.numel() != x.numel() || v.scalar_type() != x.scalar_type() || v.device() != x.device()) v = torch::empty_like(x);
  return v;
}

WorkspacePool<ScratchVectors>& scratch_vectors() {
  static auto* pool = new WorkspacePool<ScratchVectors>;   // never destroyed: LibTorch's statics may go first
  return *pool;
}

}  // namespace dml
