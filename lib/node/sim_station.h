// One node's place in a simulation: its Context, what came in for the next wave, and what it did in this one. While a wave runs, a station
// touches only itself and reads what is shared; the simulation merges stations in node order when the wave is over.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "node/checkpoint.h"
#include "node/runtime.h"
#include "scenario/scenario.h"

namespace dml {

enum class Life { running, paused, dead, joining, gone };   // dead: killed, to start again; joining: waits for a state

struct SimWake { NodeId node; int tag; Seconds after; std::uint32_t process; };
struct SimSent { NodeId to; Message message; std::uint64_t bytes; };
/// Who is told what at the begin of a round; by rising round.
struct RoundNotice { std::uint64_t round; NodeId node; PeerEvent event; };

// Shared by all stations; read-only while a wave runs (the checkpointer locks).
struct SimRun {
  const RunOptions& options;
  Checkpointer& checkpoints;
  std::size_t nodes;
  Seconds now = 0;
  int stop = 0;                                            // the signal that asked for it; the same for all nodes of a wave
  std::vector<RoundNotice> notices{};
};

class Station final : public Context, public Metrics {
 public:
  Station(SimRun& run, Node& node, NodeId id) : run_(run), node_(node), self_(id) {}

  NodeId self() const override { return self_; }
  std::size_t nodes() const override { return run_.nodes; }
  Seconds now() const override { return run_.now; }
  void wake(Seconds after, int tag) override;
  void send(NodeId to, std::uint64_t round, Payload payload) override;
  Rng rng(std::string_view purpose, std::uint64_t round, std::uint32_t draw) const override {
    return Rng(purpose, run_.options.seed, self_, static_cast<std::uint32_t>(round), draw);
  }
  Metrics& metrics() override { return *this; }
  void line(MetricLine line) override;
  const Traffic& traffic() const override { return traffic_; }
  void round_done(std::uint64_t round) override;
  bool checkpoint_due(std::uint64_t round) const override { return run_.checkpoints.due(round) || (run_.stop && run_.checkpoints.saving()); }
  const Closing& closing() const override;
  void finish() override;

  void resume(std::uint64_t round);                        // from a checkpoint
  /// Starts the node if that is due, then hands it what came in. Once finished, or on its way out, a node hears nothing more.
  void handle();

  // Between waves:
  void deliver(Message message) { inbox_.push_back(std::move(message)); }
  void deliver(int tag) { tags_.push_back(tag); }
  void deliver(NodeId peer, PeerEvent event) { peers_.emplace_back(peer, event); }
  struct Lost { NodeId peer; std::uint64_t round; bool outgoing; };
  void deliver(Lost lost) { lost_.push_back(lost); }
  bool pending() const { return starts_ || !inbox_.empty() || !tags_.empty() || !peers_.empty() || !lost_.empty(); }
  /// Whether there is something to do in the next wave, and it is not in it yet.
  bool enters_wave() { return life == Life::running && !finished_ && pending() && !std::exchange(queued_, true); }
  /// False when something happened to it since, so that it does not take part after all.
  bool open_wave(bool sort);
  bool finished() const { return finished_; }
  bool is_out() const { return life == Life::gone; }
  std::uint64_t round() const { return round_.value_or(0); }
  std::optional<std::uint64_t> saved() const { return saved_; }
  std::vector<SimSent>& sent() { return sent_; }
  std::vector<SimWake>& wakes() { return wakes_; }
  std::vector<MetricLine>& lines() { return lines_; }
  Node& node() { return node_; }
  const Node& node() const { return node_; }
  /// Reads the round notices up to its own round; before the start.
  void read_notices() { notices_of(round()); }

  // What a scenario does to this node. Between waves only, but for what round_done() fills.
  Life life = Life::running;
  std::uint32_t life_number = 0;                           // changes with life: what was planned for an earlier one is void
  std::vector<Happening> own;                              // that belong to rounds and have not begun, by rising round
  bool said_goodbye = false;                               // it left: what it sent before is still repeated where needed
  std::vector<Happening> begun;                            // their round has come in this wave
  bool keeps = false;                                      // it may be killed: keep its last state
  std::optional<Record> kept;
  std::uint64_t kept_round = 0;
  std::vector<std::pair<NodeId, std::uint64_t>> heirs;     // late joiners that get its state of that round
  struct Bequest { NodeId heir; std::uint64_t round; Record state; };
  std::vector<Bequest> bequests;                           // in this wave
  void keep_state();
  /// Makes the node start (again) in the next wave, from `state` if there is one.
  void start_again(const Record* state, std::uint64_t round);
  void set_life(Life next) {
    life = next;
    ++life_number;
  }
  /// The process is gone: what came in, and what it wanted to be woken for.
  void die();
  bool is_process(std::uint32_t number) const { return number == process_; }
  /// What a late joiner that starts with `round` is told of the others.
  void know(const std::map<NodeId, PeerEvent>& others, std::uint64_t round);

 private:
  void save();
  void notices_of(std::uint64_t round);
  void tell(NodeId peer, PeerEvent event);

  SimRun& run_;
  Node& node_;
  NodeId self_;
  bool finished_ = false, leaving_ = false, starts_ = false, queued_ = false;
  Traffic traffic_;
  const Record* measured_ = nullptr;                       // the payload that size_ is of; only compared
  std::pair<std::uint64_t, std::uint64_t> size_;
  std::optional<std::uint64_t> round_, saved_;
  std::uint32_t process_ = 0;                              // changes when the node dies
  std::vector<NodeId> absent_;                             // peers that it was told are gone, sorted: they are sent nothing
  std::size_t notice_ = 0;                                 // how many of the round notices it has read
  std::uint64_t logged_ = 0, muted_ = 0;                   // the last round of its metric lines; of those before it was killed
  std::vector<Message> inbox_, inbox_now_;
  std::vector<int> tags_, tags_now_;
  std::vector<std::pair<NodeId, PeerEvent>> peers_, peers_now_;
  std::vector<Lost> lost_, lost_now_;
  std::vector<SimSent> sent_;
  std::vector<SimWake> wakes_;
  std::vector<MetricLine> lines_;
};

}  // namespace dml
