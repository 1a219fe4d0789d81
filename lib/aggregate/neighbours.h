// How close every input is to its nearest others: what Krum and its relatives decide by.
#pragma once
#include <cstddef>
#include <vector>

namespace dml {

/// score[i] = sum of the `nearest` least distances (i, j), j != i, added in ascending order. `distances`: count x count, symmetric.
std::vector<double> neighbour_scores(const std::vector<double>& distances, std::size_t count, std::size_t nearest);

/// The first index of the least score.
std::size_t least(const std::vector<double>& scores);

}  // namespace dml
