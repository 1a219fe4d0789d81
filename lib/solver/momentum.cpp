// Momentum: v <- beta v + g + decay x;  heavy ball: x <- x - lr v;  Nesterov: x <- x - lr (g + decay x + beta v).
// Source: Polyak 1964; Nesterov 1983 in the form of Sutskever et al., ICML 2013, as torch.optim.SGD computes it (no dampening).
#include "solver/solver.h"

namespace dml {
namespace {

struct MomentumOptions {
  double beta = 0.9, weight_decay = 0;
  bool nesterov = false;
};

class Momentum final : public GradientSolver {
 public:
  explicit Momentum(MomentumOptions options) : options_(options) {}
  Record save() const override {
    Record out{"solver", {}, {}, {}};
    velocity_.save(out);
    return out;
  }
  void load(const Record& state, const Vec& like) override { velocity_.load(state, like); }

 protected:
  void update(Vec& x, Vec& g, double lr) override {
    const torch::NoGradGuard no_gradient;
    if (options_.weight_decay > 0) g.add_(x, options_.weight_decay);
    auto& v = velocity_.of(x);
    v.mul_(options_.beta).add_(g);
    x.sub_(options_.nesterov ? g.add_(v, options_.beta) : v, lr);
  }

 private:
  MomentumOptions options_;
  Memory velocity_{"velocity"};
};

}  // namespace

void register_momentum(Registry<Solver>& registry) {
  using O = MomentumOptions;
  registry.add<Momentum>({"momentum", "gradient descent with heavy-ball or Nesterov momentum", "Polyak 1964; Sutskever et al., ICML 2013"},
                         Options<O>()
                             .add("beta", &O::beta, "share of the velocity that is kept", between(0, 1))
                             .add("nesterov", &O::nesterov, "the gradient looks ahead by one velocity")
                             .add("weight-decay", &O::weight_decay, "factor of the decay term, part of the gradient", at_least(0)));
}

}  // namespace dml
