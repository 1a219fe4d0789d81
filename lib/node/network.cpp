// run_network: one node among processes. The node's events come one at a time on the caller's thread; the mesh's thread keeps the links
// alive meanwhile. Exit codes: whatever concerns another process (silent, refusing, of another run, the address taken) is Error(system).
#include <algorithm>
#include <limits>
#include <memory>
#include <queue>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/error.h"
#include "base/text.h"
#include "node/checkpoint.h"
#include "node/metrics.h"
#include "node/network_kept.h"
#include "node/network_mesh.h"
#include "wire/codec.h"

namespace dml {
namespace {

const NetworkOptions& checked(const NetworkOptions& options) {
  if (options.self >= options.peers.size())
    throw Error(Fault::usage, "node " + std::to_string(options.self) + " is not among the " + std::to_string(options.peers.size()) + " of the peers file");
  for (std::size_t i = 0; i < options.peers.size(); ++i)
    if (options.peers[i].id != i) throw Error(Fault::bug, "the peers are not in the order of their ids");
  if (!(options.timeout > 0)) throw Error(Fault::usage, "--timeout " + format_number(options.timeout) + " is not above 0");
  return options;
}

class NetworkRun final : public Context {
 public:
  NetworkRun(Node& node, const NetworkOptions& options)
      : node_(node), options_(checked(options)), checkpoints_(options.run, options.peers.size(), {options.self}),
        metrics_(options.run.metrics ? *options.run.metrics : no_metrics_), started_(steady_seconds()) {}

  RunResult run() {
    InFlight in_flight;
    if (checkpoints_.resuming()) in_flight = resume();
    mesh_ = std::make_unique<Mesh>(options_, round_, checkpoints_.saving(), std::move(in_flight));
    try {
      node_.start(*this);
      const bool was_done = finished_;                     // resumed from its end: its peers may be gone for good
      while (!finished_) step();
      mesh_->finish(!was_done);
    } catch (const std::exception& error) {
      mesh_->give_up(error.what());
      throw;
    }
    RunResult result;
    result.traffic.resize(nodes());
    result.traffic[self()] = traffic();
    return result;
  }

  NodeId self() const override { return options_.self; }
  std::size_t nodes() const override { return options_.peers.size(); }
  Seconds now() const override { return steady_seconds() - started_; }
  void wake(Seconds after, int tag) override {
    if (!(after >= 0)) throw Error(Fault::bug, "node " + std::to_string(self()) + " wakes in the past");
    wakes_.push({now() + after, next_wake_++, tag});
  }
  void send(NodeId to, std::uint64_t round, Payload payload) override;
  Rng rng(std::string_view purpose, std::uint64_t round, std::uint32_t draw) const override {
    return Rng(purpose, options_.run.seed, self(), static_cast<std::uint32_t>(round), draw);
  }
  Metrics& metrics() override { return metrics_; }
  const Traffic& traffic() const override;
  void round_done(std::uint64_t round) override {
    round_ = round;
    mesh_->completed(round);
    if (checkpoint_due(round)) save();
  }
  bool checkpoint_due(std::uint64_t round) const override { return checkpoints_.due(round); }
  void finish() override {
    if (!finished_ && checkpoints_.saving() && round_ != saved_) save();   // a run's end is always kept
    finished_ = true;
  }

 private:
  struct Wake {
    Seconds at;
    std::uint64_t order;
    int tag;
    bool operator<(const Wake& other) const { return std::tie(at, order) > std::tie(other.at, other.order); }
  };

  InFlight resume();
  void save();
  void step();

  Node& node_;
  const NetworkOptions& options_;
  Checkpointer checkpoints_;
  NoMetrics no_metrics_;
  Metrics& metrics_;
  const double started_;
  std::unique_ptr<Mesh> mesh_;
  std::priority_queue<Wake> wakes_;
  std::uint64_t next_wake_ = 0;
  bool finished_ = false;
  std::uint64_t round_ = 0, saved_ = 0;
  Traffic sent_;                                           // payloads, and all of the runs before a resume
  mutable Traffic traffic_;                                // with the mesh's overhead
  Payload encoded_;                                        // the payload that the next four are of
  Bytes bytes_;
  std::uint64_t digest_ = 0, model_ = 0, control_ = 0;
};

// One event: a wake that is due, or the next message.
void NetworkRun::step() {
  const double until = wakes_.empty() ? std::numeric_limits<double>::infinity() : wakes_.top().at - now();
  if (until <= 0) {
    const int tag = wakes_.top().tag;
    wakes_.pop();
    return node_.woken(*this, tag);
  }
  auto incoming = mesh_->wait(std::min(until, 60.0));
  if (!incoming) return;
  const std::string where = "a message of round " + std::to_string(incoming->message.round) + " from node " + std::to_string(incoming->from);
  auto record = std::make_shared<Record>(decode_record(incoming->message.bytes.span(), Limits(), where));
  node_.receive(*this, {incoming->from, incoming->message.round, std::move(record)});
}

void NetworkRun::send(NodeId to, std::uint64_t round, Payload payload) {
  if (to >= nodes() || to == self() || !payload) throw Error(Fault::bug, "node " + std::to_string(self()) + " sends to no other node, or nothing");
  if (payload != encoded_) {                               // the same payload goes to several receivers: encoded once
    bytes_ = encode_record(*payload);
    digest_ = XXH3_64bits(bytes_.data(), bytes_.size());
    std::tie(model_, control_) = wire_size(*payload);
    encoded_ = std::move(payload);
  }
  sent_.model += model_;
  sent_.control += control_;
  sent_.framing += bytes_.size() - model_ - control_;      // the end record with the checksum
  ++sent_.messages;
  mesh_->send(to, round, digest_, bytes_);
}

const Traffic& NetworkRun::traffic() const {
  const Traffic overhead = mesh_->overhead();
  traffic_ = sent_;
  traffic_.control += overhead.control;
  traffic_.framing += overhead.framing;
  return traffic_;
}

InFlight NetworkRun::resume() {
  const auto latest = checkpoints_.latest({self()});
  if (!latest) return {};                                  // stopped before its first checkpoint: from the start
  auto saved = checkpoints_.load(self(), *latest);
  try {
    node_.load(saved.state);
  } catch (const Error& error) {
    throw Error(error.fault(), saved.file + ": " + error.what(), error.hint());
  }
  round_ = saved_ = *latest;
  sent_ = saved.traffic;
  return unpack_in_flight(saved.in_flight, nodes(), round_, saved.file);
}

void NetworkRun::save() {
  const InFlight in_flight = mesh_->in_flight();
  checkpoints_.save(self(), round_, node_.save(), traffic(), pack_in_flight(in_flight));
  saved_ = round_;
  mesh_->durable(round_, in_flight);
}

}  // namespace

RunResult run_network(Node& node, const NetworkOptions& options) { return NetworkRun(node, options).run(); }

}  // namespace dml
