// The deterministic simulator: an event loop over waves. Nodes of a wave run in parallel and touch only their own Station; what they
// send, wake and log is collected there and merged in node order when the wave is over, so nothing depends on threads.
//
// As nodes are merged in ascending order, messages arrive sorted by sender without sorting. Messages have no delay; only wakes can lie
// in the future.
#include <algorithm>
#include <map>
#include <numeric>

#include "base/error.h"
#include "base/parallel.h"
#include "base/stop.h"
#include "base/text.h"
#include "node/checkpoint.h"
#include "node/runtime.h"
#include "wire/socket_loop.h"

namespace dml {
namespace {

struct Wake { NodeId node; int tag; Seconds after; };
struct Sent { NodeId to; Message message; };

// Shared by all stations; read-only while a wave runs (the checkpointer locks).
struct Run {
  const RunOptions& options;
  Checkpointer& checkpoints;
  std::size_t nodes;
  Seconds now = 0;
  int stop = 0;                                            // the signal that asked for it; the same for all nodes of a wave
};

// One node's place in the simulation: its Context, what came in for the next wave, and what it did in this one.
class Station final : public Context, public Metrics {
 public:
  Station(Run& run, Node& node, NodeId id) : run_(run), node_(node), self_(id) {}

  NodeId self() const override { return self_; }
  std::size_t nodes() const override { return run_.nodes; }
  Seconds now() const override { return run_.now; }
  void wake(Seconds after, int tag) override {
    if (!(after >= 0)) throw Error(Fault::bug, "node " + std::to_string(self_) + " wakes in the past");
    wakes_.push_back({self_, tag, after});
  }
  void send(NodeId to, std::uint64_t round, Payload payload) override {
    if (to >= run_.nodes || !payload) throw Error(Fault::bug, "node " + std::to_string(self_) + " sends to no node, or nothing");
    if (payload.get() != measured_) {                      // the same payload goes to several receivers
      measured_ = payload.get();
      size_ = wire_size(*payload);
    }
    traffic_.model += size_.first;
    traffic_.control += size_.second;
    ++traffic_.messages;
    sent_.push_back({to, {self_, round, std::move(payload)}});
  }
  Rng rng(std::string_view purpose, std::uint64_t round, std::uint32_t draw) const override {
    return Rng(purpose, run_.options.seed, self_, static_cast<std::uint32_t>(round), draw);
  }
  Metrics& metrics() override { return *this; }
  void line(MetricLine line) override {
    if (run_.options.metrics) lines_.push_back(std::move(line));
  }
  const Traffic& traffic() const override { return traffic_; }
  void round_done(std::uint64_t round) override {
    round_ = round;
    if (checkpoint_due(round)) save();
  }
  bool checkpoint_due(std::uint64_t round) const override { return run_.checkpoints.due(round) || (run_.stop && run_.checkpoints.saving()); }
  std::uint64_t round() const { return round_.value_or(0); }
  std::optional<std::uint64_t> saved() const { return saved_; }
  void finish() override {
    finished_ = true;
    if (run_.checkpoints.saving() && round_ && round_ != saved_) save();   // a run's end is always kept
  }

  void resume(std::uint64_t round) {
    const auto saved = run_.checkpoints.load(self_, round);
    try {
      node_.load(saved.state);
    } catch (const Error& error) {
      throw Error(error.fault(), quote(saved.file) + ": " + error.what(), error.hint());
    }
    traffic_ = saved.traffic;
    round_ = saved_ = round;
  }
  void start() {
    node_.start(*this);
    measured_ = nullptr;
  }
  // Handles what came in. Once finished, a node hears nothing more.
  void handle() {
    for (const int tag : tags_now_)
      if (!finished_) node_.woken(*this, tag);
    for (auto& message : inbox_now_)
      if (!finished_) node_.receive(*this, std::move(message));
    tags_now_.clear();
    inbox_now_.clear();
    measured_ = nullptr;                                   // its payload may be freed, and the address used again
  }

  // Between waves:
  /// Whether this is the first event of the next wave for this node.
  bool deliver(Message message) { inbox_.push_back(std::move(message)); return inbox_.size() + tags_.size() == 1; }
  bool deliver(int tag) { tags_.push_back(tag); return inbox_.size() + tags_.size() == 1; }
  void open_wave() {
    std::swap(inbox_, inbox_now_);
    std::swap(tags_, tags_now_);
  }
  bool finished() const { return finished_; }
  std::vector<Sent>& sent() { return sent_; }
  std::vector<Wake>& wakes() { return wakes_; }
  std::vector<MetricLine>& lines() { return lines_; }
  std::string waiting() const { return node_.waiting(); }

 private:
  void save() {
    run_.checkpoints.save(self_, *round_, node_.save(), traffic_);
    saved_ = round_;
  }

