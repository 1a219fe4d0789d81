#include "node/network_link.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace dml {
namespace {

constexpr std::size_t kMessageHead = 32;                   // round, digest, ordinal, size: u64 each
constexpr std::size_t kChunk = 1 << 20;
constexpr std::uint64_t kMostMessage = std::uint64_t{64} << 30;
constexpr std::uint64_t kBacklog = 2 * kWindow;            // bytes in the lanes; what else is kept waits outside
constexpr std::uint64_t kLeastWindow = 2 * kMostChunk;     // of one lane of many
constexpr std::uint64_t kAtOnce = kWindow;                 // memory that an announced size gets before its bytes come

}  // namespace

void put_standing(BodyWriter& body, const Standing& standing) {
  body.u64(standing.incarnation[0]).u64(standing.incarnation[1]).u64(standing.base).u64(standing.durable).u64(standing.floor);
  body.u8(static_cast<std::uint8_t>((standing.keeps ? 1 : 0) | (standing.finished ? 2 : 0) | (standing.fed ? 4 : 0)));
}

Standing get_standing(BodyReader& body) {
  Standing standing;
  standing.incarnation[0] = body.u64();
  standing.incarnation[1] = body.u64();
  standing.base = body.u64();
  standing.durable = body.u64();
  standing.floor = body.u64();
  const std::uint8_t flags = body.u8();
  standing.keeps = flags & 1;
  standing.finished = flags & 2;
  standing.fed = flags & 4;
  return standing;
}

void OutLink::send(std::uint64_t round, std::uint64_t digest, Bytes bytes) {
  const std::uint64_t ordinal = sent_[{round, digest}]++;
  kept_bytes_ += bytes.size();
  kept_.push_back({round, digest, ordinal, std::move(bytes)});
  refill();
}

void OutLink::restore(std::deque<NetworkMessage> kept, std::uint64_t dropped_through) {
  kept_ = std::move(kept);
  kept_bytes_ = 0;
  for (const auto& message : kept_) kept_bytes_ += message.bytes.size();
  dropped_through_ = dropped_through;
}

void OutLink::push(const NetworkMessage& message) {
  const std::uint64_t fields[4] = {message.round, message.digest, message.ordinal, message.bytes.size()};
  Bytes head = Bytes::copy(fields, sizeof fields);
  std::size_t at = 0;
  do {
    const std::size_t count = std::min(kChunk, message.bytes.size() - at);
    lanes_[turn_].push({FrameType::data, std::exchange(head, Bytes()), message.bytes.slice(at, count)});
    turn_ = (turn_ + 1) % lanes_.size();
    at += count;
  } while (at < message.bytes.size());
}

void OutLink::refill() {
  if (!begun_) return;
  std::uint64_t pending = 0;
  for (const auto& lane : lanes_) pending += lane.pending_bytes();
  for (; pushed_ < kept_.size() && pending < kBacklog; ++pushed_) {
    push(kept_[pushed_]);
    pending += kMessageHead + kept_[pushed_].bytes.size();
  }
}

void OutLink::bound(std::uint64_t bytes) {
  while (kept_bytes_ > bytes && pushed_ < kept_.size()) {
    const auto oldest = kept_.begin() + static_cast<std::ptrdiff_t>(pushed_);
    dropped(*oldest, Standing());
    kept_.erase(oldest);
  }
}

void OutLink::drop_all() {
  for (const auto& message : kept_) dropped(message, Standing());
  kept_.clear();
  handed_ = pushed_ = 0;
  begun_ = false;
}

void OutLink::begin(const Standing& peer) {
  lanes_.assign(lanes_.size(), SendFlow());
  turn_ = 0;
  begun_ = true;
  handed_ = pushed_ = 0;
  delivered_ = 0;
  std::erase_if(kept_, [&](const auto& message) {          // its state holds what is before its base
    if (message.round < peer.base) dropped(message, peer);
    return message.round < peer.base;
  });
  refill();
}

void OutLink::settle(std::uint64_t delivered, const Standing& peer) {
  if (begun_ && delivered > delivered_) {
    handed_ = std::min(pushed_, handed_ + static_cast<std::size_t>(delivered - delivered_));
    delivered_ = delivered;
  }
  const auto unwanted = [&](const NetworkMessage& message) { return !peer.keeps || message.round < peer.durable; };
  const auto handed_end = kept_.begin() + static_cast<std::ptrdiff_t>(handed_);
  for (auto it = kept_.begin(); it != handed_end; ++it)
    if (unwanted(*it)) dropped(*it, peer);
  const auto rest = std::remove_if(kept_.begin(), handed_end, unwanted);
  pushed_ -= static_cast<std::size_t>(handed_end - rest);
  handed_ = static_cast<std::size_t>(rest - kept_.begin());
  kept_.erase(rest, handed_end);
  if (!peer.finished) return;
  for (const auto& message : kept_) dropped(message, peer);   // it wants nothing more
  kept_.clear();
  handed_ = pushed_ = 0;
}

