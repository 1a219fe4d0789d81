#include "wire/socket_loop.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <future>
#include <thread>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "wire/socket_zmq.h"

namespace dml {
namespace {

using zmq::fail;
using zmq::Part;
using zmq::send_frame;
using zmq::set;

constexpr int kBatch = 64;                                 // frames of one socket before the handler's turn
// Receiving is never where memory piles up: our thread drains at once, and beyond this the kernel holds the sender back. A hostile
// sender then costs 64 frames, not all memory. Nothing is lost by it, unlike at a sending mark, which stays 0.
constexpr int kReceiveMark = 64;
constexpr std::int64_t kMostReply = 8 << 10;               // what comes back over a connection is small
constexpr int kReplyLinger = 2000;                         // milliseconds; only a live connection can use them
constexpr int kReconnect = 20, kSlowReconnect = 500;       // milliseconds; doubled from one to the other
constexpr int kReplyMark = 1000;                           // acknowledgements that a silent peer may leave unread; later ones repeat them

void set_limits(void* socket, std::int64_t most_bytes, int send_mark) {
  set(socket, ZMQ_LINGER, 0);
  set(socket, ZMQ_SNDHWM, send_mark);
  set(socket, ZMQ_RCVHWM, kReceiveMark);
  if (zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &most_bytes, sizeof most_bytes) != 0) fail("ZeroMQ refuses an option");
}

}  // namespace

double steady_seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

struct SocketLoop::Sockets {
  SocketLoop* loop = nullptr;
  Handler* handler = nullptr;
  std::optional<SocketAddress> bound;
  std::vector<SocketAddress> connected;
  SocketSecurity security;
  PathLock lock;
  std::string endpoint;                                    // written before the constructor returns

  void* context = nullptr;
  void* router = nullptr;
  std::vector<void*> dealers;
  std::string user;                                        // of the frame that is handled
  std::optional<Doorkeeper> door;
  std::unique_ptr<HandshakeWatch> entry;                   // of the router
  std::vector<std::unique_ptr<HandshakeWatch>> watches;    // of the dealers
  struct Trial {
    std::size_t key = 0;                                   // which of the expected ones the dealer uses
    bool settled = false;                                  // a handshake succeeded
    double pause = kReconnect / 1000.0, again = 0;         // without a dealer until then
  };
  std::vector<Trial> trials;
  std::size_t watched = 0;                                 // so that watches have names of their own
  bool said_failed = false;
  int wakeup = -1;
  std::atomic<bool> stopping{false}, dropping{false};
  int io_threads = 1;
  std::atomic<int> linger{0};
  std::atomic<std::uint64_t> junk{0};
  std::thread thread;

  void open();
  void open_router();
  void* open_dealer(std::size_t link);
  void look_after(std::size_t link);
  void look_after_router();
  std::vector<zmq_pollitem_t> items;
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
  zmq_ctx_set(context, ZMQ_MAX_SOCKETS, static_cast<int>(std::max<std::size_t>(1023, 3 * connected.size() + 16)));
  zmq_ctx_set(context, ZMQ_IO_THREADS, io_threads);
  if (security.on() && bound) door.emplace(context, security, bound->text);   // before anything is bound
  if (bound) open_router();
  trials.resize(connected.size());
  for (std::size_t link = 0; link < connected.size(); ++link) {
    dealers.push_back(nullptr);
    watches.push_back(nullptr);
    dealers[link] = open_dealer(link);
  }
}

void SocketLoop::Sockets::open_router() {
  router = zmq_socket(context, ZMQ_ROUTER);
  if (!router) fail("cannot open a socket");
  set_limits(router, kMostFrame, kReplyMark);
  set(router, ZMQ_ROUTER_MANDATORY, 1);                    // an absent peer is an answer, not silence
  if (bound->host.starts_with("[")) set(router, ZMQ_IPV6, 1);
  if (security.on()) {
    secure_server(router, security);
    entry = std::make_unique<HandshakeWatch>(context, router, watched++);
  }
  // A free port keeps its number when the sockets are opened again.
  const std::string where = endpoint.empty() ? bound->endpoint() : endpoint;
  if (zmq_bind(router, where.c_str()) != 0) fail("cannot bind " + quote(bound->text));
  char name[512] = "";
  std::size_t size = sizeof name;
  if (zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, name, &size) == 0) endpoint = name;
}

