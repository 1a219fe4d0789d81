// The receiving side: streams of several senders, told apart by their ids, each in a buffer of its own.
#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "wire/socket.h"
#include "wire/socket_flow.h"
#include "wire/socket_loop.h"

namespace dml {
namespace {

constexpr std::size_t kBlock = 256 << 10;                  // small chunks are gathered: a byte each must not cost a block each
constexpr std::uint64_t kCreditStep = kWindow / 8;         // room that is worth a message
constexpr double kPatience = 2.0, kFarewell = 2.0, kSlept = 2.0;

struct Stream {
  int number = 0;
  std::string route;
  ReceiveFlow flow;
  std::deque<std::vector<std::byte>> blocks;
  double heard = 0;
  bool ended = false, aborted = false, silent = false, read = false, gone = false;
  std::string refusal;                                     // why the sender is sent away
  bool unanswered = false;                                 // an acknowledgement is due
  std::uint64_t told_limit = 0;
  std::string reason;                                      // of an abort
};

}  // namespace

class SocketListener::Core final : private SocketLoop::Handler {
 public:
  Core(SocketAddress address, const OpenOptions& options)
      : address_(std::move(address)), timeout_(options.timeout), expect_(options.expect), turned_(steady_seconds()),
        loop_(*this, address_, {}, stream_security(options.keys.get())) {
    if (address_.port == 0 && !address_.ipc) log(Level::note, "listening on " + loop_.bound_endpoint());
  }
  ~Core() override;

  std::shared_ptr<Stream> next();
  /// The next block of a stream; empty at its end. Error(input) when it is cut.
  std::vector<std::byte> take(Stream& stream);
  void release(Stream& stream, bool whole);
  std::string name(const Stream& stream) const { return "stream " + std::to_string(stream.number) + " of " + quote(address_.text); }
  SocketLoop& loop() { return loop_; }

 private:
  void incoming(SocketLoop& loop, const std::string& route, const ParsedFrame& frame) override;
  void greeted(SocketLoop& loop, const std::string& route, const ParsedFrame& frame);
  void chunk(Stream& stream, const ParsedFrame& frame);
  void acknowledge(SocketLoop& loop, const StreamId& id, Stream& stream, std::uint64_t probe);
  double turn(SocketLoop& loop, double now) override;
  void failed(const std::string& what) override;
  bool settled() const;

  const SocketAddress address_;
  const double timeout_;
  const int expect_;
  std::mutex mutex_;                                       // guards all below
  std::condition_variable changed_;
  std::map<StreamId, std::shared_ptr<Stream>> streams_;    // at most expect_
  std::vector<std::shared_ptr<Stream>> order_;             // of first arrival
  std::size_t delivered_ = 0;
  double turned_;
  std::string failure_;
  SocketLoop loop_;                                        // last: its thread uses all of the above
};

SocketListener::Core::~Core() {
  {
    std::unique_lock lock(mutex_);
    for (auto& stream : order_)
      if (!stream->read && stream->refusal.empty()) {
        stream->refusal = "the receiver ended before it read the stream";
        stream->unanswered = true;
      }
    loop_.wake();
    // The last acknowledgements may be lost: stay for those who ask again, but not for long.
    changed_.wait_for(lock, std::chrono::duration<double>(kPatience), [&] { return settled() || !failure_.empty(); });
  }
  loop_.stop(kFarewell);
  if (const auto count = loop_.junk(); count > 0)
    warn("dropped " + std::to_string(count) + " messages to " + quote(address_.text) + " that are not of the stream protocol");
}

bool SocketListener::Core::settled() const {
  return std::all_of(order_.begin(), order_.end(), [](const auto& s) { return s->gone || s->aborted || (!s->refusal.empty() && !s->unanswered); });
}

std::shared_ptr<Stream> SocketListener::Core::next() {
  std::unique_lock lock(mutex_);
  if (delivered_ == static_cast<std::size_t>(expect_)) return nullptr;
  changed_.wait_for(lock, std::chrono::duration<double>(timeout_), [&] { return delivered_ < order_.size() || !failure_.empty(); });
  if (delivered_ < order_.size()) return order_[delivered_++];
  if (!failure_.empty()) throw Error(Fault::system, failure_);
  const std::string came = delivered_ == 0 ? "no sender came to " : std::to_string(delivered_) + " of " + std::to_string(expect_) + " streams came to ";
  throw Error(Fault::system, came + quote(address_.text) + (delivered_ == 0 ? " in " : ", no other in ") + format_number(timeout_) + " s",
              "start the senders, change --expect, or wait longer with --timeout");
}

std::vector<std::byte> SocketListener::Core::take(Stream& stream) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (!stream.blocks.empty()) {
      auto block = std::move(stream.blocks.front());
      stream.blocks.pop_front();
      stream.flow.consumed(block.size());
      const bool worth = stream.flow.limit() >= stream.told_limit + kCreditStep;
      stream.unanswered = stream.unanswered || worth;
      lock.unlock();
      if (worth) loop_.wake();
      return block;
    }
    if (stream.ended) return {};
    if (stream.aborted) throw Error(Fault::input, name(stream) + " ends early: " + stream.reason);
    if (!failure_.empty()) throw Error(Fault::system, failure_);
    if (stream.silent)
      throw Error(Fault::input, name(stream) + " ends early: no sign of life from its sender for " + format_number(timeout_) + " s");
    changed_.wait(lock);
  }
}

