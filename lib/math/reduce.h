// Sums over vectors, in double, with one order of additions everywhere: blocks of 4096 elements over 16 virtual lanes (element i
// goes to lane i mod 16), a fixed tree over the lanes, blocks in sequence within strips of 65536 elements, strips in sequence. Bits
// are therefore equal on every CPU and for every number of threads; strips are spread over the pool.
#pragma once
#include <cstddef>
#include <vector>

namespace dml {

double sum(const float* a, std::size_t size);
double sum(const double* a, std::size_t size);

double dot(const float* a, const float* b, std::size_t size);
double dot(const double* a, const double* b, std::size_t size);

inline double squared_norm(const float* a, std::size_t size) { return dot(a, a, size); }
inline double squared_norm(const double* a, std::size_t size) { return dot(a, a, size); }

/// Sum of (a_i - b_i)^2 with the differences taken in double: |a|^2 + |b|^2 - 2ab would lose every digit for near-equal models.
double squared_distance(const float* a, const float* b, std::size_t size);
double squared_distance(const double* a, const double* b, std::size_t size);

/// All pairs of `rows`, n x n row-major, symmetric with a zero diagonal; entry (i, j) has the bits of squared_distance. Reads memory
/// about once: a block of columns of all rows stays in the cache while its pairs are done.
std::vector<double> squared_distances(const std::vector<const float*>& rows, std::size_t columns);
std::vector<double> squared_distances(const std::vector<const double*>& rows, std::size_t columns);

}  // namespace dml
