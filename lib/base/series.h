// Taylor coefficients behind portable_sincos_turn, from the highest power down; its scalar and its vector form walk the same lists, so
// their bits cannot part.
#pragma once

namespace dml {

/// sin x = x + x (y p(y)), cos x = 1 + y q(y), y = x^2, |x| <= pi/4; the first left-out term is below 1e-16.
inline constexpr double kSineSeries[] = {-1.0 / 1307674368000.0, 1.0 / 6227020800.0, -1.0 / 39916800.0, 1.0 / 362880.0,
                                         -1.0 / 5040.0,          1.0 / 120.0,        -1.0 / 6.0};
inline constexpr double kCosineSeries[] = {1.0 / 20922789888000.0, -1.0 / 87178291200.0, 1.0 / 479001600.0, -1.0 / 3628800.0,
                                           1.0 / 40320.0,          -1.0 / 720.0,         1.0 / 24.0,        -0.5};

}  // namespace dml
