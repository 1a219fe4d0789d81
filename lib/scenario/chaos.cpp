// Everything that may pass, at random: nodes are killed and paused, messages are delayed, dropped, repeated and corrupted. All of it is
// transient: nothing is lost for good, so a synchronous run ends with the bits of an undisturbed one, or something is broken.
// Every trace has at least one of each, if every node sends at least once in most rounds: besides the random faults, one node's first
// transmission is dropped, another's delayed, and so on; the same seed gives the same trace.
// Source: fault injection by random kills: Basiri et al., IEEE Software 2016 (chaos engineering).
#include <algorithm>

#include "scenario/when.h"

namespace dml {
namespace {

struct ChaosOptions {
  std::uint64_t seed = 0;
  double p = 0.05;
  double seconds = 0.3;
};

enum { kDrop, kDelay, kRepeat, kCorrupt, kFaults };

class ChaosAtWork final : public Disturbance {
 public:
  ChaosAtWork(const ChaosOptions& options, const ScenarioSetup& setup)
      : options_(options), key_(stream_key("chaos", options.seed)), sent_(setup.nodes) {
    Rng rng("chaos-plan", options.seed);
    for (int fault = 0; fault < kFaults; ++fault)          // distinct transmissions, all in the first half of the run
      certain_[fault] = {static_cast<NodeId>(rng.below(setup.nodes)), fault + kFaults * rng.below(std::max<std::uint64_t>(1, setup.rounds / 8))};
    const auto victims = rng.choose(setup.nodes, setup.nodes);
    const std::size_t most = std::max<std::size_t>(1, setup.nodes / 2), kills = 1 + rng.below(most), pauses = 1 + rng.below(most);
    for (std::size_t i = 0; i < kills + pauses; ++i)       // of different nodes, where there are two
      happenings_.push_back({i < kills ? Upset::kill : Upset::pause, static_cast<NodeId>(victims[i % victims.size()]),
                             rng.below(std::max<std::uint64_t>(1, setup.rounds)), 0, rng.uniform(0.5, 1.5) * options.seconds});
  }

  std::vector<Happening> happenings() const override { return happenings_; }

  void pass(Transit& transit) override {
    Rng rng = transit_rng(key_, transit);
    bool hit[kFaults];
    for (bool& fault : hit) fault = rng.uniform() < options_.p;
    const std::pair<NodeId, std::uint64_t> here(transit.from, sent_[transit.from]++);
    if (const auto certain = std::find(certain_, certain_ + kFaults, here); certain != certain_ + kFaults)
      for (int fault = 0; fault < kFaults; ++fault) hit[fault] = fault == certain - certain_;
    if (hit[kDelay]) transit.delay += rng.uniform(0, options_.seconds);
    if (hit[kRepeat]) transit.copies.push_back(transit.delay + rng.uniform(0, options_.seconds));
    if (hit[kDrop]) transit.lost = true;
    else if (hit[kCorrupt]) transit.corrupt = true;
    if (transit.lost || transit.corrupt) transit.retry = rng.uniform(0.1, 0.1 + options_.seconds);
  }

 private:
  ChaosOptions options_;
  std::uint64_t key_;
  std::pair<NodeId, std::uint64_t> certain_[kFaults];      // sender, and which of its transmissions
  std::vector<std::uint64_t> sent_;                        // by each node so far
  std::vector<Happening> happenings_;
};

class Chaos final : public Scenario {
 public:
  explicit Chaos(ChaosOptions options) : options_(options) {}
  std::unique_ptr<Disturbance> begin(const ScenarioSetup& setup) const override { return std::make_unique<ChaosAtWork>(options_, setup); }

 private:
  ChaosOptions options_;
};

}  // namespace

void register_chaos(Registry<Scenario>& registry) {
  using O = ChaosOptions;
  registry.add<Chaos>({"chaos", "kills, pauses, delays, drops, repetitions and corruption", "chaos engineering: Basiri et al., IEEE Software 2016"},
                      Options<O>()
                          .add("seed", &O::seed, "of the trace, whatever the seed of the run")
                          .add("p", &O::p, "probability of each fault of a transmission", between(0, 0.5))
                          .add("seconds", &O::seconds, "how long delays, pauses and deaths last", above(0)));
}

}  // namespace dml
