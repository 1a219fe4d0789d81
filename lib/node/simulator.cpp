// The deterministic simulator: an event loop over waves. Nodes of a wave run in parallel and touch only their own Station; what they
// send, wake and log is collected there and merged in node order when the wave is over, so nothing depends on threads.
//
// As nodes are merged in ascending order, messages arrive sorted by sender without sorting, unless a scenario delays them. Without one
// messages take no time and only wakes can lie in the future; they go straight from station to station.
#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <variant>

#include "base/error.h"
#include "base/parallel.h"
#include "base/stop.h"
#include "base/text.h"
#include "node/sim_fates.h"
#include "node/sim_links.h"
#include "node/sim_station.h"
#include "wire/socket_loop.h"

namespace dml {
namespace {

std::vector<NodeId> all(std::size_t count) {
  std::vector<NodeId> ids(count);
  std::iota(ids.begin(), ids.end(), NodeId{0});
  return ids;
}

class Simulation final : private SimHost {
 public:
  Simulation(std::vector<std::unique_ptr<Node>>& nodes, const RunOptions& options)
      : checkpoints_(options, nodes.size(), all(nodes.size())), run_{options, checkpoints_, nodes.size()},
        disturbed_(options.scenario || options.events), links_(*this, options.scenario, options.seed), fates_(*this, run_, stations_, links_) {
    if (options.scenario && (checkpoints_.saving() || checkpoints_.resuming()))
      throw Error(Fault::usage, "a simulated scenario has no checkpoints: what is on its way is not saved");
    stations_.reserve(nodes.size());
    for (NodeId id = 0; id < nodes.size(); ++id) stations_.emplace_back(run_, *nodes[id], id);
  }

  RunResult run() {
    if (checkpoints_.resuming()) resume();
    for (auto& station : stations_) station.start_again(nullptr, station.round());
    fates_.begin();
    for (const auto& station : stations_) stirred(station.self());
    while (next_wave()) {
      process();
      look_around();
    }
    if (run_.options.progress) show_progress();
    if (run_.options.scenario) fates_.end();
    check_finished();
    RunResult result;
    for (const auto& station : stations_) {
      result.traffic.push_back(station.traffic());
      if (!station.finished()) result.gone.push_back(station.self());
    }
    return result;
  }

 private:
  using Task = std::variant<SimWake, std::function<void()>>;

  Seconds now() const override { return run_.now; }
  Station& station(NodeId id) override { return stations_[id]; }
  void at(Seconds when, std::function<void()> act) override {
    if (when > run_.now) future_[when].emplace_back(std::move(act));
    else act();
  }
  void stirred(NodeId id) override {
    if (stations_[id].enters_wave()) upcoming_.push_back(id);
  }
  void state_arrived(NodeId id, const Payload& state, std::uint64_t round) override { fates_.state_arrived(id, *state, round); }
  void log(const RunEvent& event) override {
    if (run_.options.events) run_.options.events->event(event);
  }

  void resume() {
    const auto round = checkpoints_.latest(all(stations_.size()));
    if (!round)
      throw Error(Fault::input, quote(run_.options.checkpoint.resume) + " holds no round that all " + std::to_string(stations_.size()) +
                                    " nodes have sealed", "start without --resume");
    parallel_for(stations_.size(), [&](std::size_t i) { stations_[i].resume(*round); });
  }

  void process() {
    parallel_for(active_.size(), [&](std::size_t i) { stations_[active_[i]].handle(); });
    upcoming_.clear();
    for (const NodeId id : active_) {
      Station& station = stations_[id];
      for (auto& line : station.lines()) run_.options.metrics->line(std::move(line));
      station.lines().clear();
      for (const auto& wake : station.wakes()) schedule(wake);
      station.wakes().clear();
      for (auto& sent : station.sent()) {
        if (disturbed_) links_.send(id, std::move(sent));
        else if (!stations_[sent.to].finished()) {
          stations_[sent.to].deliver(std::move(sent.message));
          stirred(sent.to);
        }
      }
      station.sent().clear();
    }
    if (run_.options.scenario) fates_.after_wave(active_);
  }

