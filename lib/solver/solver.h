// Local optimisers: one step on one batch.
#pragma once
#include <memory>

#include "objective/objective.h"

namespace dml {

class Solver {
 public:
  virtual ~Solver() = default;
  /// x <- one step with rate `lr` from the gradient over `batch`; returns the batch loss before the step. x is as the objective's oracles
  /// take it. Buffers of x become what the gradient oracle says.
  virtual double step(Vec& x, const GradientOracle& objective, Batch batch, double lr) = 0;
  /// What it remembers: tensors f32 or f64. load() gives it back; `like` is the x of the steps to come. Error(input) when it does not fit.
  virtual Record save() const { return {"solver", {}, {}, {}}; }
  virtual void load(const Record& state, const Vec& like);
};

/// Solvers that take one gradient a step.
class GradientSolver : public Solver {
 public:
  double step(Vec& x, const GradientOracle& objective, Batch batch, double lr) final;

 protected:
  /// x <- the step from gradient g, which may be overwritten. Buffers are looked after: g is 0 there.
  virtual void update(Vec& x, Vec& g, double lr) = 0;
};

/// A solver's memory of one vector, zero until the first step: momentum and its like. Not made before it is needed.
class Memory {
 public:
  explicit Memory(std::string name) : name_(std::move(name)) {}
  /// The vector, like x.
  torch::Tensor& of(const Vec& x);
  void save(Record& to) const;
  void load(const Record& from, const Vec& like);

 private:
  std::string name_;
  torch::Tensor value_;
};

/// Where a run is: rates may depend on it.
struct RateStep {
  std::uint64_t round = 0, rounds = 0;                     // rounds 0: nobody knows how many there will be
  int step = 0, steps = 1;                                 // within the round
  double rounds_done() const { return static_cast<double>(round) + static_cast<double>(step) / steps; }
};

/// A factor on --lr that changes during a run: --solver warm-up:rounds=5+cosine+momentum. Has no memory.
class Rate {
 public:
  virtual ~Rate() = default;
  /// Above or equal to 0. Error(usage) when it needs a length of the run that nobody knows.
  virtual double factor(const RateStep& at) const = 0;
};

void register_solvers(Registry<Solver>& registry);
void register_rates(Registry<Rate>& registry);

}  // namespace dml
