#include "data/batch.h"

#include <cstring>

#include "base/error.h"

namespace dml {
namespace {

// One bit per position of a part, all zero between calls.
std::vector<std::uint64_t>& marks(std::size_t positions) {
  thread_local std::vector<std::uint64_t> bits;
  if (bits.size() * 64 < positions) bits.resize((positions + 63) / 64);
  return bits;
}

}  // namespace

void draw_batch(std::span<const std::uint32_t> part, int batch, Rng rng, std::vector<std::uint32_t>& out) {
  if (part.empty()) throw Error(Fault::usage, "a node has no samples to draw a batch from");
  const std::size_t n = part.size(), count = batch > 0 ? static_cast<std::size_t>(batch) : 0;
  out.clear();
  if (count == n) {
    out.assign(part.begin(), part.end());
    return;
  }
  if (count > n) {
    for (std::size_t k = 0; k < count; ++k) out.push_back(part[rng.below(n)]);
    return;
  }
  // Floyd's method (Bentley and Floyd, CACM 1987): `count` draws, whatever n.
  auto& taken = marks(n);
  for (std::size_t j = n - count; j < n; ++j) {
    std::size_t pick = rng.below(j + 1);
    if (taken[pick / 64] >> (pick % 64) & 1) pick = j;
    taken[pick / 64] |= std::uint64_t{1} << (pick % 64);
    out.push_back(static_cast<std::uint32_t>(pick));
  }
  for (auto& pick : out) {
    taken[pick / 64] = 0;
    pick = part[pick];
  }
}

void gather(const Dataset& data, const Samples& samples, const Batch& batch, float* out) {
  const auto features = samples.features;
  for (std::size_t i = 0; i < batch.size(); ++i) std::memcpy(out + i * features, samples.x.data() + batch[i] * features, features * sizeof(float));
  if (!batch.random || data.augmentations.empty()) return;
  Rng rng = *batch.random;
  for (std::size_t i = 0; i < batch.size(); ++i)           // the innermost first, as in f(g(x))
    for (auto step = data.augmentations.rbegin(); step != data.augmentations.rend(); ++step) (*step)->apply(out + i * features, data.image, rng);
}

}  // namespace dml