  Run& run_;
  Node& node_;
  NodeId self_;
  bool finished_ = false;
  Traffic traffic_;
  const Record* measured_ = nullptr;                       // the payload that size_ is of; only compared
  std::pair<std::uint64_t, std::uint64_t> size_;
  std::optional<std::uint64_t> round_, saved_;
  std::vector<Message> inbox_, inbox_now_;
  std::vector<int> tags_, tags_now_;
  std::vector<Sent> sent_;
  std::vector<Wake> wakes_;
  std::vector<MetricLine> lines_;
};

class Simulation {
 public:
  Simulation(std::vector<std::unique_ptr<Node>>& nodes, const RunOptions& options)
      : checkpoints_(options, nodes.size(), all(nodes.size())), run_{options, checkpoints_, nodes.size()} {
    stations_.reserve(nodes.size());
    for (NodeId id = 0; id < nodes.size(); ++id) stations_.emplace_back(run_, *nodes[id], id);
  }

  RunResult run() {
    if (checkpoints_.resuming()) resume();
    active_ = all(stations_.size());
    process([](Station& station) { station.start(); });
    while (next_wave()) {
      process([](Station& station) { station.handle(); });
      look_around();
    }
    if (run_.options.progress) show_progress();
    check_finished();
    RunResult result;
    for (const auto& station : stations_) result.traffic.push_back(station.traffic());
    return result;
  }

 private:
  static std::vector<NodeId> all(std::size_t count) {
    std::vector<NodeId> ids(count);
    std::iota(ids.begin(), ids.end(), NodeId{0});
    return ids;
  }

  void resume() {
    const auto round = checkpoints_.latest(all(stations_.size()));
    if (!round)
      throw Error(Fault::input, quote(run_.options.checkpoint.resume) + " holds no round that all " + std::to_string(stations_.size()) +
                                    " nodes have sealed", "start without --resume");
    parallel_for(stations_.size(), [&](std::size_t i) { stations_[i].resume(*round); });
  }

  template <class Handle>
  void process(Handle handle) {
    parallel_for(active_.size(), [&](std::size_t i) { handle(stations_[active_[i]]); });
    upcoming_.clear();
    for (const NodeId id : active_) {
      Station& station = stations_[id];
      for (auto& line : station.lines()) run_.options.metrics->line(std::move(line));
      station.lines().clear();
      for (const auto& wake : station.wakes()) schedule(wake);
      station.wakes().clear();
      for (auto& [to, message] : station.sent())
        if (!stations_[to].finished() && stations_[to].deliver(std::move(message))) upcoming_.push_back(to);
      station.sent().clear();
    }
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
    RunProgress progress{~std::uint64_t{0}, stations_.size(), stations_.size(), 0};
    for (const auto& station : stations_) {
      progress.round = std::min(progress.round, station.round());
      progress.bytes += station.traffic().model + station.traffic().control;
    }
    run_.options.progress(progress);
  }

  void schedule(const Wake& wake) {
    if (stations_[wake.node].finished()) return;
    const Seconds when = run_.now + wake.after;
    if (when > run_.now) future_[when].push_back(wake);
    else if (stations_[wake.node].deliver(wake.tag)) upcoming_.push_back(wake.node);
  }

  // What follows at this time, else the earliest future; false when nothing does.
  bool next_wave() {
    while (upcoming_.empty() && !future_.empty()) {
      const auto first = future_.begin();
      run_.now = first->first;
      for (const auto& wake : first->second)
        if (!stations_[wake.node].finished() && stations_[wake.node].deliver(wake.tag)) upcoming_.push_back(wake.node);
      future_.erase(first);
    }
    std::swap(active_, upcoming_);
    std::sort(active_.begin(), active_.end());
    for (const NodeId id : active_) stations_[id].open_wave();
    return !active_.empty();
  }

  void check_finished() const {
    std::string who;
    std::size_t count = 0;
    for (const auto& station : stations_) {
      if (station.finished() || ++count > 4) continue;
      const std::string what = station.waiting();
      who += (who.empty() ? "" : "; ") + std::string("node ") + std::to_string(station.self()) + " for " + (what.empty() ? "nothing it names" : what);
    }
    if (count > 4) who += "; and " + std::to_string(count - 4) + " more";
    if (count > 0) throw Error(Fault::bug, "the run hangs, nodes wait for ever: " + who);
  }

  Checkpointer checkpoints_;
  Run run_;
  std::vector<Station> stations_;
  std::vector<NodeId> active_, upcoming_;
  std::map<Seconds, std::vector<Wake>> future_;
  double shown_ = 0;
};

}  // namespace

RunResult simulate(std::vector<std::unique_ptr<Node>>& nodes, const RunOptions& options) {
  return Simulation(nodes, options).run();
}

}  // namespace dml
