// Bytes take time, and wait for those before them: a transmission starts when the earlier ones of the same line are out, and is out after
// bytes / rate seconds. The line is a sender's uplink, a receiver's downlink, or the link alone.
// Source: a first-in first-out queue of unlimited length with deterministic service, Kleinrock 1975. What is lost on the way has used the line.
#include <algorithm>
#include <unordered_map>

#include "scenario/scenario.h"

namespace dml {
namespace {

struct BandwidthOptions {
  double rate = required;
  std::string per = "sender";
};

class BandwidthAtWork final : public Disturbance {
 public:
  explicit BandwidthAtWork(const BandwidthOptions& options) : options_(options) {}
  void pass(Transit& transit) override {
    double& free = free_[line(transit)];
    free = std::max(free, transit.time) + static_cast<double>(transit.bytes) / options_.rate;
    transit.delay += free - transit.time;
  }

 private:
  std::uint64_t line(const Transit& transit) const {
    if (options_.per == "sender") return transit.from;
    if (options_.per == "receiver") return transit.to;
    return std::uint64_t{transit.from} << 32 | transit.to;
  }
  BandwidthOptions options_;
  std::unordered_map<std::uint64_t, double> free_;         // line -> when its last byte so far is out
};

class Bandwidth final : public Scenario {
 public:
  explicit Bandwidth(BandwidthOptions options) : options_(std::move(options)) {}
  std::unique_ptr<Disturbance> begin(const ScenarioSetup&) const override { return std::make_unique<BandwidthAtWork>(options_); }

 private:
  BandwidthOptions options_;
};

}  // namespace

void register_bandwidth(Registry<Scenario>& registry) {
  registry.add<Bandwidth>({"bandwidth", "messages queue for lines of so many bytes a second", "first in, first out: Kleinrock 1975"},
                          Options<BandwidthOptions>()
                              .add("rate", &BandwidthOptions::rate, "bytes a second", above(0))
                              .add("per", &BandwidthOptions::per, "what has a line of its own", one_of({"sender", "receiver", "link"})));
}

}  // namespace dml
