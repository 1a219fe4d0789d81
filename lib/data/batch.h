// Drawing mini-batches.
#pragma once
#include <concepts>
#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "data/dataset.h"

namespace dml {

/// Indices into the training samples (or into a closed-form problem's terms); may repeat.
struct Batch : std::span<const std::uint32_t> {
  using Indices = std::span<const std::uint32_t>;
  template <std::convertible_to<Indices> R>
  Batch(const R& indices, const Rng* random = nullptr) : Indices(indices), random(random) {}

  /// Where the data's augmentations draw from; absent: samples as they are. Whoever evaluates a batch twice sees the same samples.
  const Rng* random;
};

/// Copies the batch's samples to `out` (batch.size() x features), augmented where the batch says from what.
void gather(const Dataset& data, const Samples& samples, const Batch& batch, float* out);

/// `batch` samples of a node's `part` (sample indices), into `out`: distinct ones, every subset equally likely, in no particular order;
/// with replacement if the node has fewer; the whole part in its own order if it has exactly as many. Memory of `out` is reused. Key the
/// stream by (seed, "batch", node, round, step). Error(usage) if the node has no samples.
void draw_batch(std::span<const std::uint32_t> part, int batch, Rng rng, std::vector<std::uint32_t>& out);

}  // namespace dml
