// eta(s) = eta_0 (1 + a s)^(-b), s the local step within a round, or with whole=true the step of the whole run.
// Source: Vahidian et al., ICCV 2023, reference code (card curricula: a 0.001, b 0.75, s restarts in every local run).
#include <cmath>

#include "solver/solver.h"

namespace dml {
namespace {

struct PowerOptions {
  double a = 0.001, b = 0.75;
  bool whole = false;
};

class Power final : public Rate {
 public:
  explicit Power(PowerOptions options) : options_(options) {}
  double factor(const RateStep& at) const override {
    const double s = options_.whole ? static_cast<double>(at.round) * at.steps + at.step : at.step;
    return std::pow(1 + options_.a * s, -options_.b);
  }

 private:
  PowerOptions options_;
};

}  // namespace

void register_power(Registry<Rate>& registry) {
  registry.add<Power>({"power", "a power of the number of steps taken", "Vahidian et al., ICCV 2023"},
                         Options<PowerOptions>()
                               .add("a", &PowerOptions::a, "how soon it falls", at_least(0))
                               .add("b", &PowerOptions::b, "exponent", at_least(0))
                               .add("whole", &PowerOptions::whole, "count the steps of the whole run, not of the round"));
}

}  // namespace dml
