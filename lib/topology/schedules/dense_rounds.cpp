// Dense in rounds from <= t < to, counted from 0, sparse elsewhere: the exact windows that the paper's study of *when* to communicate
// needs, which shares of the progress cannot give.
// Source: card single-merge, 'schedules' (--dense-rounds a:b). Symbols: r_start = start, r_end = end. Deviation: the last round has no
// special role.
#include "base/error.h"
#include "topology/progress.h"
#include "topology/topology.h"

namespace dml {
namespace {

struct DenseRoundsOptions {
  double start = 0.2, end = required;
  std::int64_t from = required, to = required;
};

class DenseRounds final : public Schedule {
 public:
  explicit DenseRounds(DenseRoundsOptions options) : options_(options) {
    if (options.to <= options.from)
      throw Error(Fault::usage, "dense-rounds: round " + std::to_string(options.to) + " ('to') is not after round " +
                                    std::to_string(options.from) + " ('from')");
    options_.start = no_less_than_zero(options.start, "dense-rounds:start");
    options_.end = no_less_than_zero(options.end, "dense-rounds:end");
  }
  double peers(std::uint64_t round, std::uint64_t) const override {
    const bool dense = round >= static_cast<std::uint64_t>(options_.from) && round < static_cast<std::uint64_t>(options_.to);
    return dense ? options_.end : options_.start;
  }

 private:
  DenseRoundsOptions options_;
};

}  // namespace

void register_dense_rounds(Registry<Schedule>& registry) {
  registry.add<DenseRounds>({"dense-rounds", "dense in exactly the rounds from..to-1, sparse elsewhere", "Zhu et al. 2025, arXiv 2507.06542"},
                            Options<DenseRoundsOptions>()
                                .add("start", &DenseRoundsOptions::start, "extra peers per node outside the window")
                                .add("end", &DenseRoundsOptions::end, "extra peers inside it; nodes - 1 is the exact mean")
                                .add("from", &DenseRoundsOptions::from, "first dense round, counted from 0", at_least(0))
                                .add("to", &DenseRoundsOptions::to, "first sparse round after it", at_least(1)),
                            {Trait::exact_anywhere});
}

}  // namespace dml
