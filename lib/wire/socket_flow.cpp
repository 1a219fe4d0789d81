#include "wire/socket_flow.h"

#include "base/error.h"

namespace dml {

void SendFlow::push(Chunk chunk) {
  if (chunk.size() > kMostChunk) throw Error(Fault::bug, "a chunk is over 4 MiB");
  pushed_bytes_ += chunk.size();
  chunks_.push_back(std::move(chunk));
}

const Chunk* SendFlow::next(std::uint64_t& sequence) const {
  const std::uint64_t at = cursor_ - base_;
  if (at >= chunks_.size() || sent_bytes_ + chunks_[at].size() > limit_) return nullptr;
  sequence = cursor_;
  return &chunks_[at];
}

void SendFlow::sent() {
  sent_bytes_ += chunks_[cursor_ - base_].size();
  ++cursor_;
}

bool SendFlow::acknowledged(std::uint64_t next, std::uint64_t limit) {
  // Chunks behind the cursor may be acknowledged too: they were sent before a probe's answer moved it back.
  if (next > base_ + chunks_.size() || limit < limit_ || limit > acked_bytes_ + pending_bytes() + 2 * kWindow) return false;
  limit_ = limit;
  while (base_ < next) {
    const std::size_t size = chunks_.front().size();
    acked_bytes_ += size;
    if (base_ == cursor_) {
      ++cursor_;
      sent_bytes_ += size;
    }
    chunks_.pop_front();
    ++base_;
  }
  return true;
}

std::uint64_t SendFlow::probe() {
  constexpr std::size_t kMostProbes = 4096;
  if (probes_.size() == kMostProbes) probes_.pop_front();
  probes_.push_back({++probe_, cursor_});
  return probe_;
}

std::uint64_t SendFlow::answered(std::uint64_t number) {
  while (!probes_.empty() && probes_.front().number < number) probes_.pop_front();
  if (probes_.empty() || probes_.front().number != number) return 0;
  const std::uint64_t cursor = probes_.front().cursor;
  probes_.pop_front();
  if (cursor <= base_) return 0;
  cursor_ = base_;
  sent_bytes_ = acked_bytes_;
  probes_.clear();                                         // they stand behind what is sent again now
  return cursor - base_;
}

void SendFlow::restart() {
  if (base_ != 0) throw Error(Fault::bug, "a stream cannot start again after its beginning was given up");
  cursor_ = sent_bytes_ = limit_ = 0;
  probes_.clear();
}

ReceiveFlow::Verdict ReceiveFlow::arrived(std::uint64_t sequence, std::size_t size) {
  if (sequence < next_) return Verdict::duplicate;
  if (sequence > next_) return Verdict::gap;
  if (held() + size > window_) return Verdict::overrun;
  ++next_;
  received_ += size;
  return Verdict::accepted;
}

}  // namespace dml
