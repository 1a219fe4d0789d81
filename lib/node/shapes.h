// Shapes: base classes that do the waiting, so that a method writes only its mathematics.
//
// Both shapes checkpoint at round boundaries: round_done(r) is called when r rounds are complete, and save() belongs there (between
// produce and consume it is a bug). What is in flight is not saved: a node resumed at round r starts with round r, whose messages are
// produced again, bit for bit.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "node/closing.h"
#include "node/node.h"

namespace dml {

/// Synchronous rounds. In round t a node produces, sends to its receivers of that round, waits for all its senders, and consumes the
/// inbox in sender order. Used by gossip methods.
///
/// A neighbour may run ahead: its messages of later rounds wait. Of several messages of one sender and round the first counts; messages
/// of complete rounds and of nodes outside the round's row are ignored. A round without senders is ended by a wake (Context::wake(0))
/// instead of at once, so that all nodes of a simulation end a round in the same wave and nothing recurses.
/// All sends have happened when a node finishes.
///
/// Where the runtime lets rounds close early (Context::closing()), a round may end without some senders: consume() then gets a row in
/// which their weights are added to the node's own (or spread, Plan::spreads), and an inbox without them. What comes after its round closed is dropped, or, with
/// `carry_late`, stands in once for its sender in the next round that misses one; its Message::round tells its age.
class RoundNode : public Node {
 public:
  struct Plan {
    std::uint64_t rounds = 0;
    /// Mixing of a round: a pure function that every node evaluates alike; asked once a round, from several threads at a time.
    std::function<std::shared_ptr<const Mixing>(std::uint64_t round)> mixing;
    bool carry_late = false;
    /// The weight of a missing sender goes to the others in proportion, as rules that take means want it; else to the node itself, which
    /// keeps symmetric weights doubly stochastic.
    bool spreads = false;
  };
  explicit RoundNode(Plan plan) : plan_(std::move(plan)) {}
  void start(Context& context) final;
  void receive(Context& context, Message message) final;
  void woken(Context& context, int tag) final;
  void peer(Context& context, NodeId id, PeerEvent event) final;
  void lost(Context& context, NodeId from, std::uint64_t round) final;
  Record save() const final;
  void load(const Record& state) final;
  std::string waiting() const final;
  bool closes_rounds() const final { return true; }
  std::uint64_t round() const { return round_; }           // rounds completed

 protected:
  /// The payload for this round's receivers (local steps happen here, so it is called in rounds without receivers too; the payload may
  /// then be null).
  virtual Payload produce(Context& context, std::uint64_t round) = 0;
  /// `row`: this node's weights, own entry included; `inbox`: one message per other entry of the row, in sender order.
  virtual void consume(Context& context, std::uint64_t round, const std::vector<std::pair<NodeId, double>>& row,
                       const std::vector<Message>& inbox) = 0;
  virtual void done(Context&) {}                           // after the last round
  virtual Record state() const = 0;                        // what a method must keep between rounds
  virtual void restore(const Record& state) = 0;

 private:
  void advance(Context& context);
  void begin_round(Context& context);
  void end_round(Context& context);
  void take(Message message);
  void consume_without(Context& context, const std::vector<NodeId>& missing);
  std::vector<NodeId> missing() const;
  Plan plan_;
  NodeId self_ = 0;
  std::uint64_t round_ = 0;
  bool produced_ = false, finished_ = false;
  std::shared_ptr<const Mixing> mixing_;                   // of the round that was produced
  std::vector<Message> inbox_;                             // a slot for each sender of the row; without payload: not arrived
  std::size_t missing_ = 0;
  std::map<std::uint64_t, std::map<NodeId, Message>> early_;   // what arrived for rounds that were not produced yet
  std::map<NodeId, Message> late_;                         // the newest of a sender that came after its round, where it is carried
  RoundCloser closer_;
};

/// Federated rounds. Nodes 0..clients-1 are clients, node `clients` is the server. Each round the server selects clients, broadcasts,
/// waits for their replies and updates. Used by federated methods with partial participation.
///
/// The server also sends records without tensors of two reserved kinds: "end" to every client after the last round, upon which clients
/// finish, and "round" after a round that is checkpointed, so that clients that it did not reach save the same round. The message's
/// round is then the number of complete rounds.
///
/// Where rounds may close early, update() gets the replies that are there, one at least; with a quorum of 0 a round without any leaves
/// the model as it was. Clients that join late start afresh.
class ServerRound : public Node {
 public:
  struct Plan { std::uint64_t rounds = 0; std::size_t clients = 0; };
  ServerRound(Plan plan, bool is_server) : plan_(plan), is_server_(is_server) {}
  void start(Context& context) final;
  void receive(Context& context, Message message) final;
  void woken(Context& context, int tag) final;
  void peer(Context& context, NodeId id, PeerEvent event) final;
  void lost(Context& context, NodeId from, std::uint64_t round) final;
  void undelivered(Context& context, NodeId to, std::uint64_t round) final;
  bool joins_by_transfer() const final { return false; }
  Record save() const final;
  void load(const Record& state) final;
  std::string waiting() const final;
  bool closes_rounds() const final { return true; }
  std::uint64_t round() const { return round_; }           // rounds completed; a client: up to its last message

 protected:
  /// Server: who takes part in `round`, ascending; may be empty.
  virtual std::vector<NodeId> select(Context& context, std::uint64_t round) = 0;
  virtual Payload broadcast(Context& context, std::uint64_t round) = 0;
  /// Server: one reply for each selected client, in their order; fewer where the round closed early.
  virtual void update(Context& context, std::uint64_t round, const std::vector<Message>& replies) = 0;
  /// Client: the reply to a broadcast.
  virtual Payload client(Context& context, std::uint64_t round, const Message& broadcast) = 0;
  virtual void done(Context&) {}
  virtual Record state() const = 0;
  virtual void restore(const Record& state) = 0;

 private:
  void advance(Context& context);
  void begin_round(Context& context);
  void end_round(Context& context);
  void end_run(Context& context);
  void end_client(Context& context);
  void tell_all(Context& context, const char* kind);
  void receive_reply(Context& context, Message message);
  void receive_broadcast(Context& context, const Message& message);
  void catch_up(Context& context, std::uint64_t round);
  std::vector<NodeId> missing() const;
  bool closes(Context& context);
  NodeId server() const { return static_cast<NodeId>(plan_.clients); }
  Plan plan_;
  bool is_server_;
  std::uint64_t round_ = 0;
  bool broadcast_ = false, finished_ = false;
  std::vector<NodeId> selected_;
  std::vector<Message> replies_;                           // a slot for each selected client
  std::size_t missing_ = 0;
  RoundCloser closer_;
};

}  // namespace dml
