// The few wrappers of ZeroMQ's C interface that its users in this folder share. Loop threads only.
#pragma once
#include <zmq.h>

#include <cerrno>
#include <cstring>
#include <span>
#include <string>

#include "base/error.h"
#include "wire/socket_frame.h"

namespace dml::zmq {

[[noreturn]] inline void fail(const std::string& what) { throw Error(Fault::system, what + ": " + zmq_strerror(zmq_errno())); }

inline void set(void* socket, int option, int value) {
  if (zmq_setsockopt(socket, option, &value, sizeof value) != 0) fail("ZeroMQ refuses an option");
}

// One received message part.
class Part {
 public:
  Part() { zmq_msg_init(&message_); }
  ~Part() { zmq_msg_close(&message_); }
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;
  bool receive(void* socket) { return zmq_msg_recv(&message_, socket, ZMQ_DONTWAIT) >= 0; }
  void reset() {
    zmq_msg_close(&message_);
    zmq_msg_init(&message_);
  }
  bool more() { return zmq_msg_more(&message_) != 0; }
  /// The CURVE key of the connection that it came over; empty for plaintext.
  std::string user() {
    const char* id = zmq_msg_gets(&message_, "User-Id");
    return id ? id : "";
  }
  std::span<const std::byte> bytes() { return {static_cast<const std::byte*>(zmq_msg_data(&message_)), zmq_msg_size(&message_)}; }

 private:
  zmq_msg_t message_;
};

/// False when it cannot be sent now.
inline bool send_frame(void* socket, const FrameHead& head, std::span<const std::byte> first, std::span<const std::byte> second) {
  zmq_msg_t message;
  if (zmq_msg_init_size(&message, kFrameHead + first.size() + second.size()) != 0) fail("no memory for a frame");
  auto* to = static_cast<std::byte*>(zmq_msg_data(&message));
  put_head(to, head);
  if (!first.empty()) std::memcpy(to + kFrameHead, first.data(), first.size());
  if (!second.empty()) std::memcpy(to + kFrameHead + first.size(), second.data(), second.size());
  if (zmq_msg_send(&message, socket, ZMQ_DONTWAIT) >= 0) return true;
  const int error = zmq_errno();
  zmq_msg_close(&message);
  if (error == EAGAIN || error == EHOSTUNREACH || error == EINTR) return false;
  errno = error;
  fail("cannot send");
}

}  // namespace dml::zmq
