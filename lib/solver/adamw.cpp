// Adam with decoupled weight decay: x <- (1 - lr decay) x before each step of Adam. The default decay is torch.optim.AdamW's, 0.01.
// Source: Loshchilov and Hutter, ICLR 2019, Algorithm 2, with the schedule multiplier inside lr.
#include "solver/adam_step.h"

namespace dml {
namespace {

struct AdamwOptions : AdamOptions {
  AdamwOptions() { weight_decay = 0.01; }
};

struct Adamw final : AdamStep {
  explicit Adamw(const AdamwOptions& options) : AdamStep(options, true) {}
};

}  // namespace

void register_adamw(Registry<Solver>& registry) {
  registry.add<Adamw>({"adamw", "adam with weight decay that is no part of the gradient", "Loshchilov and Hutter, ICLR 2019"}, adam_options<AdamwOptions>("factor of the decay, which shrinks x by lr x weight-decay a step"));
}

}  // namespace dml
