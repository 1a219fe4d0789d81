// A linear rise from lr / (steps of the rise) to lr over the first rounds, step by step.
// Source: Goyal et al. 2017 (arXiv 1706.02677), section 2.2, gradual warm-up.
#include <algorithm>

#include "solver/solver.h"

namespace dml {
namespace {

struct WarmUpOptions { std::uint64_t rounds = required; };

class WarmUp final : public Rate {
 public:
  explicit WarmUp(WarmUpOptions options) : rounds_(static_cast<double>(options.rounds)) {}
  double factor(const RateStep& at) const override { return std::min(1.0, (at.rounds_done() + 1.0 / at.steps) / rounds_); }

 private:
  double rounds_;
};

}  // namespace

void register_warm_up(Registry<Rate>& registry) {
  registry.add<WarmUp>({"warm-up", "raise the rate linearly over the first rounds", "Goyal et al. 2017, arXiv 1706.02677"},
                         Options<WarmUpOptions>()
                                .add("rounds", &WarmUpOptions::rounds, "in which the full rate is reached", at_least(1)));
}

}  // namespace dml
