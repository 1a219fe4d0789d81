// Reliable delivery of one stream as two state machines without sockets, clocks or threads.
//
// The sender numbers its chunks and keeps each until the receiver has it. It may send up to the receiver's credit limit, a count of
// bytes since the stream began. Frames of one connection arrive in order; a connection that breaks loses a run of them. So whoever wants
// to know what arrived sends a probe behind its chunks: the answer names the sequence number that the receiver waits for, and whatever
// had been sent before the probe and is not below that number is lost and sent again. No timer decides what is lost.
#pragma once
#include <cstdint>
#include <deque>
#include <optional>

#include "wire/bytes.h"
#include "wire/socket_frame.h"

namespace dml {

struct Chunk {
  FrameType type = FrameType::data;
  Bytes prefix, data;                                      // the body: one after the other
  std::size_t size() const { return prefix.size() + data.size(); }
};

class SendFlow {
 public:
  void push(Chunk chunk);                                  // of at most kMostChunk bytes
  /// The next chunk to send and its sequence number, while credit allows; nullptr when there is none. sent() says that it left.
  const Chunk* next(std::uint64_t& sequence) const;
  void sent();
  /// The receiver has everything below `next` and takes bytes up to `limit`. False when that cannot be (a stranger's numbers).
  bool acknowledged(std::uint64_t next, std::uint64_t limit);
  /// The number of a new probe, to be sent behind what was sent so far.
  std::uint64_t probe();
  /// The answer to probe `number`, after acknowledged(). Returns how many chunks were lost and will be sent again.
  std::uint64_t answered(std::uint64_t number);
  /// A receiver that knows nothing of this stream will be told all of it; only while nothing was acknowledged.
  void restart();

  std::uint64_t pending_bytes() const { return pushed_bytes_ - acked_bytes_; }   // kept here
  bool idle() const { return chunks_.empty(); }            // everything was acknowledged
  bool outstanding() const { return cursor_ > base_; }     // something was sent and not acknowledged
  std::uint64_t acknowledged_chunks() const { return base_; }

 private:
  std::deque<Chunk> chunks_;                               // base_ .. base_ + size - 1
  std::uint64_t base_ = 0, cursor_ = 0;                    // first kept, next to send
  std::uint64_t pushed_bytes_ = 0, acked_bytes_ = 0, sent_bytes_ = 0;   // sent_bytes_: of all chunks below cursor_
  std::uint64_t limit_ = 0;
  std::uint64_t probe_ = 0;
  struct Probe { std::uint64_t number, cursor; };
  std::deque<Probe> probes_;                               // under way; several, where an answer takes longer than the next question
};

class ReceiveFlow {
 public:
  /// `window`: how far a sender may be ahead of what was consumed, bytes.
  explicit ReceiveFlow(std::uint64_t window = kWindow) : window_(window) {}
  enum class Verdict { accepted, duplicate, gap, overrun };
  /// A chunk of `size` bytes arrived. Only `accepted` ones are kept; a gap is sent again later; overrun breaks the protocol.
  Verdict arrived(std::uint64_t sequence, std::size_t size);
  void consumed(std::uint64_t bytes) { consumed_ += bytes; }   // handed on: their room is free
  std::uint64_t next() const { return next_; }
  std::uint64_t limit() const { return consumed_ + window_; }
  std::uint64_t held() const { return received_ - consumed_; }

 private:
  std::uint64_t window_, next_ = 0, received_ = 0, consumed_ = 0;
};

}  // namespace dml
