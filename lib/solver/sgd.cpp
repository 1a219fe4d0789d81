// Stochastic gradient descent: x <- x - lr (g + decay x), g the gradient of the mean loss over the batch at x.
// Source: Robbins and Monro 1951; decay as in Hanson and Pratt, NIPS 1988 (coupled: it is part of the gradient).
#include "math/linear.h"
#include "solver/solver.h"

namespace dml {
namespace {

struct SgdOptions { double weight_decay = 0; };

class Sgd final : public GradientSolver {
 public:
  explicit Sgd(SgdOptions options) : decay_(options.weight_decay) {}

 protected:
  void update(Vec& x, Vec& g, double lr) override {
    const auto size = static_cast<std::size_t>(x.numel());
    if (!x.device().is_cpu()) x.sub_(decay_ > 0 ? g.add_(x, decay_) : g, lr);
    else if (x.scalar_type() == torch::kFloat32) descend(x.data_ptr<float>(), g.data_ptr<float>(), static_cast<float>(lr), static_cast<float>(decay_), size);
    else descend(x.data_ptr<double>(), g.data_ptr<double>(), lr, decay_, size);
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
