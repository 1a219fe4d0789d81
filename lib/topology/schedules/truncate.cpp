// Sparse until progress q = (t + 1)/T reaches point1, then end. With end = nodes - 1 and point1 just below 1 only the last round is
// all-to-all: the single global merge.
// Source: Zhu et al. 2025 (arXiv 2507.06542); card single-merge, 'schedules'. Symbols: r_start = start, r_end = end.
#include "topology/progress.h"
#include "topology/topology.h"

namespace dml {
namespace {

struct TruncateOptions { double start = 0.2, end = required, point1 = 0.997; };

class Truncate final : public Schedule {
 public:
  explicit Truncate(TruncateOptions options) : options_(options) {
    options_.start = no_less_than_zero(options.start, "truncate:start");
    options_.end = no_less_than_zero(options.end, "truncate:end");
  }
  double peers(std::uint64_t round, std::uint64_t rounds) const override {
    const double q = progress(round, rounds);
    return q >= 1 || q >= options_.point1 - kProgressSlack ? options_.end : options_.start;
  }

 private:
  TruncateOptions options_;
};

}  // namespace

void register_truncate(Registry<Schedule>& registry) {
  registry.add<Truncate>({"truncate", "sparse first, dense from a point of the run to its end", "Zhu et al. 2025, arXiv 2507.06542"},
                         Options<TruncateOptions>()
                             .add("start", &TruncateOptions::start, "extra peers per node before the point")
                             .add("end", &TruncateOptions::end, "extra peers from the point on; nodes - 1 is the exact mean")
                             .add("point1", &TruncateOptions::point1, "the point, as a share of the rounds", between(0, 1)),
                         {Trait::exact_anywhere});
}

}  // namespace dml
