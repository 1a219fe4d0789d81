// Adam with bias correction; weight decay is part of the gradient.
// Source: Kingma and Ba, ICLR 2015, Algorithm 1; epsilon is outside the root, as there and in torch.optim.Adam.
#include "solver/adam_step.h"

namespace dml {
namespace {

struct Adam final : AdamStep {
  explicit Adam(const AdamOptions& options) : AdamStep(options, false) {}
};

}  // namespace

void register_adam(Registry<Solver>& registry) {
  registry.add<Adam>({"adam", "steps of adaptive length from two moments of the gradient", "Kingma and Ba, ICLR 2015"}, adam_options<AdamOptions>("factor of the decay term, part of the gradient"));
}

}  // namespace dml
