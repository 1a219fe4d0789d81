#include "node/network_mesh.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

namespace dml {
namespace {

constexpr double kHello = 0.1, kSlowHello = 1.0, kNoConnection = 0.02, kProbe = 0.2, kFarewell = 0.3, kAbort = 1.0, kLastWords = 0.5, kSlept = 2.0;
constexpr double kChallenge = 1.2, kGone = 3.5;            // an old process that speaks between these seconds is alive
constexpr double kPatience = 2.0;                          // for a peer that is done too and may be gone

std::string number(NodeId id) { return "node " + std::to_string(id); }

std::uint64_t zmtp_head(std::size_t size) { return size > 255 ? 9 : 2; }

}  // namespace

// Who says hello.
struct Mesh::Greeting {
  std::string run_id, model;
  std::uint64_t seed = 0, nodes = 0, from = 0, to = 0;
  Standing standing;
};

struct Mesh::Peer {
  NodeId id = 0;
  std::size_t link = 0;
  OutLink out;
  StreamId out_id = StreamId::random();
  bool met = false;                                        // it welcomed this process once
  Standing standing;                                       // as last heard
  double heard = 0, greeted = 0, hello = kHello, probed = 0;
  std::uint64_t highest_sent = 0;                          // chunks below were sent before
  std::uint64_t finish_probe = 0;                          // the first probe that said "finished"
  bool knows_finished = false;                             // it was told that this node is done
  bool left = false;                                       // it said bye
  std::string trouble;                                     // what else is known when it stays silent

