// Who is alive. Every peer hears this process ten times a second, whatever its node computes, and answers; a peer that was not heard for
// a second is lost until it is heard again, and after --timeout it is gone: the run fails, or goes on without it where there is a quorum.
#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "node/network_peer.h"

namespace dml {
namespace {

constexpr double kSlept = 0.5;                             // between two turns: this process did not run, its peers may have
constexpr double kAskAgain = 0.2;                          // about chunks that were not acknowledged

}  // namespace

double Mesh::turn(SocketLoop& loop, double now) {
  std::lock_guard lock(mutex_);
  const double slept = now - turned_ > kSlept ? now - turned_ : 0;
  turned_ = now;
  if (!giving_up_.empty() && !std::exchange(gave_up_, true)) {
    const std::string reason = giving_up_.substr(0, 900);
    for (auto& peer : peers_)
      if (peer.out.begun()) say(loop, peer, 0, {FrameType::abort, peer.out_id, 0}, std::as_bytes(std::span(reason)));
  }
  if (leaving_ && !std::exchange(said_bye_, true)) {
    for (auto& peer : peers_)
      if (peer.out.begun()) say(loop, peer, 0, {FrameType::bye, peer.out_id, 0});
  }
  double next = beat_;
  for (auto& peer : peers_) {
    peer.heard += slept;
    listen_for(peer, now);
    for (std::size_t lane = 0; peer.in && lane < peer.in->lanes(); ++lane)
      if (peer.unanswered[lane]) acknowledge(loop, peer, lane, 0);
    next = std::min(next, serve(loop, peer, now));
  }
  changed_.notify_all();                                   // settled() looks at the clock
  return next;
}

// Notices that a heart stopped, or beats again.
void Mesh::listen_for(Peer& peer, double now) {
  if (!peer.met || peer.left) return;
  const bool silent = now - peer.last_sign() > kLost;
  if (silent == peer.lost) return;
  peer.lost = silent;
  tell(peer, silent ? PeerEvent::down : PeerEvent::up);
  if (peer.standing.finished) return;                      // it may leave
  if (silent) warn("lost " + name(peer) + ": no heartbeat for " + format_number(kLost) + " s");
  else log(Level::note, name(peer) + " is back");
}

// Greets, sends and probes one peer; returns when to look again.
double Mesh::serve(SocketLoop& loop, Peer& peer, double now) {
  const bool last = mine_.finished && !peer.knows_finished;
  if (peer.left || (peer.standing.finished && !last) || !failure_.empty()) return beat_;
  if (!peer.standing.finished && now - peer.heard > options_.timeout) {
    std::string silent = "no sign of life from " + name(peer) + " for " + format_number(options_.timeout) + " s";
    if (!peer.trouble.empty()) silent += " (" + peer.trouble + ")";
    if (goes_on()) give_up_on(peer, silent);
    else fail(silent, silent);
    return beat_;
  }
  if (!peer.out.begun()) return greet(loop, peer, now);
  peer.out.refill();
  bool connected = true;
  for (std::size_t lane = 0; lane < lanes_; ++lane) connected &= transmit(loop, peer, lane);
  return connected ? probe(loop, peer, now) : kNoConnection;
}

// The heartbeat is the probe of the first lane; the others ask only for what they miss.
double Mesh::probe(SocketLoop& loop, Peer& peer, double now) {
  double next = beat_;
  for (std::size_t lane = 0; lane < lanes_; ++lane) {
    const bool last = lane == 0 && mine_.finished && peer.finish_probe == 0;
    if (lane > 0 && !peer.out.flow(lane).outstanding()) continue;
    const double period = lane == 0 ? beat_ : kAskAgain;
    if (now - peer.probed[lane] >= period || last) {
      const std::uint64_t number = peer.out.flow(lane).probe();
      BodyWriter body;
      put_standing(body, mine_);
      if (!say(loop, peer, lane, {FrameType::probe, lane_of(peer.out_id, lane), number}, body.span())) return kNoConnection;
      peer.probed[lane] = now;
      if (last) peer.finish_probe = number;
    }
    next = std::min(next, std::max(0.0, peer.probed[lane] + period - now));
  }
  return next;
}

// The run goes on without it; if it comes back after all, it is welcome.
void Mesh::give_up_on(Peer& peer, const std::string& why) {
  if (peer.left) return;
  warn("going on without " + name(peer) + ": " + why);
  peer.left = true;
  peer.lost = false;
  peer.out.drop_all();
  greet_again(peer);
  tell(peer, PeerEvent::left);
}

void Mesh::revive(Peer& peer) {
  peer.left = false;
  peer.heard = steady_seconds();
  log(Level::note, name(peer) + " is back");
  tell(peer, PeerEvent::up);
}

}  // namespace dml
