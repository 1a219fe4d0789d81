// What partitioners share.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "data/dataset.h"

namespace dml {

using Parts = std::vector<std::vector<std::uint32_t>>;

/// Indices of every class's samples, ascending; a label outside 0..classes-1 is Error(input).
Parts samples_by_class(const std::vector<std::int32_t>& labels, int classes);

/// k numbers >= 0 that sum to 1, from Dir(alpha 1_k); for an alpha so small that all gammas are 0, one of them is 1.
std::vector<double> dirichlet(Rng& rng, std::size_t k, double alpha);

/// Error(usage) unless there are nodes, and at least `each` samples for every one of them. `rule` names the partitioner.
void need_samples(const std::vector<std::int32_t>& labels, const PartitionSetup& setup, std::size_t each, const std::string& rule);

}  // namespace dml
