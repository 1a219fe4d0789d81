// Rows in, one row out, column by column. Each output element goes through the same rounded operations on every CPU and for every
// number of threads; blocks of columns are spread over the pool.
#pragma once
#include <cstddef>
#include <vector>

namespace dml {

/// out[j] = (..(w[0] r[0][j] + w[1] r[1][j]) + ..) / divisor in double, in row order, rounded once to the element type. `weights`
/// has one entry per row; `out` must not overlap a row.
void weighted_rows(const std::vector<const float*>& rows, std::size_t columns, const std::vector<double>& weights, double divisor,
                   float* out);
void weighted_rows(const std::vector<const double*>& rows, std::size_t columns, const std::vector<double>& weights, double divisor,
                   double* out);

/// out[j] = mean of the values ranked first..last-1 (from 0, ascending) in column j, added in ascending order in double. Values must
/// be finite; -0 comes out as +0, so the bits do not depend on the order of the rows. Up to 1024 rows are sorted by a network, in vector
/// registers across columns; above that columns are selected one by one. first < last <= number of rows.
void mean_of_ranks(const std::vector<const float*>& rows, std::size_t columns, std::size_t first, std::size_t last, float* out);
void mean_of_ranks(const std::vector<const double*>& rows, std::size_t columns, std::size_t first, std::size_t last, double* out);

}  // namespace dml
