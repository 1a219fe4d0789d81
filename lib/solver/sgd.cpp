// Stochastic gradient descent: x <- x - lr (g + decay x), g the gradient of the mean loss over the batch at x.
// Source: Robbins and Monro 1951; decay as in Hanson and Pratt, NIPS 1988 (coupled: it is part of the gradient).
#include "math/linear.h"
#include "objective/workspace.h"
#include "solver/solver.h"

namespace dml {
namespace {

struct SgdOptions { double weight_decay = 0; };

struct Scratch { Vec gradient; };

// One gradient per thread, not per node: a thousand simulated nodes share it.
WorkspacePool<Scratch>& scratch() {
  static auto* pool = new WorkspacePool<Scratch>;          // never destroyed: LibTorch's statics may go first
  return *pool;
}

class Sgd final : public Solver {
 public:
  explicit Sgd(SgdOptions options) : decay_(options.weight_decay) {}
  double step(Vec& x, const GradientOracle& objective, Batch batch, double lr) override {
    const auto work = scratch().borrow();
    auto& g = work->gradient;
    if (!g.defined() || g.numel() != x.numel() || g.scalar_type() != x.scalar_type()) g = torch::empty_like(x);
    const double loss = objective.gradient(x, batch, g);
    const auto size = static_cast<std::size_t>(x.numel());
    if (x.scalar_type() == torch::kFloat32)
      descend(x.data_ptr<float>(), g.data_ptr<float>(), static_cast<float>(lr), static_cast<float>(decay_), size);
    else
      descend(x.data_ptr<double>(), g.data_ptr<double>(), lr, decay_, size);
    return loss;
  }

 private:
  double decay_;
};

}  // namespace

void register_sgd(Registry<Solver>& registry) {
  registry.add<Sgd>({"sgd", "plain stochastic gradient descent", "Robbins and Monro 1951"},
                    Options<SgdOptions>().add("weight-decay", &SgdOptions::weight_decay, "factor of the decay term", at_least(0)));
}

}  // namespace dml