void* SocketLoop::Sockets::open_dealer(std::size_t link) {
  const SocketAddress& address = connected[link];
  void* dealer = zmq_socket(context, ZMQ_DEALER);
  if (!dealer) fail("cannot open a socket");
  dealers[link] = dealer;                                  // from here on close() sees to it
  set_limits(dealer, kMostReply, 0);
  // ZMQ_IMMEDIATE stays 0: with 1, a connection that ends takes answers with it that were received and not read yet, such as the
  // reason why a peer refuses and leaves.
  set(dealer, ZMQ_RECONNECT_IVL, kReconnect);
  set(dealer, ZMQ_RECONNECT_IVL_MAX, kSlowReconnect);
  if (address.host.starts_with("[")) set(dealer, ZMQ_IPV6, 1);
  if (security.on()) {
    const auto& expected = security.expected_of(link);
    secure_client(dealer, security, expected[trials[link].key % expected.size()]);
  }
  watches[link] = std::make_unique<HandshakeWatch>(context, dealer, watched++);
  if (zmq_connect(dealer, address.endpoint().c_str()) != 0) fail("cannot connect to " + quote(address.text));
  return dealer;
}

// A client must name the key that it expects: those that are trusted are tried in turn, until one is the other side's. ZeroMQ itself
// slows down only where nobody listens; here it is also where somebody listens and hangs up.
void SocketLoop::Sockets::look_after(std::size_t link) {
  while (watches[link]) {
    const auto event = watches[link]->next();
    if (!event) return;
    Trial& trial = trials[link];
    if (*event == HandshakeWatch::Event::succeeded) {
      trial.settled = true;
    } else if (*event == HandshakeWatch::Event::refused) {
      handler->denied(*loop, link, true);
    } else if (!trial.settled) {
      const bool all_tried = !security.on() || ++trial.key % security.expected_of(link).size() == 0;
      if (all_tried) {
        trial.again = steady_seconds() + trial.pause;
        trial.pause = std::min(2 * trial.pause, kSlowReconnect / 1000.0);
      }
      watches[link].reset();
      zmq_close(std::exchange(dealers[link], nullptr));
      if (all_tried) handler->denied(*loop, link, false);
    }
  }
}

void SocketLoop::Sockets::look_after_router() {
  while (const auto event = entry->next())
    if (*event == HandshakeWatch::Event::failed && !std::exchange(said_failed, true))
      warn("refused a connection at " + quote(bound->text) + ": it is plaintext, or expects another key here");
}

void SocketLoop::Sockets::close(int linger_ms) {
  watches.clear();
  entry.reset();
  for (void* socket : dealers) {
    if (!socket) continue;
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
  door.reset();
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
  items.clear();
  const auto add = [&](void* socket) { items.push_back({socket, 0, ZMQ_POLLIN, 0}); };
  items.push_back({nullptr, wakeup, ZMQ_POLLIN, 0});
  for (std::size_t link = 0; link < dealers.size(); ++link) {
    if (!dealers[link] && steady_seconds() >= trials[link].again) open_dealer(link);
    if (dealers[link]) add(dealers[link]);
    else items.push_back({nullptr, wakeup, 0, 0}), seconds = std::min(seconds, kReconnect / 1000.0);
  }
  if (router) add(router);
  if (door) add(door->socket());
  const std::size_t quiet = items.size();
  if (entry) add(entry->socket());
  for (const auto& watch : watches)
    if (watch) add(watch->socket());
  const double wait = std::clamp(std::ceil(seconds * 1000), 0.0, 1000.0);
  if (zmq_poll(items.data(), static_cast<int>(items.size()), static_cast<long>(wait)) <= 0) return;
  if (items[0].revents) {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(wakeup, &count, sizeof count);
  }
  for (std::size_t link = 0; link < dealers.size(); ++link)
    if (items[link + 1].revents) drain_dealer(link);
  if (router && items[dealers.size() + 1].revents) drain_router();
  if (door) door->answer();
  if (std::none_of(items.begin() + static_cast<std::ptrdiff_t>(quiet), items.end(), [](const auto& item) { return item.revents != 0; })) return;
  if (entry) look_after_router();
  for (std::size_t link = 0; link < watches.size(); ++link) look_after(link);
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
      user = part.user();
      handler->incoming(*loop, route, *frame);
      continue;
    }
    ++junk;
    if (protocol == 0) continue;
    const std::string reason = "this side speaks protocol " + std::to_string(kProtocol) + ", not " + std::to_string(protocol);
    loop->reply(route, {FrameType::refuse, {}, 0}, std::as_bytes(std::span(reason)));
  }
}

SocketLoop::SocketLoop(Handler& handler, const std::optional<SocketAddress>& bound, const std::vector<SocketAddress>& connected,
                       SocketSecurity security, int io_threads)
    : sockets_(std::make_unique<Sockets>()) {
  sockets_->loop = this;
  sockets_->handler = &handler;
  sockets_->bound = bound;
  sockets_->connected = connected;
  sockets_->security = std::move(security);
  sockets_->io_threads = io_threads;
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
  return sockets_->dealers[link] && send_frame(sockets_->dealers[link], head, first, second);
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

const std::string& SocketLoop::sender_key() const { return sockets_->user; }
std::string SocketLoop::bound_endpoint() const { return sockets_->endpoint; }
std::uint64_t SocketLoop::junk() const { return sockets_->junk; }

}  // namespace dml