  // Between waves: has somebody asked to stop, is somebody watching?
  void look_around() {
    if (run_.stop) stop_when_saved();
    run_.stop = stop_requested();
    if (!run_.options.progress || steady_seconds() - shown_ < 0.1) return;
    shown_ = steady_seconds();
    show_progress();
  }

  void stop_when_saved() const {
    const auto first = stations_.front().saved();
    const bool saving = checkpoints_.saving();
    if (saving && !std::all_of(stations_.begin(), stations_.end(), [&](const Station& s) { return s.saved() && s.saved() == first; })) return;
    throw Stopped(run_.stop, "the run was asked to stop: " + (saving ? "saved after round " + std::to_string(*first) + ", go on with --resume"
                                                                     : std::string("without --checkpoint nothing is saved")));
  }

  void show_progress() const {
    RunProgress progress{~std::uint64_t{0}, 0, stations_.size(), 0};
    for (const auto& station : stations_) {
      progress.bytes += station.traffic().model + station.traffic().control;
      if (station.is_out()) continue;
      ++progress.alive;
      progress.round = std::min(progress.round, station.round());
    }
    run_.options.progress(progress);
  }

  void schedule(const SimWake& wake) {
    const Seconds when = run_.now + wake.after;
    if (when > run_.now) future_[when].emplace_back(wake);
    else wake_now(wake);
  }

  void wake_now(const SimWake& wake) {
    Station& station = stations_[wake.node];
    if (station.finished() || !station.is_process(wake.process)) return;
    station.deliver(wake.tag);
    stirred(wake.node);
  }

  // What follows at this time, else the earliest future; false when nothing does.
  bool next_wave() {
    do advance_time();
    while (!open_wave() && !future_.empty());
    return !active_.empty();
  }

  void advance_time() {
    while (upcoming_.empty() && !future_.empty()) {
      auto first = future_.extract(future_.begin());
      run_.now = first.key();
      for (auto& task : first.mapped()) {
        if (const auto* wake = std::get_if<SimWake>(&task)) wake_now(*wake);
        else std::get<1>(task)();
      }
    }
  }

  bool open_wave() {
    std::swap(active_, upcoming_);
    upcoming_.clear();
    std::sort(active_.begin(), active_.end());
    std::erase_if(active_, [&](NodeId id) { return !stations_[id].open_wave(disturbed_); });
    return !active_.empty();
  }

  void check_finished() const {
    std::string who;
    std::size_t count = 0, gone = 0;
    for (const auto& station : stations_) {
      if (!station.finished() && fates_.is_gone(station.self())) ++gone;
      else if (!station.finished() && ++count <= 4) {
        const std::string what = station.node().waiting();
        who += (who.empty() ? "" : "; ") + std::string("node ") + std::to_string(station.self()) + " for " + (what.empty() ? "nothing it names" : what);
      }
    }
    if (count > 4) who += "; and " + std::to_string(count - 4) + " more";
    if (count > 0 && gone > 0) throw Error(Fault::method, "the run cannot go on without those that are gone, nodes wait for ever: " + who);
    if (count > 0) throw Error(Fault::bug, "the run hangs, nodes wait for ever: " + who);
    if (gone > 0 && gone == stations_.size()) throw Error(Fault::method, "no node is left");
  }

  Checkpointer checkpoints_;
  SimRun run_;
  bool disturbed_;
  std::vector<Station> stations_;
  SimLinks links_;
  SimFates fates_;
  std::vector<NodeId> active_, upcoming_;
  std::map<Seconds, std::vector<Task>> future_;
  double shown_ = 0;
};

}  // namespace

RunResult simulate(std::vector<std::unique_ptr<Node>>& nodes, const RunOptions& options) {
  return Simulation(nodes, options).run();
}

}  // namespace dml
