// A run again from its event log: every transmission meets the fate that the log says, and everything happens to nodes again. The run
// must be the same: a transmission that the log does not know is an error. Parts that change what is in messages (attack) leave no trace in
// the log, so they are given again: attack:...+replay:file=events.ndjson.
// Source: deterministic replay, LeBlanc and Mellor-Crummey, IEEE TC 1987.
#include <unordered_map>

#include "base/error.h"
#include "base/text.h"
#include "scenario/event_line.h"
#include "scenario/scenario.h"
#include "wire/lines.h"

namespace dml {
namespace {

struct ReplayOptions { std::string file = required; };

class ReplayAtWork final : public Disturbance {
 public:
  ReplayAtWork(const std::string& file, const ScenarioSetup& setup) : file_(file) {
    LineReader lines(file);
    while (lines.next()) {
      RunEvent event = read_event(lines.line(), lines.where());
      for (const auto node : {event.from, event.to, event.node})
        if (node && *node >= setup.nodes)
          throw Error(Fault::input, lines.where() + ": node " + std::to_string(*node) + " is not among 0.." + std::to_string(setup.nodes - 1));
      take(event, lines.where());
    }
  }

  std::vector<Happening> happenings() const override { return happenings_; }

  void pass(Transit& transit) override {
    const auto found = fates_.find(key(transit.from, transit.to, transit.number));
    const std::string what = "transmission " + std::to_string(transit.number) + " from node " + std::to_string(transit.from) + " to " + std::to_string(transit.to);
    if (found == fates_.end()) throw Error(Fault::input, quote(file_) + " is of another run: it has no " + what);
    const Transit& fate = found->second;
    if (fate.round != transit.round || fate.bytes != transit.bytes)
      throw Error(Fault::input, quote(file_) + " is of another run: " + what + " is of round " + std::to_string(fate.round) + " with " +
                                    std::to_string(fate.bytes) + " bytes, here of round " + std::to_string(transit.round) + " with " + std::to_string(transit.bytes));
    const double time = transit.time;
    transit = fate;
    transit.time = time;
  }

 private:
  static std::string key(NodeId from, NodeId to, std::uint32_t number) {
    return std::to_string(from) + " " + std::to_string(to) + " " + std::to_string(number);
  }

  void take(const RunEvent& event, const std::string& where) {
    if (const auto upset = read_upset(event.event)) {
      if (!event.node || (!event.before && !event.at)) throw Error(Fault::input, where + ": a " + event.event + " without node, or without when");
      happenings_.push_back({*upset, *event.node, event.before, event.at.value_or(0), event.seconds});
    }
    if (event.event != "send") return;
    if (!event.from || !event.to || !event.round || !event.bytes || !event.number)
      throw Error(Fault::input, where + ": a send without from, to, round, bytes or number");
    Transit fate{*event.from, *event.to, *event.round, *event.bytes, *event.number};
    fate.delay = event.delay;
    fate.lost = event.lost;
    fate.corrupt = event.corrupt;
    fate.retry = event.retry.value_or(fate.retry);
    fate.final = event.final;
    fate.copies = event.copies;
    if (!fates_.emplace(key(*event.from, *event.to, *event.number), std::move(fate)).second)
      throw Error(Fault::input, where + ": that transmission is there twice");
  }

  std::string file_;
  std::unordered_map<std::string, Transit> fates_;
  std::vector<Happening> happenings_;
};

class Replay final : public Scenario {
 public:
  explicit Replay(ReplayOptions options) : options_(std::move(options)) {}
  std::unique_ptr<Disturbance> begin(const ScenarioSetup& setup) const override { return std::make_unique<ReplayAtWork>(options_.file, setup); }

 private:
  ReplayOptions options_;
};

}  // namespace

void register_replay(Registry<Scenario>& registry) {
  registry.add<Replay>({"replay", "what an event log says happened, again", "deterministic replay: LeBlanc, Mellor-Crummey, IEEE TC 1987"},
                       Options<ReplayOptions>().add("file", &ReplayOptions::file, "the log that --event-log wrote"));
}

}  // namespace dml
