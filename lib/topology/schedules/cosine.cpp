// r = end + (start - end)(1 + cos(pi q))/2 with progress q = (t + 1)/T; the last round has exactly end. The cosine is the project's
// own, so that r has the same bits on every machine.
// Source: Zhu et al. 2025 (arXiv 2507.06542); card single-merge, 'schedules'. Symbols: r_start = start, r_end = end.
#include "base/random.h"
#include "topology/progress.h"
#include "topology/topology.h"

namespace dml {
namespace {

struct CosineOptions { double start = 0.2, end = required; };

class Cosine final : public Schedule {
 public:
  explicit Cosine(CosineOptions options)
      : start_(no_less_than_zero(options.start, "cosine:start")), end_(no_less_than_zero(options.end, "cosine:end")) {}
  double peers(std::uint64_t round, std::uint64_t rounds) const override {
    const double q = progress(round, rounds);
    if (q >= 1) return end_;
    const double cosine = portable_sincos_turn(0.5 * q).second;      // of pi q
    return end_ + (start_ - end_) * (1.0 + cosine) / 2.0;
  }

 private:
  double start_, end_;
};

}  // namespace

void register_cosine(Registry<Schedule>& registry) {
  registry.add<Cosine>({"cosine", "the number of peers follows half a cosine from start to end", "Zhu et al. 2025, arXiv 2507.06542"},
                       Options<CosineOptions>()
                           .add("start", &CosineOptions::start, "extra peers per node at the beginning")
                           .add("end", &CosineOptions::end, "extra peers in the last round; nodes - 1 is the exact mean"),
                       {Trait::exact_anywhere});
}

}  // namespace dml
