#include "solver/adam_step.h"

#include <cmath>

namespace dml {

void AdamStep::update(Vec& x, Vec& g, double lr) {
  const torch::NoGradGuard no_gradient;
  const auto& o = options_;
  if (o.weight_decay > 0) {
    if (decoupled_) x.mul_(1 - lr * o.weight_decay);
    else g.add_(x, o.weight_decay);
  }
  ++steps_;
  power1_ *= o.beta1;
  power2_ *= o.beta2;
  auto &m = mean_.of(x), &v = square_.of(x);
  m.mul_(o.beta1).add_(g, 1 - o.beta1);
  v.mul_(o.beta2).addcmul_(g, g, 1 - o.beta2);
  at::sqrt_out(g, v);                                      // g has done its work
  g.div_(std::sqrt(1 - power2_)).add_(o.epsilon);
  x.addcdiv_(m, g, -lr / (1 - power1_));
}

Record AdamStep::save() const {
  Record out{"solver", {{"steps", steps_}, {"power1", power1_}, {"power2", power2_}}, {}, {}};
  mean_.save(out);
  square_.save(out);
  return out;
}

void AdamStep::load(const Record& state, const Vec& like) {
  const auto steps = get_unsigned(state.meta, "steps");
  const auto power1 = get_number(state.meta, "power1"), power2 = get_number(state.meta, "power2");
  if (!steps || !power1 || !power2 || (*steps > 0 && (!state.find("mean") || !state.find("square"))))
    throw Error(Fault::input, "the saved state is not one of adam");
  steps_ = *steps;
  power1_ = *power1;
  power2_ = *power2;
  mean_.load(state, like);
  square_.load(state, like);
}

}  // namespace dml
