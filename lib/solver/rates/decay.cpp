// A factor each round: eta_t = eta_0 factor^t.
// Source: card dfedsam, hyper-parameters (eta_0 decay^t).
#include <cmath>

#include "solver/solver.h"

namespace dml {
namespace {

struct DecayOptions { double factor = 0.998; };

class Decay final : public Rate {
 public:
  explicit Decay(DecayOptions options) : factor_(options.factor) {}
  double factor(const RateStep& at) const override { return std::pow(factor_, static_cast<double>(at.round)); }

 private:
  double factor_;
};

}  // namespace

void register_decay(Registry<Rate>& registry) {
  registry.add<Decay>({"decay", "multiply the rate by a factor each round", "Shi et al., ICML 2023, experiments"},
                         Options<DecayOptions>()
                               .add("factor", &DecayOptions::factor, "each round", above(0), at_most(1)));
}

}  // namespace dml
