#include "math/network.h"

#include <algorithm>
#include <bit>

namespace dml {
namespace {

std::vector<Exchange> merge_exchange(std::size_t size) {
  std::vector<Exchange> out;
  if (size < 2) return out;
  const std::size_t top = std::bit_ceil(size) / 2;
  for (std::size_t p = top; p > 0; p /= 2) {
    std::size_t r = 0, d = p;
    for (std::size_t q = top;; q /= 2) {
      for (std::size_t i = 0; i + d < size; ++i)
        if ((i & p) == r) out.push_back({static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(i + d)});
      if (q == p) break;
      d = q - p;
      r = p;
    }
  }
  return out;
}

}  // namespace

std::vector<Exchange> sorting_network(std::size_t size, std::size_t first, std::size_t last) {
  std::vector<char> needed(size);
  for (std::size_t i = first; i < last; ++i) needed[i] = true;
  // Backwards: an exchange matters when one of its places does, and then both of its inputs do.
  const auto all = merge_exchange(size);
  std::vector<Exchange> kept;
  for (auto exchange = all.rbegin(); exchange != all.rend(); ++exchange) {
    if (!needed[exchange->low] && !needed[exchange->high]) continue;
    needed[exchange->low] = needed[exchange->high] = true;
    kept.push_back(*exchange);
  }
  std::reverse(kept.begin(), kept.end());
  return kept;
}

}  // namespace dml