void SocketListener::Core::release(Stream& stream, bool whole) {
  std::lock_guard lock(mutex_);
  if (whole) stream.read = true;
  else if (!stream.aborted) stream.refusal = "the receiver stopped reading before the end";
  stream.blocks.clear();
  stream.unanswered = true;
  loop_.wake();
}

void SocketListener::Core::incoming(SocketLoop& loop, const std::string& route, const ParsedFrame& frame) {
  std::lock_guard lock(mutex_);
  if (frame.head.type == FrameType::hello) return greeted(loop, route, frame);
  const auto found = streams_.find(frame.head.stream);
  if (found == streams_.end()) {
    loop.reply(route, {FrameType::unknown, frame.head.stream, 0});
    return;
  }
  Stream& stream = *found->second;
  stream.route = route;
  stream.heard = steady_seconds();
  switch (frame.head.type) {
    case FrameType::data:
    case FrameType::end: chunk(stream, frame); break;
    case FrameType::probe: acknowledge(loop, frame.head.stream, stream, frame.head.sequence); break;
    case FrameType::abort:
      if (!stream.ended) {
        stream.aborted = true;
        stream.reason = shown(frame.body);
      }
      break;
    case FrameType::bye: stream.gone = stream.read; break;
    default: break;                                        // what only a receiver says
  }
  changed_.notify_all();
}

void SocketListener::Core::greeted(SocketLoop& loop, const std::string& route, const ParsedFrame& frame) {
  const auto refuse = [&](const std::string& reason) {
    loop.reply(route, {FrameType::refuse, frame.head.stream, 0}, std::as_bytes(std::span(reason)));
  };
  BodyReader words(frame.body);
  if (words.text() != "stream" || !words.done()) return refuse("this side reads streams");
  auto& stream = streams_[frame.head.stream];
  if (!stream) {
    if (order_.size() == static_cast<std::size_t>(expect_)) {
      streams_.erase(frame.head.stream);
      return refuse(std::to_string(expect_) + (expect_ == 1 ? " stream is" : " streams are") + " expected here and came already (--expect)");
    }
    stream = std::make_shared<Stream>();
    stream->number = static_cast<int>(order_.size()) + 1;
    order_.push_back(stream);
  }
  stream->route = route;
  stream->heard = steady_seconds();
  stream->told_limit = stream->flow.limit();
  loop.reply(route, {FrameType::welcome, frame.head.stream, stream->flow.next()}, BodyWriter().u64(stream->told_limit).span());
  changed_.notify_all();
}