  std::optional<InLink> in;                                // from the first hello on
  bool fed = false;                                        // there was one before the present stream
  StreamId in_id;
  Standing in_standing;
  std::string route;
  bool unanswered = false;
  double in_heard = 0;
  Standing challenger;                                     // another process that claims this id
  double challenged = 0;
  bool held = false;                                       // the old one still lives
};

Mesh::Mesh(const NetworkOptions& options, std::uint64_t base, bool keeps, InFlight in_flight)
    : options_(options), nodes_(options.peers.size()), keep_alive_(std::min(1.0, options.timeout / 5)), turned_(steady_seconds()) {
  const StreamId random = StreamId::random();
  std::memcpy(mine_.incarnation, random.bytes.data(), sizeof mine_.incarnation);
  mine_.base = mine_.durable = mine_.floor = base;
  mine_.keeps = keeps;
  SocketAddress own = SocketAddress::parse("@" + options.peers[options.self].endpoint);
  own.check_security(options.insecure);
  std::vector<SocketAddress> others;
  peers_.resize(nodes_ - 1);
  for (NodeId id = 0; id < nodes_; ++id) {
    if (id == options.self) continue;
    Peer& peer = peers_[others.size()];
    peer.id = id;
    peer.link = others.size();
    peer.heard = turned_;
    if (id < in_flight.kept.size()) {
      for (const auto& message : in_flight.kept[id]) mine_.floor = std::min(mine_.floor, message.round);
      peer.out.restore(std::move(in_flight.kept[id]), in_flight.dropped_through[id]);
    } else {
      peer.out.restore({}, base);
    }
    others.push_back(SocketAddress::parse(options.peers[id].endpoint));
    others.back().check_security(options.insecure);
  }
  loop_ = std::make_unique<SocketLoop>(static_cast<SocketLoop::Handler&>(*this), own, others);
}

Mesh::~Mesh() { loop_->stop(leaving_ ? kFarewell : 0); }

std::string Mesh::name(const Peer& peer) const { return number(peer.id); }

// ---------------------------------------------------------------- the node's thread

void Mesh::send(NodeId to, std::uint64_t round, std::uint64_t digest, Bytes bytes) {
  {
    std::lock_guard lock(mutex_);
    Peer& peer = peers_[to > options_.self ? to - 1 : to];
    if (peer.standing.finished) return;
    peer.out.send(round, digest, std::move(bytes));
  }
  loop_->wake();
}

std::optional<Mesh::Incoming> Mesh::wait(double seconds) {
  std::unique_lock lock(mutex_);
  const auto ready = [&] { return !queue_.empty() || !failure_.empty(); };
  changed_.wait_for(lock, std::chrono::duration<double>(seconds), ready);
  if (!failure_.empty()) throw Error(Fault::system, failure_);
  if (queue_.empty()) return std::nullopt;
  Queued next = std::move(queue_.front());
  queue_.pop_front();
  const std::uint64_t before = next.peer->in->flow().limit();
  next.peer->in->took(next.epoch, next.incoming.message.bytes.size());
  // Telling at once matters to a peer that waits for credit, or to leave; the others learn it with the next acknowledgement.
  next.peer->unanswered = true;
  const bool tell = next.peer->in->flow().limit() != before || next.peer->in_standing.finished;
  lock.unlock();
  if (tell) loop_->wake();
  return std::move(next.incoming);
}

void Mesh::completed(std::uint64_t round) {
  std::lock_guard lock(mutex_);
  for (auto& peer : peers_) peer.out.completed(round);
}

InFlight Mesh::in_flight() {
  std::lock_guard lock(mutex_);
  InFlight all{std::vector<std::deque<NetworkMessage>>(nodes_), std::vector<std::uint64_t>(nodes_)};
  for (const auto& peer : peers_) {
    all.kept[peer.id] = peer.out.kept();
    all.dropped_through[peer.id] = peer.out.dropped_through();
  }
  return all;
}

void Mesh::durable(std::uint64_t round, const InFlight& saved) {
  std::lock_guard lock(mutex_);
  mine_.durable = mine_.floor = round;
  for (const auto& kept : saved.kept)
    for (const auto& message : kept) mine_.floor = std::min(mine_.floor, message.round);
  for (auto& peer : peers_) peer.unanswered = peer.in.has_value();
  loop_->wake();
}

void Mesh::finish(bool patient) {
  std::unique_lock lock(mutex_);
  mine_.finished = true;
  finished_at_ = steady_seconds();
  loop_->wake();
  changed_.wait(lock, [&] { return settled() || !failure_.empty(); });
  leaving_ = true;
  if (settled()) return;
  if (patient) throw Error(Fault::system, failure_);
  log(Level::note, "left without an answer: " + failure_);
}

// A peer that is done wants nothing more, but it may be waiting to hear that this node wants nothing of it either. One that writes
// checkpoints may die and come back, and will look for this node, until it is done.
bool Mesh::settled() const {
  const bool patient = steady_seconds() - finished_at_ < kPatience;
  return std::all_of(peers_.begin(), peers_.end(), [&](const Peer& peer) {
    if (peer.left || (peer.standing.finished && !patient)) return true;
    return peer.knows_finished && (peer.standing.finished || (peer.out.kept().empty() && !peer.standing.keeps));
  });
}

void Mesh::give_up(const std::string& reason) {
  {
    std::lock_guard lock(mutex_);
    giving_up_ = cause_.empty() ? reason : cause_;
  }
  // Peers greet again every tenth of a second: one that missed the reason, or starts just now, is told before this process is gone.
  loop_->wake();
  std::this_thread::sleep_for(std::chrono::duration<double>(kLastWords));
  loop_->stop(kAbort);
}

Traffic Mesh::overhead() {
  std::lock_guard lock(mutex_);
  return overhead_;
}

// ---------------------------------------------------------------- the loop's thread

void Mesh::fail(std::string message, std::string cause) {
  if (!failure_.empty()) return;
  failure_ = std::move(message);
  cause_ = std::move(cause);
  changed_.notify_all();
}

void Mesh::failed(const std::string& what) {
  std::lock_guard lock(mutex_);
  fail("the network of " + number(options_.self) + " broke: " + what);
}

bool Mesh::say(SocketLoop& loop, const Peer& peer, const FrameHead& head, std::span<const std::byte> body) {
  if (!loop.send(peer.link, head, body)) return false;
  overhead_.control += kFrameHead + body.size() + zmtp_head(kFrameHead + body.size());
  return true;
}

bool Mesh::answer(SocketLoop& loop, const std::string& route, const FrameHead& head, std::span<const std::byte> body) {
  if (!loop.reply(route, head, body)) return false;
  overhead_.control += kFrameHead + body.size() + zmtp_head(kFrameHead + body.size());
  return true;
}

void Mesh::incoming(SocketLoop& loop, const std::string& route, const ParsedFrame& frame) {
  std::lock_guard lock(mutex_);
  if (frame.head.type == FrameType::hello) return greeted(loop, route, frame);
  const auto found = streams_.find(frame.head.stream);
  if (found == streams_.end()) {
    answer(loop, route, {FrameType::unknown, frame.head.stream, 0});
    return;
  }
  Peer& peer = *found->second;
  peer.route = route;
  peer.in_heard = steady_seconds();
  switch (frame.head.type) {
    case FrameType::data: {
      peer.unanswered = true;
      const auto verdict = peer.in->flow().arrived(frame.head.sequence, frame.body.size());
      if (verdict == ReceiveFlow::Verdict::overrun) return fail(name(peer) + " sent more than it was allowed to");
      if (verdict != ReceiveFlow::Verdict::accepted) return;
      try {
        if (auto message = peer.in->chunk(frame.body)) queue_.push_back({&peer, peer.in->epoch(), {peer.id, std::move(*message)}});
      } catch (const Error& error) {
        return fail(name(peer) + " " + error.what());
      }
      changed_.notify_all();
      return;
    }
    case FrameType::probe: {
      BodyReader body(frame.body);
      const Standing theirs = get_standing(body);
      if (!body.done() || !theirs.same_process(peer.in_standing)) return;
      peer.in_standing = theirs;
      learned(peer, theirs);
      acknowledge(loop, peer, frame.head.sequence);
      return;
    }
    case FrameType::bye:
      peer.left = true;
      peer.standing.finished = true;
      changed_.notify_all();
      return;
    case FrameType::abort: {
      const std::string why = shown(frame.body);
      return fail(name(peer) + " gave up: " + why, why);
    }
    default: return;                                       // what only a receiver says
  }
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
  theirs.standing = get_standing(body);
  if (!body.done() || theirs.from > 0xffffffffu) return refuse("the greeting makes no sense");
  const auto from = static_cast<NodeId>(theirs.from);
  if (from == options_.self) return refuse(number(from) + " is running already");
  Peer* peer = from < nodes_ ? &peers_[from > options_.self ? from - 1 : from] : nullptr;
  std::string reason = mismatch(from, theirs);
  if (reason.empty() && !peer) reason = number(from) + " is not in the peers file";
  if (!reason.empty()) {
    refuse(reason);
    // A run that has not begun cannot begin; one that is under way does not end because of a newcomer.
    if (!peer || !(peer->in || peer->met)) fail(reason);
    else if (peer->trouble != reason) warn("refused a process: " + (peer->trouble = reason));
    return;
  }
  const double now = steady_seconds();
  if (!peer->in || peer->in_id != frame.head.stream) {
    if (!admits(loop, *peer, theirs.standing, now, reason)) {
      if (!reason.empty()) refuse(reason);
      return;
    }
    if (peer->in && !peer->in_standing.same_process(theirs.standing))
      log(Level::note, name(*peer) + " came back at round " + std::to_string(theirs.standing.base));
    if (!peer->standing.same_process(theirs.standing)) {   // not the process that welcomed this one
      peer->standing = theirs.standing;
      peer->heard = now;
      peer->left = false;
      greet_again(*peer);
    }
    if (peer->in) streams_.erase(peer->in_id);
    peer->fed = peer->in.has_value();
    if (!peer->in) peer->in.emplace(mine_.base);
    peer->in->begin(theirs.standing);
    peer->in_id = frame.head.stream;
    streams_[peer->in_id] = peer;
    peer->in_standing = theirs.standing;
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
  const bool served = (peer.met && peer.standing.same_process(theirs)) || peer.out.serves(theirs);
  if (!served || (peer.in && !peer.in->recognises(theirs))) {
    reason = name(peer) + " came back at round " + std::to_string(theirs.base) + ", but " + number(options_.self) + " keeps messages of later rounds only: it must go on from its own last checkpoint (--resume)";
    peer.trouble = reason;
    return false;
  }
  return true;
}

void Mesh::welcome(SocketLoop& loop, Peer& peer) {
  BodyWriter body;
  body.u64(peer.in->flow().limit());
  Standing own = mine_;
  own.fed = peer.fed;
  put_standing(body, own);
  answer(loop, peer.route, {FrameType::welcome, peer.in_id, peer.in->flow().next()}, body.span());
}

void Mesh::acknowledge(SocketLoop& loop, Peer& peer, std::uint64_t probe) {
  peer.unanswered = false;
  BodyWriter body;
  body.u64(peer.in->flow().limit()).u64(probe).u64(peer.in->delivered());
  put_standing(body, mine_);
  answer(loop, peer.route, {FrameType::ack, peer.in_id, peer.in->flow().next()}, body.span());
}

void Mesh::returned(SocketLoop&, std::size_t link, const ParsedFrame& frame) {
  std::lock_guard lock(mutex_);
  Peer& peer = peers_[link];
  if (frame.head.stream != peer.out_id) return;
  BodyReader body(frame.body);
  switch (frame.head.type) {
    case FrameType::welcome: return welcomed(peer, body, frame.head.sequence);
    case FrameType::ack: {
      const std::uint64_t limit = body.u64(), probe = body.u64(), delivered = body.u64();
      const Standing theirs = get_standing(body);
      if (!body.done() || !peer.out.begun() || !theirs.same_process(peer.standing)) return;
      peer.heard = steady_seconds();
      if (!peer.out.flow().acknowledged(frame.head.sequence, limit)) return;
      peer.out.flow().answered(probe);
      if (peer.finish_probe != 0 && probe >= peer.finish_probe) peer.knows_finished = true;
      peer.standing = theirs;
      peer.out.settle(delivered, theirs);
      learned(peer, theirs);
      return;
    }
    case FrameType::unknown:                               // started again, or it never heard of us
      return greet_again(peer);
    case FrameType::refuse: return fail(name(peer) + " refuses this node: " + shown(frame.body), shown(frame.body));
    default: return;
  }
}

void Mesh::greet_again(Peer& peer) {
  peer.out.end_stream();
  peer.out_id = StreamId::random();
  peer.greeted = 0;
  peer.hello = kHello;
}

void Mesh::welcomed(Peer& peer, BodyReader& body, std::uint64_t next) {
  const std::uint64_t limit = body.u64();
  const Standing theirs = get_standing(body);
  if (!body.done() || peer.out.begun() || next != 0) return;
  if (!peer.out.serves(theirs)) {                     // it is refused when it greets; until another comes it is as good as gone
    peer.trouble = name(peer) + " came back at round " + std::to_string(theirs.base) + " without its checkpoint";
    return;
  }
  peer.met = true;
  peer.heard = steady_seconds();
  peer.standing = theirs;
  peer.highest_sent = peer.finish_probe = 0;
  peer.knows_finished = false;
  peer.trouble.clear();
  peer.out.begin(theirs);
  peer.out.flow().acknowledged(0, limit);
  learned(peer, theirs);
}

void Mesh::learned(Peer& peer, const Standing& theirs) {
  if (theirs.finished && theirs.same_process(peer.standing)) {
    peer.standing.finished = true;
    peer.out.settle(0, peer.standing);
  }
  if (peer.in && theirs.same_process(peer.in_standing)) peer.in->forget(theirs);
  changed_.notify_all();
}

void Mesh::other_protocol(SocketLoop&, std::size_t link, std::uint16_t protocol) {
  std::lock_guard lock(mutex_);
  fail(name(peers_[link]) + " speaks protocol " + std::to_string(protocol) + ", " + number(options_.self) + " protocol " + std::to_string(kProtocol));
}

double Mesh::turn(SocketLoop& loop, double now) {
  std::lock_guard lock(mutex_);
  const double slept = now - turned_ > kSlept ? now - turned_ : 0;   // this process did, not its peers
  turned_ = now;
  if (!giving_up_.empty() && !gave_up_) {
    gave_up_ = true;
    const std::string reason = giving_up_.substr(0, 900);
    for (auto& peer : peers_)
      if (peer.out.begun()) say(loop, peer, {FrameType::abort, peer.out_id, 0}, std::as_bytes(std::span(reason)));
  }
  if (leaving_ && !said_bye_) {
    said_bye_ = true;
    for (auto& peer : peers_)
      if (peer.out.begun()) say(loop, peer, {FrameType::bye, peer.out_id, 0});
  }
  double next = keep_alive_;
  for (auto& peer : peers_) {
    peer.heard += slept;
    if (peer.in && peer.unanswered) acknowledge(loop, peer, 0);
    next = std::min(next, serve(loop, peer, now));
  }
  changed_.notify_all();                                   // settled() looks at the clock
  return next;
}

// Greets, sends and probes one peer; returns when to look again.
double Mesh::serve(SocketLoop& loop, Peer& peer, double now) {
  const bool last = mine_.finished && !peer.knows_finished;
  if (peer.left || (peer.standing.finished && !last) || !failure_.empty()) return keep_alive_;
  if (!peer.standing.finished && now - peer.heard > options_.timeout) {
    std::string silent = "no sign of life from " + name(peer) + " for " + format_number(options_.timeout) + " s";
    if (!peer.trouble.empty()) silent += " (" + peer.trouble + ")";
    fail(silent, silent);
    return keep_alive_;
  }
  if (!peer.out.begun()) return greet(loop, peer, now);
  if (!transmit(loop, peer)) return kNoConnection;
  const double period = last || peer.out.flow().outstanding() ? std::min(kProbe, keep_alive_) : keep_alive_;
  if (now - peer.probed >= period || (last && peer.finish_probe == 0)) {
    const std::uint64_t probe = peer.out.flow().probe();
    BodyWriter body;
    put_standing(body, mine_);
    if (!say(loop, peer, {FrameType::probe, peer.out_id, probe}, body.span())) return kNoConnection;
    peer.probed = now;
    if (mine_.finished && peer.finish_probe == 0) peer.finish_probe = probe;
  }
  return std::max(0.0, peer.probed + period - now);
}

double Mesh::greet(SocketLoop& loop, Peer& peer, double now) {
  if (now - peer.greeted < peer.hello) return kHello;
  BodyWriter body;
  body.text("node").text(options_.run_id).text(options_.model_digest).u64(options_.run.seed).u64(nodes_).u64(options_.self).u64(peer.id);
  Standing own = mine_;
  own.fed = peer.in.has_value();
  put_standing(body, own);
  if (!say(loop, peer, {FrameType::hello, peer.out_id, 0}, body.span())) return kNoConnection;
  peer.greeted = now;
  peer.hello = std::min(1.5 * peer.hello, kSlowHello);     // they wait in ZeroMQ while nobody is there
  return kHello;
}

bool Mesh::transmit(SocketLoop& loop, Peer& peer) {
  std::uint64_t sequence = 0;
  while (const Chunk* chunk = peer.out.flow().next(sequence)) {
    if (!loop.send(peer.link, {chunk->type, peer.out_id, sequence}, chunk->prefix.span(), chunk->data.span())) return false;
    const bool again = sequence < peer.highest_sent;       // the first time, its content is counted where it was sent
    overhead_.framing += kFrameHead + zmtp_head(kFrameHead + chunk->size()) + (again ? chunk->size() : chunk->prefix.size());
    peer.highest_sent = std::max(peer.highest_sent, sequence + 1);
    peer.out.flow().sent();
  }
  return true;
}

}  // namespace dml
