// Losses come in bursts: each link is in a good or a bad state, and changes it before each transmission.
// Source: Gilbert, BSTJ 1960; Elliott, BSTJ 1963. Symbols: p -> P(good to bad), r -> P(bad to good), k -> P(arrives | good),
// h -> P(arrives | bad). Long-run loss: (1 - k) r / (p + r) + (1 - h) p / (p + r); mean length of a bad period 1 / r transmissions.
// Links start in the good state. Deviation: time does not pass in the states, only transmissions do.
#include <unordered_set>

#include "scenario/when.h"

namespace dml {
namespace {

struct GilbertElliottOptions : RetryOptions { double p = required, r = required, k = 1, h = 0; };

class GilbertElliottAtWork final : public Disturbance {
 public:
  GilbertElliottAtWork(const GilbertElliottOptions& options, std::uint64_t seed) : options_(options), key_(stream_key("gilbert-elliott", seed)) {}

  void pass(Transit& transit) override {
    Rng rng = transit_rng(key_, transit);
    const std::uint64_t link = std::uint64_t{transit.from} << 32 | transit.to;
    bool bad = bad_.count(link) != 0;
    if (rng.uniform() < (bad ? options_.r : options_.p)) {
      bad = !bad;
      if (bad) bad_.insert(link);
      else bad_.erase(link);
    }
    if (rng.uniform() >= (bad ? options_.h : options_.k)) lose(transit, options_);
  }

 private:
  GilbertElliottOptions options_;
  std::uint64_t key_;
  std::unordered_set<std::uint64_t> bad_;                  // the links in the bad state
};

class GilbertElliott final : public Scenario {
 public:
  explicit GilbertElliott(GilbertElliottOptions options) : options_(options) {
    const bool stuck = options_.h == 0 && options_.r == 0 && options_.p > 0;
    if (!options_.final && (stuck || (options_.h == 0 && options_.k == 0)))
      throw Error(Fault::usage, "gilbert-elliott would lose everything for ever: h is 0, and " + std::string(stuck ? "r" : "k") + " is 0",
                  "add final=true, or raise one of them");
  }
  std::unique_ptr<Disturbance> begin(const ScenarioSetup& setup) const override {
    return std::make_unique<GilbertElliottAtWork>(options_, setup.seed);
  }

 private:
  GilbertElliottOptions options_;
};

}  // namespace

void register_gilbert_elliott(Registry<Scenario>& registry) {
  using O = GilbertElliottOptions;
  registry.add<GilbertElliott>({"gilbert-elliott", "losses in bursts: links change between a good and a bad state", "Gilbert, BSTJ 1960; Elliott, BSTJ 1963"},
                               with_retry(Options<O>()
                                              .add("p", &O::p, "probability to turn bad before a transmission", between(0, 1))
                                              .add("r", &O::r, "probability to turn good again", between(0, 1))
                                              .add("k", &O::k, "probability to arrive in the good state", between(0, 1))
                                              .add("h", &O::h, "probability to arrive in the bad state", between(0, 1))));
}

}  // namespace dml
