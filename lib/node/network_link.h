// One peer of a node, as two state machines without sockets or threads: what goes to it and is kept until it cannot be wanted again, and
// what comes from it, with repetitions taken out.
//
// A message is known by its round, the hash of its bytes and a count among equals: a node that resumes from a checkpoint computes the
// same messages again, and its peers drop those that they had. A peer that resumes at round r wants all messages of rounds >= r again
// (what a node's state of round r holds is everything before r), so a message is kept until it was handed to the peer's node and the
// peer's last checkpoint lies after its round. A peer without checkpoints never comes back: then handed over is enough.
//
// A link has lanes, one per connection, each a flow of its own. Chunks are dealt to them in turn and taken from them in turn, so that
// they come out in the order in which they went in.
#pragma once
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "wire/socket_flow.h"

namespace dml {

struct NetworkMessage {
  std::uint64_t round = 0, digest = 0, ordinal = 0;        // ordinal: among messages to the peer of equal round and digest
  Bytes bytes;                                             // encode_record()
};

/// What one process says of itself; `incarnation` is random: a node that was started again is another process.
struct Standing {
  std::uint64_t incarnation[2] = {0, 0};
  std::uint64_t base = 0;                                  // the round that it (re)started at
  std::uint64_t durable = 0;                               // the round of its last checkpoint
  std::uint64_t floor = 0;                                 // started again, it sends nothing of rounds before
  bool keeps = false;                                      // writes checkpoints
  bool finished = false;
  bool fed = false;                                        // has been receiving from the one it speaks to, or its earlier process: it
                                                           // wants only what it did not get; else everything of rounds >= base
  bool same_process(const Standing& other) const { return incarnation[0] == other.incarnation[0] && incarnation[1] == other.incarnation[1]; }
};
void put_standing(BodyWriter& body, const Standing& standing);
Standing get_standing(BodyReader& body);

class OutLink {
 public:
  explicit OutLink(std::size_t lanes = 1) : lanes_(lanes) {}
  /// Takes the next message to this peer: counts it among its equals and keeps it.
  void send(std::uint64_t round, std::uint64_t digest, Bytes bytes);
  /// Messages that a checkpoint kept, in their order, before the first begin().
  void restore(std::deque<NetworkMessage> kept, std::uint64_t dropped_through);
  /// Whether a peer can be given all it wants: what was dropped was handed over, or lies before its base.
  bool serves(const Standing& peer) const { return peer.fed || peer.base >= dropped_through_; }
  /// A new stream to the peer starts, all that it may want is sent.
  void begin(const Standing& peer);
  /// The peer's node was handed `delivered` messages of this stream, and this is how it stands: forgets what cannot be wanted again.
  void settle(std::uint64_t delivered, const Standing& peer);
  void end_stream() { begun_ = false; }
  /// Moves kept messages into the lanes while these hold less than two windows: call it before sending.
  void refill();
  /// For a run that goes on without slow peers: drops the oldest messages that are in no lane yet until at most `bytes` are kept.
  void bound(std::uint64_t bytes);
  /// The peer is given up: it will be sent nothing of what is kept.
  void drop_all();
  /// This node has completed `round` rounds: it sends no more of earlier ones.
  void completed(std::uint64_t round) { sent_.erase(sent_.begin(), sent_.lower_bound({round, 0})); }

  std::size_t lanes() const { return lanes_.size(); }
  SendFlow& flow(std::size_t lane = 0) { return lanes_[lane]; }
  bool begun() const { return begun_; }
  const std::deque<NetworkMessage>& kept() const { return kept_; }
  std::uint64_t dropped_through() const { return dropped_through_; }

 private:
  void push(const NetworkMessage& message);
  void dropped(const NetworkMessage& message, const Standing& peer);
  bool begun_ = false;
  std::vector<SendFlow> lanes_;
  std::size_t turn_ = 0;                                   // whose lane the next chunk is
  std::deque<NetworkMessage> kept_;
  std::uint64_t kept_bytes_ = 0;
  std::size_t pushed_ = 0;                                 // kept_[0 .. pushed_) are in the lanes, or went through them
  std::size_t handed_ = 0;                                 // kept_[0 .. handed_) were handed over in this stream
  std::uint64_t delivered_ = 0;                            // messages of this stream that were
  std::uint64_t dropped_through_ = 0;                      // below this round messages are missing
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> sent_;   // (round, digest) -> how many, of rounds under way
};

class InLink {
 public:
  /// `base`: the round that this node (re)started at; what belongs before it is part of its state.
  explicit InLink(std::uint64_t base) : base_(base) {}
  /// A new stream of the peer over so many lanes: a message that was half there is gone, whole ones stay.
  void begin(std::size_t lanes = 1);
  /// Whether all that a new process of the peer may repeat is recognised.
  bool recognises(const Standing& peer) const { return peer.floor >= forgotten_through_; }
  /// The peer's process, started again, would repeat nothing below peer.floor; one without checkpoints is never started again.
  void forget(const Standing& peer);

  std::size_t lanes() const { return lanes_.size(); }
  std::uint64_t credit() const;                            // of all lanes, since the stream began
  ReceiveFlow& flow(std::size_t lane = 0) { return lanes_[lane].flow; }
  /// The body of a data frame that the lane's flow accepted. The messages that are whole and new by it: none or one, and more when it
  /// was waited for by chunks of other lanes. Error(system) when the bytes are no message.
  std::vector<NetworkMessage> chunk(std::span<const std::byte> bytes, std::size_t lane = 0);
  /// Credit is held back while more than a window of whole messages waits for the node.
  void took(std::uint64_t epoch, std::uint64_t bytes);
  std::uint64_t epoch() const { return epoch_; }
  std::uint64_t delivered() const { return waiting_.empty() ? whole_ : waiting_.front(); }

 private:
  struct Lane {
    ReceiveFlow flow;
    std::uint64_t owed = 0;                                // consumed without credit
    std::deque<std::vector<std::byte>> early;              // chunks whose turn has not come
  };
  void take(std::size_t lane, std::span<const std::byte> bytes, std::vector<NetworkMessage>& whole);
  void start_message(std::span<const std::byte> head);
  std::optional<NetworkMessage> finish_message();
  void release_credit();

  std::uint64_t base_, epoch_ = 0;
  std::vector<Lane> lanes_ = std::vector<Lane>(1);
  std::size_t turn_ = 0;
  std::uint64_t waiting_bytes_ = 0;                        // of whole messages
  bool inside_ = false;
  NetworkMessage message_;
  std::uint64_t size_ = 0, filled_ = 0;
  Buffer buffer_;
  std::uint64_t whole_ = 0;                                // messages of this stream that are complete
  std::deque<std::uint64_t> waiting_;                      // numbers of those that the node was not handed yet
  std::uint64_t forgotten_through_ = 0;
  std::map<std::uint64_t, std::set<std::pair<std::uint64_t, std::uint64_t>>> seen_;   // round -> (digest, ordinal)
};

}  // namespace dml
