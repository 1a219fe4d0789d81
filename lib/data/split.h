// What partitioners share.
#pragma once
#include <cstdint>
#include <functional>
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
/// The same from Dir(alphas); an alpha of 0 gives 0.
std::vector<double> dirichlet(Rng& rng, const std::vector<double>& alphas);

/// Where each node's share of `count` samples ends: cumulative shares, rounded down; the last end is `count`, so no sample is lost.
std::vector<std::size_t> cuts(const std::vector<double>& shares, std::size_t count);

/// Draws `draw(attempt)` again until every part has at least `least` samples; ascending parts. Error(usage) that says `what` after about
/// a second of hopeless draws, of `work` random numbers each.
Parts draw_until(std::size_t least, std::size_t work, const std::string& what, const std::function<Parts(std::uint32_t)>& draw);

/// The only column of a csv file, `count` numbers: Error(input) naming it.
std::vector<double> read_column(const std::string& path, std::size_t count, const PartitionSetup& setup);

/// Sample indices in the order in which they are cut: by ascending `scores` (a file with a number for every training sample, ties as they
/// are; "inc"), by descending ("dec"), or shuffled by `rng` ("rand"). Error(usage) naming `rule` when an order needs scores and has none.
std::vector<std::uint32_t> ordered_samples(std::size_t count, const std::string& order, const std::string& scores, const PartitionSetup& setup,
                                           const std::string& rule, Rng& rng);

/// Error(usage) unless there are nodes, and at least `each` samples for every one of them. `rule` names the partitioner.
void need_samples(const std::vector<std::int32_t>& labels, const PartitionSetup& setup, std::size_t each, const std::string& rule);

}  // namespace dml
