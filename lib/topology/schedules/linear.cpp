// r = start + (end - start) q with progress q = (t + 1)/T; the last round has exactly end.
// Source: Zhu et al. 2025 (arXiv 2507.06542); card single-merge, 'schedules'. Symbols: r_start = start, r_end = end.
#include "topology/progress.h"
#include "topology/topology.h"

namespace dml {
namespace {

struct LinearOptions { double start = 0.2, end = required; };

class Linear final : public Schedule {
 public:
  explicit Linear(LinearOptions options)
      : start_(no_less_than_zero(options.start, "linear:start")), end_(no_less_than_zero(options.end, "linear:end")) {}
  double peers(std::uint64_t round, std::uint64_t rounds) const override {
    const double q = progress(round, rounds);
    return q >= 1 ? end_ : start_ + (end_ - start_) * q;
  }

 private:
  double start_, end_;
};

}  // namespace

void register_linear(Registry<Schedule>& registry) {
  registry.add<Linear>({"linear", "the number of peers grows or falls in a straight line", "Zhu et al. 2025, arXiv 2507.06542"},
                       Options<LinearOptions>()
                           .add("start", &LinearOptions::start, "extra peers per node at the beginning")
                           .add("end", &LinearOptions::end, "extra peers in the last round; nodes - 1 is the exact mean"),
                       {Trait::exact_anywhere});
}

}  // namespace dml
