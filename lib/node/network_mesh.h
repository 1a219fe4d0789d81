// All links of one node: a thread that greets every peer, sends, acknowledges and answers for this process while its node computes. Each
// pair of nodes holds one connection per direction from the start, so that a peer that never starts, runs another program or dies is
// named by everyone, at once and by name: a run of n processes has n (n - 1) connections.
#pragma once
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "node/network_link.h"
#include "node/runtime.h"
#include "wire/socket_loop.h"

namespace dml {

/// What a checkpoint holds beside a node's state: messages that a peer may still want.
struct InFlight {
  std::vector<std::deque<NetworkMessage>> kept;            // by peer
  std::vector<std::uint64_t> dropped_through;
};

class Mesh final : private SocketLoop::Handler {
 public:
  struct Incoming {
    NodeId from = 0;
    NetworkMessage message;
  };

  /// Binds this node's endpoint and greets all peers. `base`: the round it (re)starts at. Error(system) when the endpoint is taken.
  Mesh(const NetworkOptions& options, std::uint64_t base, bool keeps, InFlight in_flight);
  ~Mesh();

  /// Never waits. The same bytes may go to several peers.
  void send(NodeId to, std::uint64_t round, std::uint64_t digest, Bytes bytes);
  /// The next message, at the latest after `seconds` (nullopt). Error(system): a peer is gone, refuses this node, or gave up.
  std::optional<Incoming> wait(double seconds);
  void completed(std::uint64_t round);
  InFlight in_flight();
  /// A checkpoint of `round` with this in_flight() is on disk.
  void durable(std::uint64_t round, const InFlight& saved);
  /// Tells the peers that this node is done and waits until none of them can want anything from it. `patient`: a peer that is gone is an
  /// error; else it only ends the waiting.
  void finish(bool patient);
  /// Tells the peers why this node stops early.
  void give_up(const std::string& reason);
  /// What the mesh itself sent: control and framing.
  Traffic overhead();

 private:
  struct Peer;
  struct Greeting;
  void incoming(SocketLoop& loop, const std::string& route, const ParsedFrame& frame) override;
  void returned(SocketLoop& loop, std::size_t link, const ParsedFrame& frame) override;
  void other_protocol(SocketLoop& loop, std::size_t link, std::uint16_t protocol) override;
  double turn(SocketLoop& loop, double now) override;
  void failed(const std::string& what) override;

  void greeted(SocketLoop& loop, const std::string& route, const ParsedFrame& frame);
  std::string mismatch(NodeId from, const Greeting& theirs) const;
  bool admits(SocketLoop& loop, Peer& peer, const Standing& theirs, double now, std::string& reason);
  static void greet_again(Peer& peer);
  void welcome(SocketLoop& loop, Peer& peer);
  void welcomed(Peer& peer, BodyReader& body, std::uint64_t next);
  double serve(SocketLoop& loop, Peer& peer, double now);
  double greet(SocketLoop& loop, Peer& peer, double now);
  bool transmit(SocketLoop& loop, Peer& peer);
  void acknowledge(SocketLoop& loop, Peer& peer, std::uint64_t probe);
  void learned(Peer& peer, const Standing& theirs);
  bool say(SocketLoop& loop, const Peer& peer, const FrameHead& head, std::span<const std::byte> body = {});
  bool answer(SocketLoop& loop, const std::string& route, const FrameHead& head, std::span<const std::byte> body = {});
  void fail(std::string message, std::string cause = {});
  bool settled() const;
  std::string name(const Peer& peer) const;

  const NetworkOptions& options_;
  const std::size_t nodes_;
  const double keep_alive_;
  std::mutex mutex_;                                       // guards all below
  std::condition_variable changed_;
  Standing mine_;
  std::vector<Peer> peers_;                                // without this node
  std::map<StreamId, Peer*> streams_;                      // that come in
  struct Queued { Peer* peer; std::uint64_t epoch; Incoming incoming; };
  std::deque<Queued> queue_;
  std::string failure_, cause_;                            // cause_: what is passed on when this node gives up
  std::string giving_up_;
  bool gave_up_ = false, leaving_ = false, said_bye_ = false;
  double turned_, finished_at_ = 0;
  Traffic overhead_;
  std::unique_ptr<SocketLoop> loop_;                       // last: its thread uses all of the above
};

}  // namespace dml