void SocketListener::Core::chunk(Stream& stream, const ParsedFrame& frame) {
  if (stream.aborted || !stream.refusal.empty()) return;
  if (stream.ended && frame.head.sequence >= stream.flow.next()) return;
  const auto verdict = stream.flow.arrived(frame.head.sequence, frame.body.size());
  if (verdict == ReceiveFlow::Verdict::overrun) {
    stream.aborted = true;
    stream.reason = "its sender sent more than it was allowed to";
    stream.refusal = "more was sent than the receiver allowed";
  }
  stream.unanswered = true;
  if (verdict != ReceiveFlow::Verdict::accepted) return;
  if (frame.head.type == FrameType::end) {
    stream.ended = true;
  } else if (!stream.blocks.empty() && stream.blocks.back().size() + frame.body.size() <= kBlock) {
    stream.blocks.back().insert(stream.blocks.back().end(), frame.body.begin(), frame.body.end());
  } else {
    stream.blocks.emplace_back(frame.body.begin(), frame.body.end());
  }
}

void SocketListener::Core::acknowledge(SocketLoop& loop, const StreamId& id, Stream& stream, std::uint64_t probe) {
  stream.unanswered = false;
  if (!stream.refusal.empty()) {
    loop.reply(stream.route, {FrameType::refuse, id, 0}, std::as_bytes(std::span(stream.refusal)));
    return;
  }
  stream.told_limit = stream.flow.limit();
  BodyWriter body;
  body.u64(stream.told_limit).u64(probe).u8(stream.read ? 1 : 0);
  loop.reply(stream.route, {FrameType::ack, id, stream.flow.next()}, body.span());
}

double SocketListener::Core::turn(SocketLoop& loop, double now) {
  std::lock_guard lock(mutex_);
  const double slept = now - turned_ > kSlept ? now - turned_ : 0;   // this process did, not the senders
  turned_ = now;
  for (auto& stream : order_) {
    stream->heard += slept;
    stream->silent = now - stream->heard > timeout_;
  }
  for (auto& [id, stream] : streams_)
    if (stream->unanswered) acknowledge(loop, id, *stream, 0);
  changed_.notify_all();
  return std::min(1.0, timeout_ / 5);
}

void SocketListener::Core::failed(const std::string& what) {
  std::lock_guard lock(mutex_);
  failure_ = "the socket " + quote(address_.text) + " broke: " + what;
  changed_.notify_all();
}

namespace {

class SocketSource final : public ByteSource {
 public:
  SocketSource(std::shared_ptr<SocketListener::Core> core, std::shared_ptr<Stream> stream) : core_(std::move(core)), stream_(std::move(stream)) {}
  ~SocketSource() override { core_->release(*stream_, whole_); }

  std::size_t read(std::span<std::byte> out) override {
    if (whole_ || out.empty()) return 0;
    if (used_ == block_.size()) {
      block_ = core_->take(*stream_);
      used_ = 0;
      if (block_.empty()) {
        whole_ = true;
        return 0;
      }
    }
    const std::size_t count = std::min(out.size(), block_.size() - used_);
    std::copy_n(block_.data() + used_, count, out.data());
    used_ += count;
    return count;
  }

  std::string name() const override { return core_->name(*stream_); }

 private:
  std::shared_ptr<SocketListener::Core> core_;
  std::shared_ptr<Stream> stream_;
  std::vector<std::byte> block_;
  std::size_t used_ = 0;
  bool whole_ = false;
};

}  // namespace

SocketListener::SocketListener(std::string_view endpoint, const OpenOptions& options) {
  SocketAddress address = SocketAddress::parse(endpoint);
  if (!address.bind)
    throw Error(Fault::usage, "an input binds, it cannot connect to " + quote(endpoint),
                "read @" + std::string(endpoint) + " here and write -o " + std::string(endpoint) + " on the other side");
  address.check_security(options.insecure || options.keys);
  if (options.expect < 1) throw Error(Fault::usage, "--expect " + std::to_string(options.expect) + " is not at least 1");
  core_ = std::make_shared<Core>(std::move(address), options);
}

SocketListener::~SocketListener() = default;

std::unique_ptr<ByteSource> SocketListener::next() {
  auto stream = core_->next();
  if (!stream) return nullptr;
  return std::make_unique<SocketSource>(core_, std::move(stream));
}

std::string SocketListener::endpoint() const { return core_->loop().bound_endpoint(); }
std::uint64_t SocketListener::junk() const { return core_->loop().junk(); }
void SocketListener::drop_connections() { core_->loop().drop_connections(); }

}  // namespace dml
