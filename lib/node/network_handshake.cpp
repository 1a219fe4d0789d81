// Who is let in: each side says hello to the other and is welcomed once run, seed, model, place in the peers file and key agree. A peer
// that was started again is let in when all that it may want, or may repeat, is still known here.
#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "node/network_peer.h"

namespace dml {
namespace {

constexpr double kSlowHello = 1.0;
constexpr double kChallenge = 1.2, kGone = 3.5;            // an old process that speaks between these seconds is alive

}  // namespace

double Mesh::greet(SocketLoop& loop, Peer& peer, double now) {
  if (now - peer.greeted < peer.hello) return kHello;
  BodyWriter body;
  body.text("node").text(options_.run_id).text(options_.model_digest).u64(options_.run.seed).u64(nodes_).u64(options_.self).u64(peer.id).u64(lanes_);
  Standing own = mine_;
  own.fed = peer.in.has_value();
  put_standing(body, own);
  if (!say(loop, peer, 0, {FrameType::hello, peer.out_id, 0}, body.span())) return kNoConnection;
  peer.greeted = now;
  peer.hello = std::min(1.5 * peer.hello, kSlowHello);     // they wait in ZeroMQ while nobody is there
  return kHello;
}

void Mesh::greet_again(Peer& peer) {
  peer.out.end_stream();
  peer.out_id = StreamId::random();
  peer.greeted = 0;
  peer.hello = kHello;
}

std::string Mesh::mismatch(NodeId from, const Greeting& theirs) const {
  const auto differs = [&](const std::string& what, const std::string& other, const std::string& own) {
    return number(from) + " has " + what + " " + other + ", " + number(options_.self) + " has " + own;
  };
  if (theirs.nodes != nodes_) return differs("a peers file of", std::to_string(theirs.nodes) + " nodes", std::to_string(nodes_));
  if (theirs.to != options_.self)
    return number(from) + " takes " + number(options_.self) + " for " + number(static_cast<NodeId>(theirs.to)) + ": their peers files differ";
  if (theirs.seed != options_.run.seed) return differs("seed", std::to_string(theirs.seed), std::to_string(options_.run.seed));
  const auto brief = [](const std::string& text) { return quote(text.substr(0, 40)); };
  if (theirs.model != options_.model_digest) return differs("an initial model with digest", brief(theirs.model), brief(options_.model_digest));
  if (theirs.run_id != options_.run_id) return differs("run id (program, seed, peers file)", brief(theirs.run_id), brief(options_.run_id));
  return {};
}

// A node's identity is its key: a trusted one does not help to speak for another node.
bool Mesh::presents_own_key(const SocketLoop& loop, NodeId from) const {
  return !options_.keys || (from < nodes_ && loop.sender_key() == options_.peers[from].public_key);
}

void Mesh::greeted(SocketLoop& loop, const std::string& route, const ParsedFrame& frame) {
  const auto refuse = [&](const std::string& reason) { answer(loop, route, {FrameType::refuse, frame.head.stream, 0}, std::as_bytes(std::span(reason))); };
  BodyReader body(frame.body);
  if (body.text() != "node") return refuse("this is " + number(options_.self) + " of a run, it reads no streams");
  Greeting theirs;
  theirs.run_id = body.text();
  theirs.model = body.text();
  theirs.seed = body.u64();
  theirs.nodes = body.u64();
  theirs.from = body.u64();
  theirs.to = body.u64();
  theirs.lanes = body.u64();
  theirs.standing = get_standing(body);
  if (!body.done() || theirs.from > 0xffffffffu || theirs.lanes < 1 || theirs.lanes > kMostLanes) return refuse("the greeting makes no sense");
  const auto from = static_cast<NodeId>(theirs.from);
  if (from == options_.self) return refuse(number(from) + " is running already");
  Peer* peer = from < nodes_ ? &peers_[from > options_.self ? from - 1 : from] : nullptr;
  std::string reason = presents_own_key(loop, from) ? mismatch(from, theirs) : "its key is not that of " + number(from);
  if (reason.empty() && !peer) reason = number(from) + " is not in the peers file";
  if (!reason.empty()) {
    refuse(reason);
    // A run that has not begun cannot begin; one that is under way does not end because of a newcomer, nor because of a false name.
    if (presents_own_key(loop, from) && (!peer || !(peer->in || peer->met))) fail(reason);
    else if (peer && peer->trouble != reason) warn("refused a process that says it is " + number(from) + ": " + (peer->trouble = reason));
    return;
  }
  const double now = steady_seconds();
  if (!peer->in || peer->in_id != frame.head.stream) {
    if (!admits(loop, *peer, theirs.standing, now, reason)) {
      if (!reason.empty()) refuse(reason);
      return;
    }
    begin_stream(*peer, frame.head.stream, theirs, now);
  }
  peer->route = route;
  peer->in_heard = now;
  welcome(loop, *peer);
  changed_.notify_all();
}

// Whether a process that claims to be `peer` may take its place. Empty reason: not yet known, it will ask again.
bool Mesh::admits(SocketLoop& loop, Peer& peer, const Standing& theirs, double now, std::string& reason) {
  if (peer.in && peer.in_standing.same_process(theirs)) return true;
  if (peer.in && answer(loop, peer.route, {FrameType::ack, StreamId{}, 0}, BodyWriter().u64(0).u64(0).span())) {
    // The old process's connection is still there. It speaks every second while it lives.
    if (!peer.challenger.same_process(theirs)) {
      peer.challenger = theirs;
      peer.challenged = now;
    }
    const double spoke = peer.in_heard - peer.challenged;
    if (spoke > kChallenge) reason = name(peer) + " is running already";
    if (spoke > kChallenge || now - peer.challenged < kGone) return false;
  }
  if (goes_on()) return true;                              // what it missed, it missed
  const bool served = (peer.met && peer.standing.same_process(theirs)) || peer.out.serves(theirs);
  if (!served || (peer.in && !peer.in->recognises(theirs))) {
    reason = name(peer) + " came back at round " + std::to_string(theirs.base) + ", but " + number(options_.self) + " keeps messages of later rounds only: it must go on from its own last checkpoint (--resume)";
    peer.trouble = reason;
    return false;
  }
  return true;
}

void Mesh::begin_stream(Peer& peer, const StreamId& id, const Greeting& theirs, double now) {
  if (peer.in && !peer.in_standing.same_process(theirs.standing))
    log(Level::note, name(peer) + " came back at round " + std::to_string(theirs.standing.base));
  if (peer.left && goes_on()) revive(peer);
  if (!peer.standing.same_process(theirs.standing)) {      // not the process that welcomed this one
    peer.standing = theirs.standing;
    peer.heard = now;
    peer.left = false;
    greet_again(peer);
  }
  peer.fed = peer.in.has_value();
  if (!peer.in) peer.in.emplace(mine_.base);
  else
    for (std::size_t lane = 0; lane < peer.in->lanes(); ++lane) streams_.erase(lane_of(peer.in_id, lane));
  peer.in->begin(theirs.lanes);
  peer.in_id = id;
  for (std::size_t lane = 0; lane < theirs.lanes; ++lane) streams_[lane_of(id, lane)] = {&peer, lane};
  peer.unanswered.assign(theirs.lanes, false);
  peer.in_standing = theirs.standing;
}

void Mesh::welcome(SocketLoop& loop, Peer& peer) {
  BodyWriter body;
  body.u64(peer.in->flow().limit());
  Standing own = mine_;
  own.fed = peer.fed;
  put_standing(body, own);
  answer(loop, peer.route, {FrameType::welcome, peer.in_id, peer.in->flow().next()}, body.span());
}

void Mesh::welcomed(Peer& peer, BodyReader& body, std::uint64_t next) {
  const std::uint64_t limit = body.u64();
  const Standing theirs = get_standing(body);
  if (!body.done() || peer.out.begun() || next != 0) return;
  if (!peer.out.serves(theirs) && !goes_on()) {            // it is refused when it greets; until another comes it is as good as gone
    peer.trouble = name(peer) + " came back at round " + std::to_string(theirs.base) + " without its checkpoint";
    return;
  }
  if (!std::exchange(peer.met, true)) tell(peer, PeerEvent::joined);
  peer.heard = steady_seconds();
  peer.standing = theirs;
  peer.highest_sent.assign(lanes_, 0);
  peer.finish_probe = 0;
  peer.knows_finished = false;
  peer.left = false;
  peer.trouble.clear();
  peer.out.begin(theirs);
  for (std::size_t lane = 0; lane < lanes_; ++lane) peer.out.flow(lane).acknowledged(0, limit);
  learned(peer, theirs);
}

void Mesh::other_protocol(SocketLoop&, std::size_t link, std::uint16_t protocol) {
  std::lock_guard lock(mutex_);
  fail(name(peers_[link / lanes_]) + " speaks protocol " + std::to_string(protocol) + ", " + number(options_.self) + " protocol " + std::to_string(kProtocol));
}

void Mesh::denied(SocketLoop&, std::size_t link, bool refused) {
  std::lock_guard lock(mutex_);
  Peer& peer = peers_[link / lanes_];
  peer.trouble = refused ? name(peer) + " refuses the key of " + number(options_.self) + ": its peers file has another"
                 : options_.keys ? name(peer) + " has another key than the peers file says, or uses none"
                                 : "somebody is there, but speaks something else, or wants keys";
  if (refused && !peer.met) fail(peer.trouble, peer.trouble);
}

}  // namespace dml
