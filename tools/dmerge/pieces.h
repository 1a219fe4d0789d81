// A tensor's elements as doubles, piece by piece: widening all of them at once would take up to eight times the tensor.
#pragma once
#include <algorithm>

#include "wire/tensor.h"

namespace dml {

inline constexpr std::size_t kPieceElements = 64 << 10;

/// Elements `first` to `first + count` as a tensor of rank 1 that shares the data.
inline Tensor piece_of(const Tensor& tensor, std::size_t first, std::size_t count) {
  const std::size_t width = size_of(tensor.dtype);
  return {tensor.name, tensor.dtype, {static_cast<std::int64_t>(count)}, tensor.data.slice(first * width, count * width), {}};
}

/// Calls visit(first, count) for pieces that cover the tensor.
template <class Visit>
void for_each_piece(const Tensor& tensor, Visit visit) {
  const auto elements = static_cast<std::size_t>(tensor.elements());
  for (std::size_t first = 0; first < elements; first += kPieceElements) visit(first, std::min(kPieceElements, elements - first));
}

}  // namespace dml
