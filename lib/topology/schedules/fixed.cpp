// The same number of extra peers in every round, the last included.
// Source: Zhu et al. 2025 (arXiv 2507.06542); card single-merge, 'schedules'. Symbols: r_start = start.
#include "topology/progress.h"
#include "topology/topology.h"

namespace dml {
namespace {

struct FixedOptions { double start = 0.2; };

class Fixed final : public Schedule {
 public:
  explicit Fixed(FixedOptions options) : start_(no_less_than_zero(options.start, "fixed:start")) {}
  double peers(std::uint64_t, std::uint64_t) const override { return start_; }

 private:
  double start_;
};

}  // namespace

void register_fixed(Registry<Schedule>& registry) {
  registry.add<Fixed>({"fixed", "the same number of peers in every round", "Zhu et al. 2025, arXiv 2507.06542"},
                      Options<FixedOptions>().add("start", &FixedOptions::start, "extra peers per node and round, may be fractional"),
                      {Trait::exact_anywhere});
}

}  // namespace dml
