// run_network: one node among processes. The node's events come one at a time on the caller's thread; the mesh's thread keeps the links
// alive meanwhile. Exit codes: whatever concerns another process (silent, refusing, of another run, the address taken) is Error(system).
#include <algorithm>
#include <limits>
#include <memory>
#include <queue>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/error.h"
#include "base/stop.h"
#include "base/text.h"
#include "node/checkpoint.h"
#include "node/metrics.h"
#include "node/network_kept.h"
#include "node/network_mesh.h"
#include "wire/codec.h"

namespace dml {
namespace {

constexpr double kLook = 0.1;                              // seconds between looks at what people want: progress, a stop

// Who is who by the peers file, and what this process was told about itself.
void check_keys(const NetworkOptions& options) {
  const auto node = [](const Peer& peer) { return "node " + std::to_string(peer.id); };
  for (const auto& peer : options.peers) {
    if (!options.keys && !peer.public_key.empty() && !options.insecure)
      throw Error(Fault::usage, "the peers file has keys, but there is no --key", "add --key NAME.key, or allow plaintext with --insecure");
    if (options.keys && peer.public_key.empty())
      throw Error(Fault::usage, "--key needs the public key of " + node(peer) + " in the peers file", "a line of it is ID ENDPOINT PUBLIC_KEY");
    const bool other = options.keys && peer.id != options.self && !options.keys->trusted.empty();
    if (other && std::find(options.keys->trusted.begin(), options.keys->trusted.end(), peer.public_key) == options.keys->trusted.end())
      throw Error(Fault::usage, "--trust does not hold the key that the peers file gives to " + node(peer));
  }
  if (!options.keys) return;
  const Peer& own = options.peers[options.self];
  if (own.public_key == options.keys->secret_key) throw Error(Fault::usage, "the peers file holds the secret key of " + node(own), "make a new key: this one was given away");
  if (own.public_key != options.keys->public_key) throw Error(Fault::usage, "--key is not the key that the peers file gives to " + node(own));
}

const NetworkOptions& checked(const NetworkOptions& options) {
  if (options.self >= options.peers.size())
    throw Error(Fault::usage, "node " + std::to_string(options.self) + " is not among the " + std::to_string(options.peers.size()) + " of the peers file");
  for (std::size_t i = 0; i < options.peers.size(); ++i)
    if (options.peers[i].id != i) throw Error(Fault::bug, "the peers are not in the order of their ids");
  if (!(options.timeout > 0)) throw Error(Fault::usage, "--timeout " + format_number(options.timeout) + " is not above 0");
  if (options.connections < 1 || options.connections > 64) throw Error(Fault::usage, "--connections is not in 1..64");
  check_keys(options);
  return options;
}

class NetworkRun final : public Context {
 public:
  NetworkRun(Node& node, const NetworkOptions& options)
      : node_(node), options_(checked(options)), checkpoints_(options.run, options.peers.size(), {options.self}),
        metrics_(options.run.metrics ? *options.run.metrics : no_metrics_), started_(steady_seconds()) {}

  RunResult run() {
    if (options_.closing.quorum && !node_.closes_rounds())
      throw Error(Fault::usage, "--quorum needs a method of rounds; this one does not wait for its neighbours");
    InFlight in_flight;
    if (checkpoints_.resuming()) in_flight = resume();
    mesh_ = std::make_unique<Mesh>(options_, round_, checkpoints_.saving(), std::move(in_flight));
    try {
      node_.start(*this);
      const bool was_done = finished_;                     // resumed from its end: its peers may be gone for good
      while (!finished_) step();
      mesh_->finish(!was_done);
    } catch (const Stopped& stopped) {
      if (!checkpoints_.saving()) mesh_->give_up(stopped.what());   // else it is expected back
      throw;
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
    else if (checkpoints_.saving()) last_ = Boundary{round, node_.save(), traffic()};
    show_progress(false);
  }
  bool checkpoint_due(std::uint64_t round) const override { return checkpoints_.due(round); }
  const Closing& closing() const override { return options_.closing; }
  void finish() override {
    if (!finished_ && checkpoints_.saving() && round_ != saved_) save();   // a run's end is always kept
    finished_ = true;
    show_progress(true);
  }

 private:
  struct Wake {
    Seconds at;
    std::uint64_t order;
    int tag;
    bool operator<(const Wake& other) const { return std::tie(at, order) > std::tie(other.at, other.order); }
  };

  /// A node's state between two rounds, for a stop in the middle of the next one.
  struct Boundary { std::uint64_t round; Record state; Traffic traffic; };

  InFlight resume();
  void save();
  void step();
  [[noreturn]] void stop();
  void show_progress(bool last);

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
  std::optional<Boundary> last_;                           // where checkpoints are kept, and round_ is none of them
  double shown_ = 0;
  Traffic sent_;                                           // payloads, and all of the runs before a resume
  mutable Traffic traffic_;                                // with the mesh's overhead
  Payload encoded_;                                        // the payload that the next four are of
  Bytes bytes_;
  std::uint64_t digest_ = 0, model_ = 0, control_ = 0;
};

// One event: a wake that is due, the next message, or news of a peer.
void NetworkRun::step() {
  if (stop_requested()) stop();
  const double until = wakes_.empty() ? std::numeric_limits<double>::infinity() : wakes_.top().at - now();
  if (until <= 0) {
    const int tag = wakes_.top().tag;
    wakes_.pop();
    return node_.woken(*this, tag);
  }
  auto incoming = mesh_->wait(std::min(until, kLook));
  show_progress(false);
  if (!incoming) return;
  if (incoming->event) return node_.peer(*this, incoming->from, *incoming->event);
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

// Messages of the round under way are not saved: the resumed node computes them again.
void NetworkRun::stop() {
  const int signal = stop_requested();
  std::string kept = checkpoints_.saving() ? "before its first round, nothing is saved" : "without --checkpoint nothing is saved";
  if (last_ && last_->round > saved_) {
    InFlight in_flight = mesh_->in_flight();
    for (auto& messages : in_flight.kept) std::erase_if(messages, [&](const NetworkMessage& message) { return message.round >= last_->round; });
    checkpoints_.save(self(), last_->round, last_->state, last_->traffic, pack_in_flight(in_flight));
    saved_ = last_->round;
    mesh_->durable(saved_, in_flight);
  }
  if (checkpoints_.saving() && saved_ > 0) kept = "saved after round " + std::to_string(saved_) + ", go on with --resume";
  throw Stopped(signal, "node " + std::to_string(self()) + " was asked to stop: " + kept);
}

void NetworkRun::show_progress(bool last) {
  if (!options_.run.progress || (!last && now() - shown_ < kLook)) return;
  shown_ = now();
  const Traffic& sent = traffic();
  options_.run.progress({round_, mesh_->alive(), nodes() - 1, sent.model + sent.control + sent.framing});
}

void NetworkRun::save() {
  last_.reset();
  const InFlight in_flight = mesh_->in_flight();
  checkpoints_.save(self(), round_, node_.save(), traffic(), pack_in_flight(in_flight));
  saved_ = round_;
  mesh_->durable(round_, in_flight);
}

}  // namespace

RunResult run_network(Node& node, const NetworkOptions& options) { return NetworkRun(node, options).run(); }

}  // namespace dml
