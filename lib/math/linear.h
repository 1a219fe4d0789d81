// Element-wise vector loops on Highway, chosen for the CPU at run time. Each output element is computed by the same sequence of
// rounded operations on every CPU (no reductions, no fused multiply-add), so the bits are the same everywhere.
#pragma once
#include <cstddef>

namespace dml {

/// out[i] = (..(w[0] r[0][i] + w[1] r[1][i]) + ..) + w[count-1] r[count-1][i], the weights rounded to T first. `out` must not overlap
/// a row. Returns whether every out[i] is finite. count >= 1.
bool weighted_sum(const float* const* rows, const double* weights, std::size_t count, float* out, std::size_t size);
bool weighted_sum(const double* const* rows, const double* weights, std::size_t count, double* out, std::size_t size);

/// x[i] -= rate * (g[i] + decay * x[i]); the decay term is left out when decay == 0.
void descend(float* x, const float* g, float rate, float decay, std::size_t size);
void descend(double* x, const double* g, double rate, double decay, std::size_t size);

/// out[i] = a[i] - b[i]; out may be a or b.
void subtract(const float* a, const float* b, float* out, std::size_t size);
void subtract(const double* a, const double* b, double* out, std::size_t size);

/// out[i] += a[i].
void accumulate(const float* a, float* out, std::size_t size);
void accumulate(const double* a, double* out, std::size_t size);

/// out[i] = factor * a[i]; out may be a.
void scale(const float* a, float factor, float* out, std::size_t size);
void scale(const double* a, double factor, double* out, std::size_t size);

/// Neither NaN nor infinite, all of them.
bool all_finite(const float* a, std::size_t size);
bool all_finite(const double* a, std::size_t size);

/// m[r][c] = max(m[r][c] + bias[c], 0), or without the max.
void add_bias(float* m, const float* bias, std::size_t rows, std::size_t columns, bool relu);
void add_bias(double* m, const double* bias, std::size_t rows, std::size_t columns, bool relu);

/// m[i] = 0 where activation[i] <= 0: the gradient of the max above.
void mask_relu(float* m, const float* activation, std::size_t size);
void mask_relu(double* m, const double* activation, std::size_t size);

/// out[c] = m[0][c] + m[1][c] + ..., in row order.
void sum_rows(const float* m, std::size_t rows, std::size_t columns, float* out);
void sum_rows(const double* m, std::size_t rows, std::size_t columns, double* out);

}  // namespace dml
