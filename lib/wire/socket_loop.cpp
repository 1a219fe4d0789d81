#include "wire/socket_loop.h"

#include <sys/eventfd.h>
#include <unistd.h>
#include <zmq.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <future>
#include <thread>

#include "base/error.h"
#include "base/text.h"

namespace dml {
namespace {

constexpr int kBatch = 64;                                 // frames of one socket before the handler's turn
// Receiving is never where memory piles up: our thread drains at once, and beyond this the kernel holds the sender back. A hostile
// sender then costs 64 frames, not all memory. Nothing is lost by it, unlike at a sending mark, which stays 0.
constexpr int kReceiveMark = 64;
constexpr std::int64_t kMostReply = 8 << 10;               // what comes back over a connection is small
constexpr int kReplyLinger = 2000;                         // milliseconds; only a live connection can use them
constexpr int kReplyMark = 1000;                           // acknowledgements that a silent peer may leave unread; later ones repeat them

[[noreturn]] void fail(const std::string& what) { throw Error(Fault::system, what + ": " + zmq_strerror(zmq_errno())); }

void set(void* socket, int option, int value) {
  if (zmq_setsockopt(socket, option, &value, sizeof value) != 0) fail("ZeroMQ refuses an option");
}

void set_limits(void* socket, std::int64_t most_bytes, int send_mark) {
  set(socket, ZMQ_LINGER, 0);
  set(socket, ZMQ_SNDHWM, send_mark);
  set(socket, ZMQ_RCVHWM, kReceiveMark);
  if (zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &most_bytes, sizeof most_bytes) != 0) fail("ZeroMQ refuses an option");
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
  std::span<const std::byte> bytes() { return {static_cast<const std::byte*>(zmq_msg_data(&message_)), zmq_msg_size(&message_)}; }

 private:
  zmq_msg_t message_;
};

bool send_frame(void* socket, const FrameHead& head, std::span<const std::byte> first, std::span<const std::byte> second) {
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

}  // namespace

double steady_seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

struct SocketLoop::Sockets {
  SocketLoop* loop = nullptr;
  Handler* handler = nullptr;
  std::optional<SocketAddress> bound;
  std::vector<SocketAddress> connected;
  PathLock lock;
  std::string endpoint;                                    // written before the constructor returns

  void* context = nullptr;
  void* router = nullptr;
  std::vector<void*> dealers;
  int wakeup = -1;
  std::atomic<bool> stopping{false}, dropping{false};
  std::atomic<int> linger{0};
  std::atomic<std::uint64_t> junk{0};
  std::thread thread;

  void open();
  void open_router();
  void open_dealer(const SocketAddress& address);
  void close(int linger_ms);
  void run(std::promise<void> started);
  void poll(double seconds);
  void drain_router();
  void drain_dealer(std::size_t link);
  bool receive(void* socket, std::string* route, Part& frame);
};

void SocketLoop::Sockets::open() {
  context = zmq_ctx_new();
  if (!context) fail("cannot start ZeroMQ");
  zmq_ctx_set(context, ZMQ_MAX_SOCKETS, static_cast<int>(std::max<std::size_t>(1023, connected.size() + 16)));
  if (bound) open_router();
  for (const auto& address : connected) open_dealer(address);
}

void SocketLoop::Sockets::open_router() {
  router = zmq_socket(context, ZMQ_ROUTER);
  if (!router) fail("cannot open a socket");
  set_limits(router, kMostFrame, kReplyMark);
  set(router, ZMQ_ROUTER_MANDATORY, 1);                    // an absent peer is an answer, not silence
  if (bound->host.starts_with("[")) set(router, ZMQ_IPV6, 1);
  // A free port keeps its number when the sockets are opened again.
  const std::string where = endpoint.empty() ? bound->endpoint() : endpoint;
  if (zmq_bind(router, where.c_str()) != 0) fail("cannot bind " + quote(bound->text));
  char name[512] = "";
  std::size_t size = sizeof name;
  if (zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, name, &size) == 0) endpoint = name;
}

void SocketLoop::Sockets::open_dealer(const SocketAddress& address) {
  void* dealer = zmq_socket(context, ZMQ_DEALER);
  if (!dealer) fail("cannot open a socket");
  dealers.push_back(dealer);
  set_limits(dealer, kMostReply, 0);
  // ZMQ_IMMEDIATE stays 0: with 1, a connection that ends takes answers with it that were received and not read yet, such as the
  // reason why a peer refuses and leaves.
  set(dealer, ZMQ_RECONNECT_IVL, 20);
  set(dealer, ZMQ_RECONNECT_IVL_MAX, 500);
  if (address.host.starts_with("[")) set(dealer, ZMQ_IPV6, 1);
  if (zmq_connect(dealer, address.endpoint().c_str()) != 0) fail("cannot connect to " + quote(address.text));
}

void SocketLoop::Sockets::close(int linger_ms) {
  for (void* socket : dealers) {
    zmq_setsockopt(socket, ZMQ_LINGER, &linger_ms, sizeof linger_ms);
    zmq_close(socket);
  }
  dealers.clear();
  if (router) {
    const int replies = linger_ms > 0 ? kReplyLinger : 0;
    zmq_setsockopt(router, ZMQ_LINGER, &replies, sizeof replies);
    zmq_close(router);
  }
  router = nullptr;
  // Waits until the sockets are closed for good: an ipc path that is bound again before that would be removed under the new socket.
  if (context)
    while (zmq_ctx_term(context) != 0 && zmq_errno() == EINTR) {}
  context = nullptr;
}

