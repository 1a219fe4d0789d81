// How messages get from station to station when a scenario disturbs them, or when somebody keeps a log: each directed link is a stream, as
// over sockets. Messages have numbers; what is lost or corrupt is sent again after a time-out, what comes twice is dropped, what comes
// early waits, so a node sees the messages of a link once and in order, unless one is lost for good: then both ends are told.
//
// A node that was killed gets what was sent to it since its last complete round again, on a new stream; what it computes again is not sent
// again. A node that cannot run cannot repeat anything either: it does when it is back; one that crashed never does.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "node/event_log.h"
#include "node/sim_station.h"

namespace dml {

/// What the links need of the simulation.
class SimHost {
 public:
  virtual ~SimHost() = default;
  virtual Seconds now() const = 0;
  virtual Station& station(NodeId id) = 0;
  /// Runs `act` at that time, between waves; at once when it is not in the future.
  virtual void at(Seconds when, std::function<void()> act) = 0;
  /// Something was delivered to this station.
  virtual void stirred(NodeId id) = 0;
  virtual void state_arrived(NodeId id, const Payload& state, std::uint64_t round) = 0;
  virtual void log(const RunEvent& event) = 0;
};

class SimLinks {
 public:
  SimLinks(SimHost& host, Disturbances* scenario, std::uint64_t seed) : host_(host), scenario_(scenario), seed_(seed) {}

  void send(NodeId from, SimSent&& sent);
  /// A late joiner's state: never lost for good, handed to the host instead of to the node.
  void transfer(NodeId from, NodeId to, std::uint64_t round, Payload state);
  /// `to` has completed `round` rounds durably: what belongs before them need not be sent again.
  void settled(NodeId to, std::uint64_t round) { std::erase_if(kept_[to], [&](const auto& parcel) { return parcel->round < round; }); }
  /// The node is back with its state of `round`.
  void restarted(NodeId id, std::uint64_t round);
  /// The node runs again: what it had to repeat meanwhile goes out.
  void runs_again(NodeId id);
  /// When the last message of this node that is on its way arrives; now, if none is.
  Seconds quiet_at(NodeId from) const;

 private:
  struct Parcel {
    NodeId from = 0, to = 0;
    std::uint64_t round = 0, bytes = 0;
    Payload payload;
    bool is_state = false;
    std::uint64_t stream = 0;
    std::uint32_t place = 0;                               // in its stream
  };
  using Shared = std::shared_ptr<Parcel>;
  struct Link {
    std::uint32_t transmissions = 0;
    std::uint64_t stream = 0;
    std::uint32_t next = 0, expected = 0;                  // places: of the next message, of the next one to hand over
    std::map<std::uint32_t, Shared> early;                 // came before its turn; null: lost for good
    std::map<std::pair<std::uint64_t, std::string>, std::pair<std::uint32_t, std::uint32_t>> computed;   // of a sender that may be killed:
                                                           // (round, kind) -> how many were sent, and how many since its last start
  };

  Link& link(NodeId from, NodeId to) { return links_[std::uint64_t{from} << 32 | to]; }
  bool computed_before(const SimSent& sent, NodeId from);
  void enter(const Shared& parcel);
  void transmit(const Shared& parcel);
  void again(const Shared& parcel);
  void arrive(const Shared& parcel, bool corrupt);
  void give_up(const Shared& parcel);
  void hand_over(Link& link);
  bool is_old(const Parcel& parcel);
  void check_corruption(const Parcel& parcel, std::uint32_t number) const;
  RunEvent event(const char* what, const Parcel& parcel) const;

  SimHost& host_;
  Disturbances* scenario_;
  std::uint64_t seed_;
  std::unordered_map<std::uint64_t, Link> links_;
  std::unordered_map<NodeId, std::vector<Shared>> kept_;   // for receivers that may be killed
  std::unordered_map<NodeId, std::vector<Shared>> held_;   // to be repeated by senders that do not run
  std::unordered_map<NodeId, Seconds> quiet_;
};

}  // namespace dml
