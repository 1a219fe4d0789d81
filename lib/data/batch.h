// Drawing mini-batches.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"

namespace dml {

/// `batch` samples of a node's `part` (sample indices), into `out`: distinct ones, every subset equally likely, in no particular order;
/// with replacement if the node has fewer; the whole part in its own order if it has exactly as many. Memory of `out` is reused. Key the
/// stream by (seed, "batch", node, round, step). Error(usage) if the node has no samples.
void draw_batch(std::span<const std::uint32_t> part, int batch, Rng rng, std::vector<std::uint32_t>& out);

}  // namespace dml