void SocketLoop::Sockets::run(std::promise<void> started) {
  try {
    open();
  } catch (...) {
    close(0);
    started.set_exception(std::current_exception());
    return;
  }
  started.set_value();
  try {
    while (!stopping) {
      if (dropping.exchange(false)) {
        close(0);
        open();
      }
      poll(handler->turn(*loop, steady_seconds()));
    }
    handler->turn(*loop, steady_seconds());                // last words
  } catch (const std::exception& error) {
    handler->failed(error.what());
  }
  close(linger);
}

void SocketLoop::Sockets::poll(double seconds) {
  std::vector<zmq_pollitem_t> items;
  items.push_back({nullptr, wakeup, ZMQ_POLLIN, 0});
  for (void* dealer : dealers) items.push_back({dealer, 0, ZMQ_POLLIN, 0});
  if (router) items.push_back({router, 0, ZMQ_POLLIN, 0});
  const double wait = std::clamp(std::ceil(seconds * 1000), 0.0, 1000.0);
  if (zmq_poll(items.data(), static_cast<int>(items.size()), static_cast<long>(wait)) <= 0) return;
  if (items[0].revents) {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(wakeup, &count, sizeof count);
  }
  for (std::size_t link = 0; link < dealers.size(); ++link)
    if (items[link + 1].revents) drain_dealer(link);
  if (router && items.back().revents) drain_router();
}

// A frame and, for a router, where it came from. False when nothing waits. Messages of another number of parts are dropped.
bool SocketLoop::Sockets::receive(void* socket, std::string* route, Part& frame) {
  if (route) {
    Part identity;
    if (!identity.receive(socket)) return false;
    route->assign(reinterpret_cast<const char*>(identity.bytes().data()), identity.bytes().size());
    if (!identity.more()) return true;                     // `frame` stays empty: junk
  }
  if (!frame.receive(socket)) return false;
  bool more = frame.more();
  if (!more) return true;
  while (more) {
    Part extra;
    if (!extra.receive(socket)) break;
    more = extra.more();
  }
  frame.reset();                                           // empty: junk
  return true;
}

void SocketLoop::Sockets::drain_dealer(std::size_t link) {
  for (int i = 0; i < kBatch; ++i) {
    Part part;
    if (!receive(dealers[link], nullptr, part)) return;
    std::uint16_t protocol = 0;
    if (const auto frame = parse_frame(part.bytes(), protocol)) handler->returned(*loop, link, *frame);
    else if (protocol != 0) handler->other_protocol(*loop, link, protocol);
    else ++junk;
  }
}

void SocketLoop::Sockets::drain_router() {
  for (int i = 0; i < kBatch; ++i) {
    Part part;
    std::string route;
    if (!receive(router, &route, part)) return;
    std::uint16_t protocol = 0;
    const auto frame = parse_frame(part.bytes(), protocol);
    if (frame) {
      handler->incoming(*loop, route, *frame);
      continue;
    }
    ++junk;
    if (protocol == 0) continue;
    const std::string reason = "this side speaks protocol " + std::to_string(kProtocol) + ", not " + std::to_string(protocol);
    loop->reply(route, {FrameType::refuse, {}, 0}, std::as_bytes(std::span(reason)));
  }
}

SocketLoop::SocketLoop(Handler& handler, const std::optional<SocketAddress>& bound, const std::vector<SocketAddress>& connected)
    : sockets_(std::make_unique<Sockets>()) {
  sockets_->loop = this;
  sockets_->handler = &handler;
  sockets_->bound = bound;
  sockets_->connected = connected;
  if (bound && bound->ipc) sockets_->lock = PathLock(bound->path);
  sockets_->wakeup = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (sockets_->wakeup < 0) throw Error(Fault::system, std::string("no descriptor is left: ") + std::strerror(errno));
  std::promise<void> started;
  auto ready = started.get_future();
  sockets_->thread = std::thread([this, promise = std::move(started)]() mutable { sockets_->run(std::move(promise)); });
  try {
    ready.get();
  } catch (...) {
    sockets_->thread.join();
    ::close(sockets_->wakeup);
    throw;
  }
}

SocketLoop::~SocketLoop() {
  stop(0);
  ::close(sockets_->wakeup);
}

void SocketLoop::stop(double linger) {
  if (!sockets_->thread.joinable()) return;
  sockets_->linger = static_cast<int>(linger * 1000);
  sockets_->stopping = true;
  wake();
  sockets_->thread.join();
}

void SocketLoop::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto put = ::write(sockets_->wakeup, &one, sizeof one);
}

void SocketLoop::drop_connections() {
  sockets_->dropping = true;
  wake();
}

bool SocketLoop::send(std::size_t link, const FrameHead& head, std::span<const std::byte> first, std::span<const std::byte> second) {
  return send_frame(sockets_->dealers[link], head, first, second);
}

bool SocketLoop::reply(const std::string& route, const FrameHead& head, std::span<const std::byte> body) {
  // With MANDATORY the route is refused, or taken for a whole message: the second part cannot fail alone.
  if (zmq_send(sockets_->router, route.data(), route.size(), ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0) {
    const int error = zmq_errno();
    if (error == EAGAIN || error == EHOSTUNREACH || error == EINTR) return false;
    fail("cannot answer");
  }
  return send_frame(sockets_->router, head, body, {});
}

std::string SocketLoop::bound_endpoint() const { return sockets_->endpoint; }
std::uint64_t SocketLoop::junk() const { return sockets_->junk; }

}  // namespace dml
