// How weights start. All numbers are drawn here, from Rng: the bits do not depend on LibTorch's generator.
#pragma once
#include <string>
#include <vector>

#include "objective/objective.h"

namespace dml {

/// Names of the rules, for one_of():
///   fan-in            weights and biases uniform +-1/sqrt(fan_in), as torch.nn draws them
///   kaiming-uniform   +-sqrt(6 / fan_in), kaiming-normal N(0, 2 / fan_in): He et al., ICCV 2015, for ReLU
///   xavier-uniform    +-sqrt(6 / (fan_in + fan_out)), xavier-normal N(0, 2 / (fan_in + fan_out)): Glorot and Bengio, AISTATS 2010
///   orthogonal        rows or columns (the fewer) orthonormal: Saxe et al., ICLR 2014
///   normal            N(0, 0.02^2): Radford et al. 2018;  zeros
/// All but fan-in leave biases 0.
const std::vector<std::string>& initialisations();

/// Fills out[0..out x in) row by row: the weights of a layer as a matrix of fan_out-many units. `fan_in`, `fan_out`: inputs to one unit,
/// units that one input reaches. For orthogonal `rows` x `columns` is the matrix.
struct WeightShape { std::int64_t rows = 0, columns = 0, fan_in = 0, fan_out = 0; };
void initialise_weight(const std::string& rule, const WeightShape& shape, double scale, Rng& rng, double* out);
/// A layer's `size` biases.
void initialise_bias(const std::string& rule, std::int64_t fan_in, std::int64_t size, Rng& rng, double* out);

}  // namespace dml
