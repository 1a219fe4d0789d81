// Local optimisers: one step on one batch.
#pragma once
#include <memory>

#include "objective/objective.h"

namespace dml {

class Solver {
 public:
  virtual ~Solver() = default;
  /// x <- one step with rate `lr` from the gradient over `batch`; returns the batch loss before the step.
  virtual double step(Vec& x, const GradientOracle& objective, Batch batch, double lr) = 0;
  virtual Record save() const { return {"solver", {}, {}, {}}; }
  virtual void load(const Record&) {}
};

void register_solvers(Registry<Solver>& registry);

}  // namespace dml
