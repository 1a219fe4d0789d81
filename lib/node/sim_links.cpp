#include "node/sim_links.h"

#include <algorithm>

#include "base/error.h"
#include "wire/codec.h"

namespace dml {

RunEvent SimLinks::event(const char* what, const Parcel& parcel) const {
  RunEvent event;
  event.time = host_.now();
  event.event = what;
  event.from = parcel.from;
  event.to = parcel.to;
  event.round = parcel.round;
  event.bytes = parcel.bytes;
  return event;
}

// A node that was killed repeats itself exactly, so its messages are known by their round, their kind and a count.
bool SimLinks::computed_before(const SimSent& sent, NodeId from) {
  Link& link = this->link(from, sent.to);
  if (!host_.station(from).keeps && link.computed.empty()) return false;
  auto& [all, since] = link.computed[{sent.message.round, sent.message.payload->kind}];
  if (++since <= all) return true;
  all = since;
  return false;
}

void SimLinks::send(NodeId from, SimSent&& sent) {
  if (computed_before(sent, from)) return;
  auto parcel = std::make_shared<Parcel>(Parcel{from, sent.to, sent.message.round, sent.bytes, std::move(sent.message.payload)});
  if (scenario_) {
    Transit transit{from, parcel->to, parcel->round, parcel->bytes, link(from, parcel->to).transmissions, host_.now()};
    parcel->payload = scenario_->alter(transit, std::move(parcel->payload));
  }
  enter(parcel);
}

void SimLinks::transfer(NodeId from, NodeId to, std::uint64_t round, Payload state) {
  const auto [data, head] = wire_size(*state);
  enter(std::make_shared<Parcel>(Parcel{from, to, round, data + head, std::move(state), true}));
}

// A message takes its place in the stream, unless nobody can get it.
void SimLinks::enter(const Shared& parcel) {
  Station& receiver = host_.station(parcel->to);
  if (receiver.is_out() || receiver.finished()) return host_.log(event(receiver.is_out() ? "gone" : "late", *parcel));
  if (receiver.keeps && !parcel->is_state) kept_[parcel->to].push_back(parcel);
  if (receiver.life == Life::dead) return;                 // goes out when it is back
  Link& link = this->link(parcel->from, parcel->to);
  parcel->stream = link.stream;
  parcel->place = link.next++;
  transmit(parcel);
}

void SimLinks::transmit(const Shared& parcel) {
  Transit transit{parcel->from, parcel->to, parcel->round, parcel->bytes, link(parcel->from, parcel->to).transmissions++, host_.now()};
  if (scenario_) scenario_->pass(transit);
  if (parcel->is_state) transit.final = false;
  RunEvent sent = event("send", *parcel);
  sent.number = transit.number;
  sent.delay = transit.delay;
  sent.lost = transit.lost;
  sent.corrupt = transit.corrupt;
  sent.final = transit.final;
  sent.copies = transit.copies;
  const bool fails = transit.lost || transit.corrupt;
  if (fails) sent.retry = transit.retry;
  host_.log(sent);

  const Seconds arrival = host_.now() + transit.delay;
  auto& quiet = quiet_[parcel->from];
  quiet = std::max(quiet, arrival);
  for (const double copy : transit.copies) host_.at(host_.now() + copy, [this, parcel] { arrive(parcel, false); });
  if (!fails) return host_.at(arrival, [this, parcel] { arrive(parcel, false); });
  if (!transit.lost) {
    check_corruption(*parcel, transit.number);
    host_.at(arrival, [this, parcel] { arrive(parcel, true); });
  }
  host_.at(host_.now() + transit.retry, [this, parcel, final = transit.final] { final ? give_up(parcel) : again(parcel); });
}

// The receiver's own reader refuses it: one bit of what would travel is turned, and it must not be believed.
void SimLinks::check_corruption(const Parcel& parcel, std::uint32_t number) const {
  const Bytes clean = encode_record(*parcel.payload);
  std::vector<std::byte> bytes(clean.data(), clean.data() + clean.size());
  const auto bit = Rng("corrupt", seed_, parcel.from, number, parcel.to).below(bytes.size() * 8);
  bytes[bit / 8] ^= std::byte{1} << (bit % 8);
  Record read;
  try {
    read = decode_record(bytes, Limits(), "a corrupt message");
  } catch (const Error&) {
    return;
  }
  if (content_digest(read) != content_digest(*parcel.payload)) throw Error(Fault::bug, "a corrupt message was believed: bit " + std::to_string(bit) + " was turned");
}

// The time-out of a transmission that failed.
void SimLinks::again(const Shared& parcel) {
  if (is_old(*parcel)) return;
  const Station& sender = host_.station(parcel->from);
  const Station& receiver = host_.station(parcel->to);
  if (receiver.is_out() || receiver.finished()) return host_.log(event(receiver.is_out() ? "gone" : "late", *parcel));
  if (sender.is_out() && !sender.said_goodbye && !parcel->is_state) return give_up(parcel);
  if (sender.life == Life::dead || sender.life == Life::paused) held_[parcel->from].push_back(parcel);
  else transmit(parcel);
}

// Whether its stream has ended, or it came.
bool SimLinks::is_old(const Parcel& parcel) {
  const Link& link = this->link(parcel.from, parcel.to);
  return parcel.stream != link.stream || parcel.place < link.expected || link.early.count(parcel.place) != 0;
}

void SimLinks::give_up(const Shared& parcel) {
  if (is_old(*parcel)) return;
  host_.log(event("lost", *parcel));
  Link& link = this->link(parcel->from, parcel->to);
  link.early.emplace(parcel->place, nullptr);
  host_.station(parcel->to).deliver(Station::Lost{parcel->from, parcel->round, false});
  host_.station(parcel->from).deliver(Station::Lost{parcel->to, parcel->round, true});
  host_.stirred(parcel->to);
  host_.stirred(parcel->from);
  hand_over(link);
}

void SimLinks::arrive(const Shared& parcel, bool corrupt) {
  Station& receiver = host_.station(parcel->to);
  Link& link = this->link(parcel->from, parcel->to);
  const char* what = nullptr;
  if (receiver.is_out()) what = "gone";
  else if (parcel->stream != link.stream || receiver.life == Life::dead) what = "stale";
  else if (receiver.finished()) what = "late";
  else if (corrupt) what = "corrupt";
  else if (is_old(*parcel)) what = "repeat";
  if (what) return host_.log(event(what, *parcel));
  link.early.emplace(parcel->place, parcel);
  hand_over(link);
}

void SimLinks::hand_over(Link& link) {
  while (!link.early.empty() && link.early.begin()->first == link.expected) {
    const Shared parcel = std::move(link.early.begin()->second);
    link.early.erase(link.early.begin());
    ++link.expected;
    if (!parcel) continue;
    host_.log(event("deliver", *parcel));
    if (parcel->is_state) {
      host_.state_arrived(parcel->to, parcel->payload, parcel->round);
      continue;
    }
    host_.station(parcel->to).deliver(Message{parcel->from, parcel->round, parcel->payload});
    host_.stirred(parcel->to);
  }
}

void SimLinks::restarted(NodeId id, std::uint64_t round) {
  for (auto& [key, link] : links_) {
    if (static_cast<NodeId>(key >> 32) == id)
      for (auto& [what, counts] : link.computed) counts.second = 0;
    if (static_cast<NodeId>(key) != id) continue;
    ++link.stream;
    link.next = link.expected = 0;
    link.early.clear();
  }
  for (const auto& old : std::exchange(kept_[id], {})) {
    if (old->round < round) continue;
    const Station& sender = host_.station(old->from);
    if (sender.is_out() && !sender.said_goodbye) {
      host_.log(event("lost", *old));
      continue;
    }
    auto parcel = std::make_shared<Parcel>(*old);          // the old one may still be on its way
    Link& link = this->link(parcel->from, id);
    parcel->stream = link.stream;
    parcel->place = link.next++;
    if (host_.station(id).keeps) kept_[id].push_back(parcel);
    if (sender.life == Life::dead || sender.life == Life::paused) held_[parcel->from].push_back(parcel);
    else transmit(parcel);
  }
}

void SimLinks::runs_again(NodeId id) {
  for (const auto& parcel : std::exchange(held_[id], {})) again(parcel);
}

Seconds SimLinks::quiet_at(NodeId from) const {
  const auto found = quiet_.find(from);
  return found == quiet_.end() ? host_.now() : std::max(found->second, host_.now());
}

}  // namespace dml
