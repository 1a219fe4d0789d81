// Dense only while progress q = (t + 1)/T is in [point1, point1 + window), sparse elsewhere. The reference code also makes the last
// round dense; strict-window, on by default, leaves it sparse unless the window holds it.
// Source: Zhu et al. 2025 (arXiv 2507.06542), reference code; card single-merge, 'schedules'. Symbols: r_start = start, r_end = end.
#include "topology/progress.h"
#include "topology/topology.h"

namespace dml {
namespace {

struct TruncateV2Options {
  double start = 0.2, end = required, point1 = required, window = 0.1;
  bool strict_window = true;
};

class TruncateV2 final : public Schedule {
 public:
  explicit TruncateV2(TruncateV2Options options) : options_(options) {
    options_.start = no_less_than_zero(options.start, "truncate-v2:start");
    options_.end = no_less_than_zero(options.end, "truncate-v2:end");
  }
  double peers(std::uint64_t round, std::uint64_t rounds) const override {
    const double q = progress(round, rounds);
    const double from = options_.point1 - kProgressSlack, to = options_.point1 + options_.window - kProgressSlack;
    const bool dense = (q >= from && q < to) || (q >= 1 && !options_.strict_window);
    return dense ? options_.end : options_.start;
  }

 private:
  TruncateV2Options options_;
};

}  // namespace

void register_truncate_v2(Registry<Schedule>& registry) {
  registry.add<TruncateV2>({"truncate-v2", "dense in one window of the run, sparse elsewhere", "Zhu et al. 2025, arXiv 2507.06542"},
                           Options<TruncateV2Options>()
                               .add("start", &TruncateV2Options::start, "extra peers per node outside the window")
                               .add("end", &TruncateV2Options::end, "extra peers inside it; nodes - 1 is the exact mean")
                               .add("point1", &TruncateV2Options::point1, "where the window opens, as a share of the rounds", between(0, 1))
                               .add("window", &TruncateV2Options::window, "its length, as a share of the rounds", between(0, 1))
                               .add("strict-window", &TruncateV2Options::strict_window, "keep the last round sparse, unlike the reference code"),
                           {Trait::exact_anywhere});
}

}  // namespace dml
