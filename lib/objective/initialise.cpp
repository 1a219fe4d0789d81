#include "objective/initialise.h"

#include <algorithm>
#include <cmath>

namespace dml {
namespace {

// Q of the QR decomposition of a normal matrix, the signs such that R's diagonal is positive: then Q is uniformly distributed.
void orthogonal(std::int64_t rows, std::int64_t columns, Rng& rng, double* out) {
  const auto tall = std::max(rows, columns), thin = std::min(rows, columns);
  auto normal = torch::empty({tall, thin}, torch::kFloat64);
  for (std::int64_t i = 0; i < normal.numel(); ++i) normal.data_ptr<double>()[i] = rng.normal();
  const auto [q, r] = torch::linalg_qr(normal);
  auto matrix = q * r.diagonal().sgn();
  if (rows < columns) matrix = matrix.t();
  matrix = matrix.contiguous();
  std::copy_n(matrix.data_ptr<double>(), matrix.numel(), out);
}

}  // namespace

const std::vector<std::string>& initialisations() {
  static const std::vector<std::string> names{"fan-in", "kaiming-uniform", "kaiming-normal", "xavier-uniform", "xavier-normal", "orthogonal", "normal", "zeros"};
  return names;
}

void initialise_weight(const std::string& rule, const WeightShape& shape, double scale, Rng& rng, double* out) {
  const auto size = shape.rows * shape.columns;
  const auto in = static_cast<double>(shape.fan_in), both = static_cast<double>(shape.fan_in + shape.fan_out);
  const auto uniform = [&](double bound) { for (std::int64_t i = 0; i < size; ++i) out[i] = rng.uniform(-bound, bound); };
  const auto normal = [&](double deviation) { for (std::int64_t i = 0; i < size; ++i) out[i] = deviation * rng.normal(); };
  if (rule == "fan-in") uniform(1.0 / std::sqrt(in));
  else if (rule == "kaiming-uniform") uniform(std::sqrt(6.0 / in));
  else if (rule == "kaiming-normal") normal(std::sqrt(2.0 / in));
  else if (rule == "xavier-uniform") uniform(std::sqrt(6.0 / both));
  else if (rule == "xavier-normal") normal(std::sqrt(2.0 / both));
  else if (rule == "orthogonal") orthogonal(shape.rows, shape.columns, rng, out);
  else if (rule == "normal") normal(0.02);
  else if (rule == "zeros") std::fill_n(out, size, 0.0);
  else throw Error(Fault::bug, "no initialisation is called " + rule);
  if (scale != 1) std::transform(out, out + size, out, [&](double v) { return scale * v; });
}

void initialise_bias(const std::string& rule, std::int64_t fan_in, std::int64_t size, Rng& rng, double* out) {
  const double bound = rule == "fan-in" ? 1.0 / std::sqrt(static_cast<double>(fan_in)) : 0.0;
  for (std::int64_t i = 0; i < size; ++i) out[i] = bound > 0 ? rng.uniform(-bound, bound) : 0.0;
}

}  // namespace dml
