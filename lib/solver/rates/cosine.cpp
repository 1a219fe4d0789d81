// Half a cosine from 1 down to `least`, over the whole run or from round `from` to round `to`; constant before and after.
// Source: Loshchilov and Hutter, ICLR 2017 (SGDR), equation 5 without restarts.
#include <algorithm>

#include "base/random.h"
#include "solver/solver.h"

namespace dml {
namespace {

struct CosineOptions {
  double least = 0;
  std::uint64_t from = 0, to = 0;
};

class Cosine final : public Rate {
 public:
  explicit Cosine(CosineOptions options) : options_(options) {}
  double factor(const RateStep& at) const override {
    const auto end = options_.to ? options_.to : at.rounds;
    if (end == 0) throw Error(Fault::usage, "rate 'cosine' does not know how long the run is", "cosine:to=ROUNDS");
    const double first = static_cast<double>(options_.from), last = static_cast<double>(end);
    const double q = last > first ? std::clamp((at.rounds_done() - first) / (last - first), 0.0, 1.0) : 1.0;
    return options_.least + (1 - options_.least) * 0.5 * (1 + portable_sincos_turn(0.5 * q).second);   // cos(pi q)
  }

 private:
  CosineOptions options_;
};

}  // namespace

void register_cosine(Registry<Rate>& registry) {
  registry.add<Cosine>({"cosine", "half a cosine down to a least rate", "Loshchilov and Hutter, ICLR 2017"},
                         Options<CosineOptions>()
                                .add("least", &CosineOptions::least, "factor at the end", between(0, 1))
                                .add("from", &CosineOptions::from, "round in which it begins to fall")
                                .add("to", &CosineOptions::to, "round in which it has fallen; 0: the run's last"));
}

}  // namespace dml
