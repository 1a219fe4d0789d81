// Frames between links and sockets. Data and probes go out over the lanes; all answers come back over the first one.
#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/text.h"
#include "node/network_peer.h"

namespace dml {

bool Mesh::say(SocketLoop& loop, const Peer& peer, std::size_t lane, const FrameHead& head, std::span<const std::byte> body) {
  if (!loop.send(peer.link + lane, head, body)) return false;
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
  if (found == streams_.end() || !presents_own_key(loop, found->second.peer->id)) {
    answer(loop, route, {FrameType::unknown, frame.head.stream, 0});
    return;
  }
  const auto [known, lane] = found->second;
  Peer& peer = *known;
  if (lane == 0) peer.route = route;
  peer.in_heard = steady_seconds();
  if (peer.left && goes_on() && !peer.in_standing.finished && frame.head.type != FrameType::bye) revive(peer);
  switch (frame.head.type) {
    case FrameType::data: return arrived(peer, lane, frame);
    case FrameType::probe: {
      BodyReader body(frame.body);
      const Standing theirs = get_standing(body);
      if (!body.done() || !theirs.same_process(peer.in_standing)) return;
      peer.in_standing = theirs;
      learned(peer, theirs);
      acknowledge(loop, peer, lane, frame.head.sequence);
      return;
    }
    case FrameType::bye:
      peer.standing.finished = true;
      if (!std::exchange(peer.left, true)) tell(peer, PeerEvent::left);
      return;
    case FrameType::abort: {
      const std::string why = shown(frame.body);
      if (goes_on()) return give_up_on(peer, name(peer) + " gave up: " + why);
      return fail(name(peer) + " gave up: " + why, why);
    }
    default: return;                                       // what only a receiver says
  }
}

void Mesh::arrived(Peer& peer, std::size_t lane, const ParsedFrame& frame) {
  peer.unanswered[lane] = true;
  const auto verdict = peer.in->flow(lane).arrived(frame.head.sequence, frame.body.size());
  if (verdict == ReceiveFlow::Verdict::overrun) return fail(name(peer) + " sent more than it was allowed to");
  if (verdict != ReceiveFlow::Verdict::accepted) return;
  try {
    for (auto& message : peer.in->chunk(frame.body, lane)) queue_.push_back({&peer, peer.in->epoch(), {peer.id, std::move(message), std::nullopt}});
  } catch (const Error& error) {
    return fail(name(peer) + " " + error.what());
  }
  changed_.notify_all();
}

void Mesh::acknowledge(SocketLoop& loop, Peer& peer, std::size_t lane, std::uint64_t probe) {
  peer.unanswered[lane] = false;
  BodyWriter body;
  body.u64(peer.in->flow(lane).limit()).u64(probe).u64(peer.in->delivered());
  put_standing(body, mine_);
  answer(loop, peer.route, {FrameType::ack, lane_of(peer.in_id, lane), peer.in->flow(lane).next()}, body.span());
}

void Mesh::returned(SocketLoop&, std::size_t link, const ParsedFrame& frame) {
  std::lock_guard lock(mutex_);
  Peer& peer = peers_[link / lanes_];
  const auto lane = static_cast<std::size_t>(frame.head.stream.bytes[0] ^ peer.out_id.bytes[0]);
  if (lane >= lanes_ || frame.head.stream != lane_of(peer.out_id, lane)) return;
  BodyReader body(frame.body);
  switch (frame.head.type) {
    case FrameType::welcome: return welcomed(peer, body, frame.head.sequence);
    case FrameType::ack: return acknowledged(peer, lane, frame);
    case FrameType::unknown:                               // started again, or it never heard of us
      return greet_again(peer);
    case FrameType::refuse:
      if (goes_on() && peer.met) return give_up_on(peer, name(peer) + " refuses this node: " + shown(frame.body));
      return fail(name(peer) + " refuses this node: " + shown(frame.body), shown(frame.body));
    default: return;
  }
}

void Mesh::acknowledged(Peer& peer, std::size_t lane, const ParsedFrame& frame) {
  BodyReader body(frame.body);
  const std::uint64_t limit = body.u64(), probe = body.u64(), delivered = body.u64();
  const Standing theirs = get_standing(body);
  if (!body.done() || !peer.out.begun() || !theirs.same_process(peer.standing)) return;
  peer.heard = steady_seconds();
  if (!peer.out.flow(lane).acknowledged(frame.head.sequence, limit)) return;
  peer.out.flow(lane).answered(probe);
  if (lane == 0 && peer.finish_probe != 0 && probe >= peer.finish_probe) peer.knows_finished = true;
  peer.standing = theirs;
  peer.out.settle(delivered, theirs);
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

bool Mesh::transmit(SocketLoop& loop, Peer& peer, std::size_t lane) {
  std::uint64_t sequence = 0;
  SendFlow& flow = peer.out.flow(lane);
  while (const Chunk* chunk = flow.next(sequence)) {
    if (!loop.send(peer.link + lane, {chunk->type, lane_of(peer.out_id, lane), sequence}, chunk->prefix.span(), chunk->data.span())) return false;
    const bool again = sequence < peer.highest_sent[lane];   // the first time, its content is counted where it was sent
    overhead_.framing += kFrameHead + zmtp_head(kFrameHead + chunk->size()) + (again ? chunk->size() : chunk->prefix.size());
    peer.highest_sent[lane] = std::max(peer.highest_sent[lane], sequence + 1);
    flow.sent();
  }
  return true;
}

}  // namespace dml