void OutLink::dropped(const NetworkMessage& message, const Standing& peer) {
  kept_bytes_ -= message.bytes.size();
  const std::uint64_t through = peer.keeps ? std::min(message.round + 1, peer.durable) : message.round + 1;
  dropped_through_ = std::max(dropped_through_, through);
}

void InLink::begin(std::size_t lanes) {
  const std::uint64_t window = lanes == 1 ? kWindow : std::max(kWindow / lanes, kLeastWindow);
  lanes_.assign(lanes, Lane{ReceiveFlow(window), 0, {}});
  turn_ = 0;
  inside_ = false;
  buffer_ = Buffer();
  whole_ = 0;
  waiting_.clear();
  ++epoch_;
}

void InLink::forget(const Standing& peer) {
  if (!peer.keeps) {
    if (!seen_.empty()) forgotten_through_ = std::max(forgotten_through_, seen_.rbegin()->first + 1);
    seen_.clear();
    return;
  }
  seen_.erase(seen_.begin(), seen_.lower_bound(peer.floor));
  forgotten_through_ = std::max(forgotten_through_, peer.floor);
}

std::vector<NetworkMessage> InLink::chunk(std::span<const std::byte> bytes, std::size_t lane) {
  std::vector<NetworkMessage> whole;
  if (lane != turn_) {                                     // its lane's window bounds what waits here
    lanes_[lane].early.emplace_back(bytes.begin(), bytes.end());
    return whole;
  }
  take(lane, bytes, whole);
  while (!lanes_[turn_].early.empty()) {
    const std::vector<std::byte> next = std::move(lanes_[turn_].early.front());
    lanes_[turn_].early.pop_front();
    take(turn_, next, whole);
  }
  return whole;
}

void InLink::take(std::size_t lane, std::span<const std::byte> bytes, std::vector<NetworkMessage>& whole) {
  turn_ = (lane + 1) % lanes_.size();
  lanes_[lane].owed += bytes.size();
  if (!inside_) {
    if (bytes.size() < kMessageHead) throw Error(Fault::system, "sent bytes that are no message");
    start_message(bytes.first(kMessageHead));
    bytes = bytes.subspan(kMessageHead);
  }
  if (bytes.size() > size_ - filled_) throw Error(Fault::system, "sent a message that is longer than announced");
  if (filled_ + bytes.size() > buffer_.size()) {           // grows with what came, not with what was announced
    Buffer larger(std::min(size_, std::max<std::uint64_t>(2 * buffer_.size(), kAtOnce)));
    std::copy_n(buffer_.data(), filled_, larger.data());
    buffer_ = std::move(larger);
  }
  std::copy(bytes.begin(), bytes.end(), buffer_.data() + filled_);
  filled_ += bytes.size();
  release_credit();
  if (filled_ < size_) return;
  if (auto message = finish_message()) whole.push_back(std::move(*message));
}

void InLink::start_message(std::span<const std::byte> head) {
  std::uint64_t fields[4];
  std::memcpy(fields, head.data(), sizeof fields);
  message_ = {fields[0], fields[1], fields[2], {}};
  size_ = fields[3];
  if (size_ > kMostMessage) throw Error(Fault::system, "announced a message of " + std::to_string(size_) + " bytes");
  filled_ = 0;
  buffer_ = Buffer(std::min(size_, kAtOnce));
  inside_ = true;
}

std::optional<NetworkMessage> InLink::finish_message() {
  inside_ = false;
  const std::uint64_t number = whole_++;
  const bool repeated = message_.round < base_ || !seen_[message_.round].insert({message_.digest, message_.ordinal}).second;
  if (repeated) {
    buffer_ = Buffer();
    return std::nullopt;
  }
  message_.bytes = std::exchange(buffer_, Buffer()).freeze().slice(0, size_);
  waiting_.push_back(number);
  waiting_bytes_ += size_;
  return std::exchange(message_, NetworkMessage());
}

void InLink::took(std::uint64_t epoch, std::uint64_t bytes) {
  waiting_bytes_ -= bytes;
  if (epoch == epoch_ && !waiting_.empty()) waiting_.pop_front();
  release_credit();
}

std::uint64_t InLink::credit() const {
  std::uint64_t sum = 0;
  for (const auto& lane : lanes_) sum += lane.flow.limit();
  return sum;
}

void InLink::release_credit() {
  if (waiting_bytes_ > kWindow) return;
  for (auto& lane : lanes_) lane.flow.consumed(std::exchange(lane.owed, 0));
}

}  // namespace dml
