// One participant of a decentralised computation, as an event handler whose whole state is a record. The same object runs in the
// deterministic simulator and as a process over ZeroMQ; it cannot tell which.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "topology/topology.h"
#include "wire/record.h"

namespace dml {

using Seconds = double;

/// What travels: a record whose tensors share the sender's memory. Receivers never write to it.
using Payload = std::shared_ptr<const Record>;

struct Message {
  NodeId from = 0;
  std::uint64_t round = 0;
  Payload payload;
};

/// joined: met for the first time; down: its heart does not beat; up: it does again; left: it is done, or was given up.
enum class PeerEvent { up, down, joined, left };

/// When a round may close without some of its messages; by default never.
struct Closing {
  std::optional<std::size_t> quorum;                       // so many messages suffice, once the missing ones are lost or late
  std::optional<Seconds> deadline;                         // late: this long after the round began
  bool automatic = false;                                  // late: unlike what arrived so far, see Punctuality
  bool named = true;                                       // who is missing is named in warnings, once each
};

/// One line of --metrics; names and values in a fixed order.
struct MetricLine {
  std::uint64_t round = 0;
  double time = 0;
  std::int64_t node = -1;                                  // -1: all nodes together
  std::vector<std::pair<std::string, double>> values;
};

class Metrics {
 public:
  virtual ~Metrics() = default;
  virtual void line(MetricLine line) = 0;
};

/// Bytes that this node sent: tensors of payloads, heads of payloads and protocol messages, framing of the transport.
struct Traffic {
  std::uint64_t model = 0, control = 0, framing = 0, messages = 0;
};

class Context {
 public:
  virtual ~Context() = default;
  virtual NodeId self() const = 0;
  virtual std::size_t nodes() const = 0;
  virtual Seconds now() const = 0;                         // virtual time in the simulator
  virtual void wake(Seconds after, int tag) = 0;
  virtual void send(NodeId to, std::uint64_t round, Payload payload) = 0;
  /// Keyed by (run seed, purpose, this node); round and draw select the stream.
  virtual Rng rng(std::string_view purpose, std::uint64_t round = 0, std::uint32_t draw = 0) const = 0;
  virtual Metrics& metrics() = 0;
  virtual const Traffic& traffic() const = 0;
  /// This node's state after `round` is complete: a runtime may checkpoint now (it calls save()). Rounds count from 1 when done.
  virtual void round_done(std::uint64_t round) = 0;
  /// Whether round_done(round) makes a checkpoint: ServerRound then tells the clients that the round did not reach.
  virtual bool checkpoint_due(std::uint64_t /*round*/) const { return false; }
  virtual const Closing& closing() const;
  virtual void finish() = 0;                               // no more events for this node
};

class Node {
 public:
  virtual ~Node() = default;
  virtual void start(Context& context) = 0;                // also after load(): continue from the loaded state
  virtual void receive(Context& context, Message message) = 0;
  virtual void woken(Context&, int /*tag*/) {}
  /// What became of another participant. May come before start() and inside Context::round_done(): it then holds from the next round on.
  virtual void peer(Context&, NodeId, PeerEvent) {}
  /// The message of `from` for `round` will not come: lost for good, or past a deadline. Who waits for it goes on without.
  virtual void lost(Context&, NodeId /*from*/, std::uint64_t /*round*/) {}
  /// The same, told to the sender: `to` did not and will not get it.
  virtual void undelivered(Context&, NodeId /*to*/, std::uint64_t /*round*/) {}
  /// Whether a late joiner needs the state (save()) of a participant that is there; else it starts afresh.
  virtual bool joins_by_transfer() const { return true; }
  virtual Record model() const = 0;                        // kind "model"
  virtual Record save() const = 0;                         // kind "state"
  virtual void load(const Record& state) = 0;              // Error(input) when it is not this program's state
  /// What this node waits for, for messages about a run that hangs: "round 3, node 5"; may be empty.
  virtual std::string waiting() const { return {}; }
  /// Whether it asks Context::closing() and can go on without a peer that left.
  virtual bool closes_rounds() const { return false; }
};

/// The size of a payload on the wire: {tensor bytes, head bytes}, exactly as formats/dml encodes the record.
std::pair<std::uint64_t, std::uint64_t> wire_size(const Record& record);

}  // namespace dml
