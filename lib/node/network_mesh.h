// All links of one node: a thread that greets every peer, sends, acknowledges and answers for this process while its node computes. Each
// pair of nodes holds connections in both directions from the start, so that a peer that never starts, runs another program or dies is
// named by everyone, at once and by name: a run of n processes has n (n - 1) connections, times --connections.
//
// Its code by ideas: network_mesh.cpp what the node's thread calls; network_handshake.cpp who is let in; network_delivery.cpp frames and
// acknowledgements; network_heartbeat.cpp who is alive. All state is guarded by one mutex; the loop's thread alone touches sockets.
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
  /// What happened: a message, or something about a peer.
  struct Incoming {
    NodeId from = 0;
    NetworkMessage message;
    std::optional<PeerEvent> event;                        // then there is no message
  };

  /// Binds this node's endpoint and greets all peers. `base`: the round it (re)starts at. Error(system) when the endpoint is taken.
  Mesh(const NetworkOptions& options, std::uint64_t base, bool keeps, InFlight in_flight);
  ~Mesh();

  /// Never waits. The same bytes may go to several peers.
  void send(NodeId to, std::uint64_t round, std::uint64_t digest, Bytes bytes);
  /// What happened next, at the latest after `seconds` (nullopt). Error(system): a peer is gone, refuses this node, or gave up; with a
  /// quorum it has `left` instead.
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
  /// Peers whose heart beats.
  std::size_t alive();

 private:
  struct Peer;
  struct Greeting;
  struct Stream { Peer* peer; std::size_t lane; };
  struct Queued { Peer* peer; std::uint64_t epoch; Incoming incoming; };

  // Called by the loop.
  void incoming(SocketLoop& loop, const std::string& route, const ParsedFrame& frame) override;
  void returned(SocketLoop& loop, std::size_t link, const ParsedFrame& frame) override;
  void other_protocol(SocketLoop& loop, std::size_t link, std::uint16_t protocol) override;
  void denied(SocketLoop& loop, std::size_t link, bool refused) override;
  double turn(SocketLoop& loop, double now) override;
  void failed(const std::string& what) override;

  // network_mesh.cpp
  SocketSecurity security() const;
  void fail(std::string message, std::string cause = {});
  bool settled() const;
  std::string name(const Peer& peer) const;
  void tell(Peer& peer, PeerEvent event);
  bool goes_on() const { return options_.closing.quorum.has_value(); }   // without those who are gone

  // network_handshake.cpp
  double greet(SocketLoop& loop, Peer& peer, double now);
  static void greet_again(Peer& peer);
  void greeted(SocketLoop& loop, const std::string& route, const ParsedFrame& frame);
  std::string mismatch(NodeId from, const Greeting& theirs) const;
  bool presents_own_key(const SocketLoop& loop, NodeId from) const;
  bool admits(SocketLoop& loop, Peer& peer, const Standing& theirs, double now, std::string& reason);
  void begin_stream(Peer& peer, const StreamId& id, const Greeting& theirs, double now);
  void welcome(SocketLoop& loop, Peer& peer);
  void welcomed(Peer& peer, BodyReader& body, std::uint64_t next);

  // network_delivery.cpp
  bool say(SocketLoop& loop, const Peer& peer, std::size_t lane, const FrameHead& head, std::span<const std::byte> body = {});
  bool answer(SocketLoop& loop, const std::string& route, const FrameHead& head, std::span<const std::byte> body = {});
  void arrived(Peer& peer, std::size_t lane, const ParsedFrame& frame);
  void acknowledge(SocketLoop& loop, Peer& peer, std::size_t lane, std::uint64_t probe);
  void acknowledged(Peer& peer, std::size_t lane, const ParsedFrame& frame);
  bool transmit(SocketLoop& loop, Peer& peer, std::size_t lane);
  void learned(Peer& peer, const Standing& theirs);

  // network_heartbeat.cpp
  double serve(SocketLoop& loop, Peer& peer, double now);
  double probe(SocketLoop& loop, Peer& peer, double now);
  void listen_for(Peer& peer, double now);
  void give_up_on(Peer& peer, const std::string& why);
  void revive(Peer& peer);

  const NetworkOptions& options_;
  const std::size_t nodes_, lanes_;
  const double beat_;
  std::mutex mutex_;                                       // guards all below
  std::condition_variable changed_;
  Standing mine_;
  std::vector<Peer> peers_;                                // without this node
  std::map<StreamId, Stream> streams_;                     // that come in
  std::deque<Queued> queue_;
  std::string failure_, cause_;                            // cause_: what is passed on when this node gives up
  std::string giving_up_;
  bool gave_up_ = false, leaving_ = false, said_bye_ = false;
  double turned_, finished_at_ = 0;
  Traffic overhead_;
  std::unique_ptr<SocketLoop> loop_;                       // last: its thread uses all of the above
};

}  // namespace dml
