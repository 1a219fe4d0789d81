// Sorting networks: lists of compare-exchanges that put any n values in order, whatever they are.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace dml {

/// Puts the smaller of two places into `low`, the larger into `high`.
struct Exchange {
  std::uint32_t low, high;
};

/// Batcher's merge exchange for `size` places (Knuth, The Art of Computer Programming 3, 5.2.2, algorithm M), without the exchanges
/// that places first..last-1 of the result do not depend on.
std::vector<Exchange> sorting_network(std::size_t size, std::size_t first, std::size_t last);

}  // namespace dml
