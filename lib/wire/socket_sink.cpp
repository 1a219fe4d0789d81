// The sending side of a stream. A thread of its own answers for this process while the caller computes: a slow writer is not a dead one.
#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "base/error.h"
#include "base/text.h"
#include "wire/socket.h"
#include "wire/socket_flow.h"
#include "wire/socket_loop.h"

namespace dml {
namespace {

constexpr std::size_t kChunk = 1 << 20;                    // a full one is sent at once, a part of one after kFlush
constexpr double kFlush = 0.1, kHello = 0.1, kSlowHello = 1.0, kNoConnection = 0.02, kProbe = 0.2, kKeepAlive = 1.0, kFarewell = 0.3, kAbort = 1.0;

class SocketSink final : public ByteSink, private SocketLoop::Handler {
 public:
  SocketSink(SocketAddress address, double timeout, SocketSecurity security)
      : address_(std::move(address)), timeout_(timeout), own_key_(security.public_key), heard_(steady_seconds()), turned_(heard_),
        loop_(*this, std::nullopt, {address_}, std::move(security)) {}

  ~SocketSink() override {
    bool told = false;
    {
      std::lock_guard lock(mutex_);
      told = welcomed_ && failure_.empty() && !done_;
      leaving_ = true;
    }
    loop_.wake();
    loop_.stop(told ? kAbort : 0);
  }

