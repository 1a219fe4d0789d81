// Every transmission is lost with the same probability, independently (Bernoulli). It is sent again after a time-out, which may be lost,
// too; with `final` the message is given up instead.
// Source: Bernoulli losses; ITU-T G.1050 uses them for random loss. Symbols: p -> p.
#include "scenario/when.h"

namespace dml {
namespace {

struct LossOptions : RetryOptions { double p = required; };

class LossAtWork final : public Disturbance {
 public:
  LossAtWork(const LossOptions& options, std::uint64_t seed) : options_(options), key_(stream_key("loss", seed)) {}
  void pass(Transit& transit) override {
    if (transit_rng(key_, transit).uniform() < options_.p) lose(transit, options_);
  }

 private:
  LossOptions options_;
  std::uint64_t key_;
};

class Loss final : public Scenario {
 public:
  explicit Loss(LossOptions options) : options_(options) {
    if (options_.p == 1 && !options_.final)
      throw Error(Fault::usage, "loss:p is 1: a message that is always sent again would never arrive", "add final=true, or say 0.99");
  }
  std::unique_ptr<Disturbance> begin(const ScenarioSetup& setup) const override { return std::make_unique<LossAtWork>(options_, setup.seed); }

 private:
  LossOptions options_;
};

}  // namespace

void register_loss(Registry<Scenario>& registry) {
  registry.add<Loss>({"loss", "each transmission is lost with the same probability", "Bernoulli losses, ITU-T G.1050"},
                     with_retry(Options<LossOptions>().add("p", &LossOptions::p, "probability that a transmission is lost", between(0, 1))));
}

}  // namespace dml
