// A named, typed, shaped block of little-endian row-major bytes.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/bytes.h"
#include "wire/value.h"

namespace dml {

enum class Dtype : std::uint8_t { f64, f32, f16, bf16, f8_e4m3, f8_e5m2, i64, i32, i16, i8, u64, u32, u16, u8, boolean };

std::size_t size_of(Dtype dtype);
bool is_floating(Dtype dtype);
std::string_view to_string(Dtype dtype);                         // "f32", ..., "bool"
std::optional<Dtype> parse_dtype(std::string_view name);

struct Tensor {
  std::string name;
  Dtype dtype = Dtype::f32;
  std::vector<std::int64_t> shape;                               // empty: a scalar
  Bytes data;                                                    // elements() * size_of(dtype) bytes
  Attributes extra;                                              // keys that this version does not know, passed on

  std::int64_t elements() const;
  /// Typed access to aligned data; the caller has checked dtype.
  template <class T> const T* as() const { return reinterpret_cast<const T*>(data.data()); }
};

std::string shape_text(const std::vector<std::int64_t>& shape);  // 64x784; "scalar" for rank 0

/// Element-wise widening to double and rounding (to nearest, ties to even) back to `dtype`; any numeric dtype.
std::vector<double> to_doubles(const Tensor& tensor);
Bytes from_doubles(const double* values, std::size_t count, Dtype dtype);
template <class T> struct DtypeOf;
template <> struct DtypeOf<float> { static constexpr Dtype value = Dtype::f32; };
template <> struct DtypeOf<double> { static constexpr Dtype value = Dtype::f64; };
template <> struct DtypeOf<std::int64_t> { static constexpr Dtype value = Dtype::i64; };
template <> struct DtypeOf<std::uint64_t> { static constexpr Dtype value = Dtype::u64; };
template <> struct DtypeOf<std::int32_t> { static constexpr Dtype value = Dtype::i32; };
template <> struct DtypeOf<std::uint32_t> { static constexpr Dtype value = Dtype::u32; };
template <> struct DtypeOf<std::uint8_t> { static constexpr Dtype value = Dtype::u8; };

template <class T>
Tensor make_tensor(std::string name, const std::vector<T>& values, std::vector<std::int64_t> shape = {-1}) {
  if (shape.size() == 1 && shape[0] == -1) shape[0] = static_cast<std::int64_t>(values.size());
  return {std::move(name), DtypeOf<T>::value, std::move(shape), Bytes::copy(values.data(), values.size() * sizeof(T)), {}};
}

}  // namespace dml