  void write(std::span<const std::byte> data) override {
    while (!data.empty()) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return !failure_.empty() || flow_.pending_bytes() + filled_ < kWindow; });
      check();
      if (filled_ == 0) {
        if (part_.size() == 0) part_ = Buffer(kChunk);
        since_ = steady_seconds();
      }
      const std::size_t count = std::min(data.size(), kChunk - filled_);
      std::copy_n(data.begin(), count, part_.data() + filled_);
      filled_ += count;
      data = data.subspan(count);
      if (filled_ < kChunk) continue;
      push_part();
      lock.unlock();
      loop_.wake();
    }
  }

  void commit() override {
    std::unique_lock lock(mutex_);
    check();
    push_part();
    flow_.push({FrameType::end, {}, {}});
    loop_.wake();
    changed_.wait(lock, [&] { return !failure_.empty() || done_; });
    check();
    lock.unlock();
    loop_.stop(kFarewell);                                 // all is acknowledged: this is the bye alone
  }

  std::string name() const override { return quote(address_.text); }

 private:
  void check() const {
    if (!failure_.empty()) throw Error(Fault::system, failure_, hint_);
  }

  void push_part() {
    if (filled_ == 0) return;
    // A small part must not hold a whole chunk's memory while the receiver is busy elsewhere.
    Bytes chunk = filled_ > kChunk / 2 ? std::move(part_).freeze().slice(0, filled_) : Bytes::copy(part_.data(), filled_);
    flow_.push({FrameType::data, {}, std::move(chunk)});
    filled_ = 0;
  }

  void fail(std::string message, std::string hint = {}) {
    if (!failure_.empty() || done_) return;
    failure_ = std::move(message);
    hint_ = std::move(hint);
    changed_.notify_all();
  }

  void returned(SocketLoop& loop, std::size_t link, const ParsedFrame& frame) override {
    std::lock_guard lock(mutex_);
    if (frame.head.stream != id_) return;
    heard_ = steady_seconds();
    BodyReader body(frame.body);
    switch (frame.head.type) {
      case FrameType::welcome:
        if (!welcomed_) flow_.acknowledged(frame.head.sequence, body.u64());
        welcomed_ = true;
        break;
      case FrameType::ack: {
        const std::uint64_t limit = body.u64(), probe = body.u64();
        const bool read = body.u8() == 1;
        if (!body.done() || !welcomed_ || !flow_.acknowledged(frame.head.sequence, limit)) break;
        flow_.answered(probe);
        if (read && flow_.idle() && !done_) {
          done_ = true;
          loop.send(link, {FrameType::bye, id_, 0});
        }
        break;
      }
      case FrameType::unknown:
        if (flow_.acknowledged_chunks() > 0) fail(name() + " was started again and lost the beginning of this stream");
        else if (welcomed_) flow_.restart();
        welcomed_ = false;
        hello_ = kHello;
        break;
      case FrameType::refuse: fail(name() + " refuses the stream: " + shown(frame.body)); break;
      default: break;
    }
    changed_.notify_all();
  }

  void other_protocol(SocketLoop&, std::size_t, std::uint16_t protocol) override {
    std::lock_guard lock(mutex_);
    fail(name() + " speaks protocol " + std::to_string(protocol) + ", this side protocol " + std::to_string(kProtocol),
         "use the same version of the tools on both sides");
  }

  void denied(SocketLoop&, std::size_t, bool refused) override {
    std::lock_guard lock(mutex_);
    if (refused && !welcomed_) fail(name() + " refuses this side's key", "the receiver's --trust must hold " + own_key_);
    no_handshake_ = true;
  }

  double turn(SocketLoop& loop, double now) override {
    std::lock_guard lock(mutex_);
    if (now - turned_ > kKeepAlive + 1) heard_ += now - turned_;   // this process slept, not the other
    turned_ = now;
    if (!failure_.empty() || done_) return 1;
    if (leaving_) {
      const std::string reason = "its sender stopped before the end";
      loop.send(0, {FrameType::abort, id_, 0}, std::as_bytes(std::span(reason)));
      return 1;
    }
    if (now - heard_ > timeout_)
      fail((welcomed_ ? "no answer from " : "no receiver at ") + name() + " for " + format_number(timeout_) + " s",
           welcomed_       ? ""
           : no_handshake_ ? (own_key_.empty() ? "somebody is there, but speaks something else, or wants --key" : "somebody is there, but has no key of --trust or uses none")
                           : "start the receiver, or wait longer with --timeout");
    if (!welcomed_) return greet(loop, now);
    if (filled_ > 0 && now - since_ >= kFlush) push_part();
    std::uint64_t sequence = 0;
    while (const Chunk* chunk = flow_.next(sequence)) {
      if (!loop.send(0, {chunk->type, id_, sequence}, chunk->prefix.span(), chunk->data.span())) return kNoConnection;
      flow_.sent();
    }
    const double period = flow_.outstanding() ? kProbe : std::min(kKeepAlive, timeout_ / 5);
    if (now - probed_ >= period) {
      if (!loop.send(0, {FrameType::probe, id_, flow_.probe()})) return kNoConnection;
      probed_ = now;
    }
    const double next = std::max(0.0, probed_ + period - now);
    return filled_ > 0 ? std::min(next, kFlush) : next;
  }

  double greet(SocketLoop& loop, double now) {
    if (now - greeted_ < hello_) return kHello;
    const auto words = BodyWriter().text("stream");
    if (!loop.send(0, {FrameType::hello, id_, 0}, words.span())) return kNoConnection;
    greeted_ = now;
    hello_ = std::min(1.5 * hello_, kSlowHello);           // they wait in ZeroMQ while nobody is there
    return kHello;
  }

  void failed(const std::string& what) override {
    std::lock_guard lock(mutex_);
    fail("the connection to " + name() + " broke: " + what);
  }

  const SocketAddress address_;
  const double timeout_;
  const std::string own_key_;
  const StreamId id_ = StreamId::random();
  std::mutex mutex_;                                       // guards all below
  std::condition_variable changed_;
  SendFlow flow_;
  Buffer part_;                                            // a chunk that is being filled
  std::size_t filled_ = 0;
  double since_ = 0;                                       // when its first byte came
  bool welcomed_ = false, done_ = false, leaving_ = false, no_handshake_ = false;
  double heard_, turned_, probed_ = 0, greeted_ = 0, hello_ = kHello;
  std::string failure_, hint_;
  SocketLoop loop_;                                        // last: its thread uses all of the above
};

}  // namespace

std::unique_ptr<ByteSink> open_socket_sink(std::string_view endpoint, const OpenOptions& options) {
  SocketAddress address = SocketAddress::parse(endpoint);
  if (address.bind)
    throw Error(Fault::usage, "an output connects, it cannot bind " + quote(endpoint),
                "write -o " + std::string(endpoint.substr(1)) + " here and read " + std::string(endpoint) + " on the other side");
  SocketSecurity security = stream_security(options.keys.get());
  address.check_security(options.insecure || security.on());
  return std::make_unique<SocketSink>(std::move(address), options.timeout, std::move(security));
}

}  // namespace dml
