// A factor every so many rounds: 1, factor, factor^2, ...
// Source: He et al., CVPR 2016, section 4.2 (divided by 10 at fixed times); textbook.
#include <cmath>

#include "solver/solver.h"

namespace dml {
namespace {

struct StepOptions {
  std::uint64_t every = required;
  double factor = 0.1;
};

class Step final : public Rate {
 public:
  explicit Step(StepOptions options) : options_(options) {}
  double factor(const RateStep& at) const override { return std::pow(options_.factor, static_cast<double>(at.round / options_.every)); }

 private:
  StepOptions options_;
};

}  // namespace

void register_step(Registry<Rate>& registry) {
  registry.add<Step>({"step", "multiply the rate by a factor every so many rounds", "He et al., CVPR 2016, section 4.2"},
                         Options<StepOptions>()
                              .add("every", &StepOptions::every, "rounds between two falls", at_least(1))
                              .add("factor", &StepOptions::factor, "at each fall", above(0), at_most(1)));
}

}  // namespace dml
