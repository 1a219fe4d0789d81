// What the node's thread asks of its mesh.
#include "node/network_mesh.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "node/network_peer.h"
#include "wire/socket_keys.h"

namespace dml {
namespace {

constexpr double kFarewell = 0.3, kAbort = 1.0, kLastWords = 0.5;
constexpr double kPatience = 2.0;                          // for a peer that is done too and may be gone
constexpr std::uint64_t kMostKept = 4 * kWindow;           // bytes for one slow peer, where a quorum goes on without it
constexpr int kMostThreads = 4;

}  // namespace

Mesh::Mesh(const NetworkOptions& options, std::uint64_t base, bool keeps, InFlight in_flight)
    : options_(options), nodes_(options.peers.size()), lanes_(static_cast<std::size_t>(options.connections)), beat_(std::min(kBeat, options.timeout / 5)),
      turned_(steady_seconds()) {
  const StreamId random = StreamId::random();
  std::memcpy(mine_.incarnation, random.bytes.data(), sizeof mine_.incarnation);
  mine_.base = mine_.durable = mine_.floor = base;
  mine_.keeps = keeps;
  SocketAddress own = SocketAddress::parse("@" + options.peers[options.self].endpoint);
  own.check_security(options.insecure || options.keys);
  std::vector<SocketAddress> others;
  peers_.resize(nodes_ - 1);
  for (NodeId id = 0; id < nodes_; ++id) {
    if (id == options.self) continue;
    Peer& peer = peers_[others.size() / lanes_];
    peer.id = id;
    peer.link = others.size();
    peer.heard = turned_;
    peer.out = OutLink(lanes_);
    peer.probed.assign(lanes_, 0.0);
    peer.highest_sent.assign(lanes_, 0);
    if (id < in_flight.kept.size()) {
      for (const auto& message : in_flight.kept[id]) mine_.floor = std::min(mine_.floor, message.round);
      peer.out.restore(std::move(in_flight.kept[id]), in_flight.dropped_through[id]);
    } else {
      peer.out.restore({}, base);
    }
    const SocketAddress address = SocketAddress::parse(options.peers[id].endpoint);
    address.check_security(options.insecure || options.keys);
    others.insert(others.end(), lanes_, address);
  }
  const int threads = static_cast<int>(std::min<std::size_t>(lanes_, kMostThreads));
  loop_ = std::make_unique<SocketLoop>(static_cast<SocketLoop::Handler&>(*this), own, others, security(), threads);
}

Mesh::~Mesh() { loop_->stop(leaving_ ? kFarewell : 0); }

// Each connection expects the one key that the peers file gives to its peer.
SocketSecurity Mesh::security() const {
  SocketSecurity security;
  if (!options_.keys) return security;
  security.public_key = options_.keys->public_key;
  security.secret_key = options_.keys->secret_key;
  for (const auto& peer : peers_) {
    security.accepted.push_back(options_.peers[peer.id].public_key);
    security.expected.insert(security.expected.end(), lanes_, {security.accepted.back()});
  }
  return security;
}

std::string Mesh::name(const Peer& peer) const { return number(peer.id); }

void Mesh::send(NodeId to, std::uint64_t round, std::uint64_t digest, Bytes bytes) {
  {
    std::lock_guard lock(mutex_);
    Peer& peer = peers_[to > options_.self ? to - 1 : to];
    if (peer.standing.finished || (peer.left && goes_on())) return;
    peer.out.send(round, digest, std::move(bytes));
    if (goes_on()) peer.out.bound(kMostKept);
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
  if (next.incoming.event) return std::move(next.incoming);
  InLink& in = *next.peer->in;
  const std::uint64_t before = in.credit();
  in.took(next.epoch, next.incoming.message.bytes.size());
  // Telling at once matters to a peer that waits for credit, or to leave; the others learn it with the next acknowledgement.
  next.peer->unanswered.assign(in.lanes(), true);
  const bool tell = in.credit() != before || next.peer->in_standing.finished;
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
  for (auto& peer : peers_)
    if (peer.in) peer.unanswered.assign(peer.in->lanes(), true);
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

std::size_t Mesh::alive() {
  std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count_if(peers_.begin(), peers_.end(), [](const Peer& peer) { return peer.met && !peer.lost && !peer.left; }));
}

// The loop's thread from here on.

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

// An event stands in line behind the messages that came before it.
void Mesh::tell(Peer& peer, PeerEvent event) {
  queue_.push_back({&peer, 0, {peer.id, {}, event}});
  changed_.notify_all();
}

}  // namespace dml
