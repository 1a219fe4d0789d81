#include "aggregate/flatten.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/error.h"

namespace dml {
namespace {

constexpr std::size_t kPiece = 65536;                       // elements that are widened or rounded at once

bool aligned(const Bytes& bytes, std::size_t to) { return reinterpret_cast<std::uintptr_t>(bytes.data()) % to == 0; }

// A conversion passes through doubles, piece by piece, so that it needs little memory.
void widen(const Tensor& tensor, Dtype dtype, std::byte* to) {
  const std::size_t from_size = size_of(tensor.dtype), to_size = size_of(dtype);
  const std::size_t count = tensor.data.size() / from_size;
  for (std::size_t i = 0; i < count; i += kPiece) {
    const std::size_t n = std::min(kPiece, count - i);
    const auto values = to_doubles({{}, tensor.dtype, {static_cast<std::int64_t>(n)}, tensor.data.slice(i * from_size, n * from_size), {}});
    if (dtype == Dtype::f64) std::memcpy(to + i * to_size, values.data(), n * to_size);
    else std::copy(values.begin(), values.end(), reinterpret_cast<float*>(to) + i);
  }
}

Bytes narrow(const Bytes& row, Dtype row_type, Dtype dtype) {
  const std::size_t from_size = size_of(row_type), to_size = size_of(dtype);
  const std::size_t count = row.size() / from_size;
  Buffer out(count * to_size);
  for (std::size_t i = 0; i < count; i += kPiece) {
    const std::size_t n = std::min(kPiece, count - i);
    const auto values = to_doubles({{}, row_type, {static_cast<std::int64_t>(n)}, row.slice(i * from_size, n * from_size), {}});
    const Bytes rounded = from_doubles(values.data(), n, dtype);
    std::memcpy(out.data() + i * to_size, rounded.data(), n * to_size);
  }
  return std::move(out).freeze();
}

}  // namespace

Dtype row_dtype(const Record& layout) {
  for (const auto& tensor : layout.tensors)
    if (tensor.dtype == Dtype::f64) return Dtype::f64;
  return Dtype::f32;
}

std::size_t row_columns(const Record& layout, const std::string& where) {
  std::size_t columns = 0, tensors = 0;
  for (const auto& tensor : layout.tensors)
    if (is_floating(tensor.dtype)) {
      columns += tensor.data.size() / size_of(tensor.dtype);
      ++tensors;
    }
  if (tensors == 0) throw Error(Fault::input, where + " has no floating-point tensor to aggregate");
  return columns;
}

Bytes to_row(Record& record, Dtype dtype) {
  std::size_t columns = 0, tensors = 0;
  for (const auto& tensor : record.tensors)
    if (is_floating(tensor.dtype)) {
      columns += tensor.data.size() / size_of(tensor.dtype);
      ++tensors;
    }
  for (const auto& tensor : record.tensors)
    if (tensors == 1 && tensor.dtype == dtype && aligned(tensor.data, size_of(dtype))) return tensor.data;
  Buffer row(columns * size_of(dtype));
  std::byte* to = row.data();
  for (auto& tensor : record.tensors) {
    if (!is_floating(tensor.dtype)) continue;
    const std::size_t bytes = tensor.data.size() / size_of(tensor.dtype) * size_of(dtype);
    if (tensor.dtype != dtype) widen(tensor, dtype, to);
    else if (bytes) std::memcpy(to, tensor.data.data(), bytes);
    to += bytes;
    tensor.data = {};
  }
  return std::move(row).freeze();
}

std::vector<Tensor> from_row(const Record& layout, const Bytes& row, Dtype dtype) {
  std::vector<Tensor> out;
  std::size_t at = 0;
  for (const auto& tensor : layout.tensors) {
    out.push_back(tensor);
    if (!is_floating(tensor.dtype)) continue;
    const std::size_t bytes = static_cast<std::size_t>(tensor.elements()) * size_of(dtype);
    const Bytes part = row.slice(at, bytes);
    out.back().data = tensor.dtype == dtype ? part : narrow(part, dtype, tensor.dtype);
    at += bytes;
  }
  return out;
}

}  // namespace dml
