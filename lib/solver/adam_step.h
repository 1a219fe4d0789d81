// What adam and adamw share.
#pragma once
#include <string>

#include "solver/solver.h"

namespace dml {

struct AdamOptions { double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0; };

/// m <- beta1 m + (1 - beta1) g;  v <- beta2 v + (1 - beta2) g^2;  x <- x - lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon).
/// `decoupled`: decay is no part of g; before the step x <- (1 - lr decay) x.
class AdamStep : public GradientSolver {
 public:
  AdamStep(const AdamOptions& options, bool decoupled) : options_(options), decoupled_(decoupled) {}
  Record save() const override;
  void load(const Record& state, const Vec& like) override;

 protected:
  void update(Vec& x, Vec& g, double lr) override;

 private:
  AdamOptions options_;
  bool decoupled_;
  Memory mean_{"mean"}, square_{"square"};
  std::uint64_t steps_ = 0;
  double power1_ = 1, power2_ = 1;                         // beta1^t, beta2^t
};

/// O: AdamOptions, or what derives from it to have other defaults.
template <class O>
Options<O> adam_options(const std::string& decay) {
  return Options<O>()
      .add("beta1", static_cast<double O::*>(&O::beta1), "share of the mean gradient that is kept", between(0, 0.999999))
      .add("beta2", static_cast<double O::*>(&O::beta2), "share of the mean squared gradient that is kept", between(0, 0.99999999))
      .add("epsilon", static_cast<double O::*>(&O::epsilon), "added to the root of the mean square", above(0))
      .add("weight-decay", static_cast<double O::*>(&O::weight_decay), decay, at_least(0));
}

}  // namespace dml
