// Streams over sockets: several senders, late receivers, broken connections, strangers. All on loopback or ipc in a temporary folder.
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "wire/socket.h"
#include "wire/socket_address.h"
#include "wire/socket_flow.h"
#include "wire/socket_frame.h"
#include "wire/socket_loop.h"

using namespace dml;

namespace {

// A fresh folder, short enough for socket paths.
struct Folder {
  std::string path;
  Folder() {
    std::string name = std::filesystem::temp_directory_path() / "dml-sock-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string ipc(const std::string& name) const { return "ipc://" + path + "/" + name; }
};

OpenOptions patient(double timeout = 20, int expect = 1) {
  OpenOptions options;
  options.timeout = timeout;
  options.expect = expect;
  return options;
}

std::vector<std::byte> noise(std::size_t size, std::uint32_t node) {
  std::vector<std::byte> bytes(size);
  Rng rng("socket-test", 1, node);
  for (std::size_t i = 0; i + 8 <= size; i += 8) {
    const std::uint64_t bits = rng.bits64();
    std::memcpy(bytes.data() + i, &bits, 8);
  }
  return bytes;
}

std::vector<std::byte> read_all(ByteSource& source) {
  std::vector<std::byte> all;
  std::vector<std::byte> part(100'000);
  while (const std::size_t got = source.read(part)) all.insert(all.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(got));
  return all;
}

void send_all(const std::string& where, const std::vector<std::byte>& bytes, std::size_t step = 70'001) {
  try {
    auto sink = open_socket_sink(where, patient());
    for (std::size_t at = 0; at < bytes.size(); at += step) sink->write(std::span(bytes).subspan(at, std::min(step, bytes.size() - at)));
    sink->commit();
  } catch (const Error& error) {                           // it runs in threads
    FAIL_CHECK(error.what());
  }
}

template <class Action>
std::string error_of(Fault fault, Action action) {
  try {
    action();
  } catch (const Error& error) {
    CHECK(static_cast<int>(error.fault()) == static_cast<int>(fault));
    return error.what();
  }
  FAIL("no error");
  return {};
}

// Empty when `part` is in `text`, else what is there instead.
std::string lacks(const std::string& text, const std::string& part) {
  return text.find(part) == std::string::npos ? "'" + part + "' in: " + text : "";
}

// A peer that speaks frames by hand.
struct Stranger final : SocketLoop::Handler {
  std::mutex mutex;
  std::vector<std::pair<FrameType, std::string>> heard;
  std::vector<std::pair<FrameHead, std::vector<std::byte>>> to_send;
  std::atomic<std::uint16_t> other{0};
  SocketLoop loop;
  explicit Stranger(const std::string& where) : loop(*this, std::nullopt, {SocketAddress::parse(where)}) {}
  void say(FrameHead head, std::vector<std::byte> body = {}) {
    {
      std::lock_guard lock(mutex);
      to_send.emplace_back(head, std::move(body));
    }
    loop.wake();
  }
  void returned(SocketLoop&, std::size_t, const ParsedFrame& frame) override {
    std::lock_guard lock(mutex);
    heard.emplace_back(frame.head.type, shown(frame.body));
  }
  void other_protocol(SocketLoop&, std::size_t, std::uint16_t protocol) override { other = protocol; }
  double turn(SocketLoop& to, double) override {
    std::lock_guard lock(mutex);
    while (!to_send.empty() && to.send(0, to_send.front().first, to_send.front().second)) to_send.erase(to_send.begin());
    return 0.01;
  }
  void failed(const std::string&) override {}
  bool hears(FrameType type, const std::string& text = "") {
    for (int i = 0; i < 500; ++i) {
      {
        std::lock_guard lock(mutex);
        for (const auto& [kind, body] : heard)
          if (kind == type && body.find(text) != std::string::npos) return true;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
};

// ZeroMQ's wire protocol (ZMTP 3.0, NULL mechanism) by hand over a unix socket, to say what our own code never says.
struct Raw {
  int listening = -1, fd = -1;
  Raw(const std::string& path, bool serve) {
    const int made = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    if (serve) {
      listening = made;
      REQUIRE(::bind(made, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
      REQUIRE(::listen(made, 1) == 0);
    } else {
      fd = made;
      REQUIRE(::connect(made, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
      shake("DEALER");
    }
  }
  ~Raw() {
    ::close(fd);
    if (listening >= 0) ::close(listening);
  }
  void accept() {
    fd = ::accept(listening, nullptr, nullptr);
    REQUIRE(fd >= 0);
    shake("ROUTER");
  }
  void put(const std::string& bytes) { REQUIRE(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size())); }
  std::string take(std::size_t size) {
    std::string bytes(size, 0);
    REQUIRE(::recv(fd, bytes.data(), size, MSG_WAITALL) == static_cast<ssize_t>(size));
    return bytes;
  }
  void shake(const std::string& type) {
    const timeval patience{5, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    put(std::string("\xff\0\0\0\0\0\0\0\0\x7f\3\0NULL", 16) + std::string(48, 0));
    take(64);
    const std::string ready = std::string("\5READY\13Socket-Type\0\0\0", 21) + static_cast<char>(type.size()) + type;
    put(std::string("\4", 1) + static_cast<char>(ready.size()) + ready);
    answer();                                              // the other's READY
  }
  void message(const std::string& body) { put(std::string(1, 0) + static_cast<char>(body.size()) + body); }
  std::string answer() { return take(static_cast<unsigned char>(take(2)[1])); }
};

std::string frame_of_version(char version, FrameType type) {
  std::string frame(kFrameHead, 0);
  put_head(reinterpret_cast<std::byte*>(frame.data()), {type, StreamId::random(), 0});
  frame[4] = version;
  return frame + "words";
}

std::vector<std::byte> greeting(const std::string& word = "stream") {
  BodyWriter body;
  body.text(word);
  return {body.span().begin(), body.span().end()};
}

}  // namespace

TEST_CASE("socket addresses are checked before ZeroMQ sees them") {
  const auto tcp = SocketAddress::parse("@tcp://127.0.0.1:7000");
  CHECK(tcp.bind);
  CHECK(tcp.port == 7000);
  CHECK(tcp.local());
  CHECK(tcp.endpoint() == "tcp://127.0.0.1:7000");
  CHECK(SocketAddress::parse("tcp://localhost:1").endpoint() == "tcp://127.0.0.1:1");
  CHECK(SocketAddress::parse("ipc:///tmp/x").path == "/tmp/x");
  CHECK(SocketAddress::parse("@tcp://:7000").endpoint() == "tcp://*:7000");
  CHECK(SocketAddress::parse("tcp://[::1]:5").local());
  for (const char* remote : {"@tcp://:7000", "tcp://example.org:1", "@tcp://0.0.0.0:1", "tcp://127.example.org:1", "tcp://10.0.0.1:1"}) {
    const auto address = SocketAddress::parse(remote);
    CHECK_FALSE(address.local());
    CHECK_THROWS_AS(address.check_security(false), Error);
    CHECK_NOTHROW(address.check_security(true));
  }
  for (const char* bad : {"tcp://127.0.0.1", "tcp://127.0.0.1:0", "tcp://127.0.0.1:x", "tcp://127.0.0.1:70000", "tcp://:5", "ipc://", "ipc://@name",
                          "ipc://*", "http://x:1", "tcp://a;b:1", "tcp://a b:1", "@tcp://[::1:5"})
    error_of(Fault::usage, [&] { SocketAddress::parse(bad); });
  const std::string longest = "ipc:///" + std::string(106, 'x');
  CHECK(SocketAddress::parse(longest).path.size() == 107);
  CHECK(lacks(error_of(Fault::usage, [&] { SocketAddress::parse(longest + "x"); }), "at most 107") == "");
}

TEST_CASE("an output does not bind, an input does not connect, plaintext stays here") {
  CHECK(lacks(error_of(Fault::usage, [] { open_socket_sink("@tcp://127.0.0.1:1", patient()); }), "cannot bind") == "");
  CHECK(lacks(error_of(Fault::usage, [] { SocketListener("tcp://127.0.0.1:1", patient()); }), "cannot connect") == "");
  CHECK(lacks(error_of(Fault::usage, [] { SocketListener("@tcp://:7000", patient()); }), "unencrypted") == "");
  CHECK(lacks(error_of(Fault::usage, [] { open_socket_sink("tcp://192.0.2.1:9", patient()); }), "unencrypted") == "");
  CHECK(lacks(error_of(Fault::usage, [] { SocketListener("@tcp://127.0.0.1:0", patient(1, 0)); }), "--expect 0") == "");
}

TEST_CASE("frames: every field is checked") {
  std::vector<std::byte> message(kFrameHead + 5);
  const StreamId id = StreamId::random();
  put_head(message.data(), {FrameType::data, id, 7});
  std::uint16_t protocol = 9;
  const auto frame = parse_frame(message, protocol);
  REQUIRE(frame);
  CHECK(frame->head.stream == id);
  CHECK(frame->head.sequence == 7);
  CHECK(frame->body.size() == 5);
  CHECK_FALSE(parse_frame(std::span(message).first(31), protocol));
  CHECK_FALSE(parse_frame(std::span(message).first(32), protocol));           // data without a byte
  for (const int at : {0, 1, 2, 3, 6, 7}) {                                   // magic, type, reserved
    auto changed = message;
    changed[at] = std::byte{99};
    CHECK_FALSE(parse_frame(changed, protocol));
    CHECK(protocol == 0);
  }
  message[4] = std::byte{2};
  CHECK_FALSE(parse_frame(message, protocol));
  CHECK(protocol == 2);
  std::vector<std::byte> huge(kFrameHead + kMostChunk + 1);
  put_head(huge.data(), {FrameType::data, id, 0});
  CHECK_FALSE(parse_frame(huge, protocol));
  BodyReader reader(std::span<const std::byte>(message).first(3));
  reader.u64();
  CHECK_FALSE(reader.ok());
  const std::string evil = "a\x1b[2Jb";
  CHECK(shown(std::as_bytes(std::span(evil))) == "a?[2Jb");
}

TEST_CASE("flow: credit, acknowledgement, and what a probe finds lost") {
  SendFlow flow;
  const Bytes half = std::move(Buffer(kMostChunk)).freeze();
  for (int i = 0; i < 20; ++i) flow.push({FrameType::data, {}, half});
  std::uint64_t sequence = 99;
  CHECK(flow.next(sequence) == nullptr);                                      // no credit before the welcome
  CHECK(flow.acknowledged(0, kWindow));
  int sent = 0;
  while (flow.next(sequence)) {
    CHECK(sequence == static_cast<std::uint64_t>(sent));
    flow.sent();
    ++sent;
  }
  CHECK(sent == 16);                                                          // 64 MiB of 4 MiB chunks
  const std::uint64_t probe = flow.probe();
  CHECK(flow.acknowledged(3, kWindow));                                       // 3..15 were lost with a connection
  CHECK(flow.answered(probe) == 13);
  REQUIRE(flow.next(sequence));
  CHECK(sequence == 3);
  CHECK(flow.answered(probe) == 0);                                           // an answer counts once
  CHECK_FALSE(flow.acknowledged(21, kWindow));                                // more than there is
  CHECK_FALSE(flow.acknowledged(4, kWindow - 1));                             // credit is never taken back
  CHECK_FALSE(flow.acknowledged(4, std::uint64_t{1} << 60));
  while (flow.next(sequence)) flow.sent();
  CHECK(sequence == 15);
  CHECK(flow.acknowledged(16, 3 * kWindow / 2));
  CHECK(flow.pending_bytes() == 4 * kMostChunk);
  const std::uint64_t second = flow.probe();
  while (flow.next(sequence)) flow.sent();                                    // sent behind the probe: not lost by its answer
  CHECK(flow.answered(second) == 0);
  CHECK(flow.acknowledged(20, 3 * kWindow / 2));
  CHECK(flow.idle());

  SendFlow slow;                                                              // answers that take longer than the next question
  for (int i = 0; i < 4; ++i) slow.push({FrameType::data, {}, half});
  CHECK(slow.acknowledged(0, kWindow));
  slow.next(sequence), slow.sent();
  slow.next(sequence), slow.sent();
  const std::uint64_t early = slow.probe();
  slow.next(sequence), slow.sent();
  const std::uint64_t later = slow.probe();
  CHECK(slow.answered(early) == 2);                                           // both before it are lost; the third is sent again with them
  while (slow.next(sequence)) slow.sent();
  CHECK(slow.answered(later) == 0);                                           // it was asked before they were sent again
  CHECK(slow.acknowledged(4, kWindow));

  ReceiveFlow in;
  CHECK(in.arrived(1, 10) == ReceiveFlow::Verdict::gap);
  CHECK(in.arrived(0, 10) == ReceiveFlow::Verdict::accepted);
  CHECK(in.arrived(0, 10) == ReceiveFlow::Verdict::duplicate);
  CHECK(in.arrived(1, kWindow - 9) == ReceiveFlow::Verdict::overrun);
  CHECK(in.arrived(1, kWindow - 10) == ReceiveFlow::Verdict::accepted);
  in.consumed(10);
  CHECK(in.limit() == kWindow + 10);
}

TEST_CASE("one sender, one stream, whole and named") {
  SocketListener listener("@tcp://127.0.0.1:0", patient());
  const auto bytes = noise(3'000'000, 0);
  std::jthread sender([&] { send_all(listener.endpoint(), bytes); });
  {
    auto source = listener.next();
    REQUIRE(source);
    CHECK(source->name() == "stream 1 of '@tcp://127.0.0.1:0'");
    CHECK(read_all(*source) == bytes);
  }
  sender.join();                                                              // commit() returned
  CHECK(listener.next() == nullptr);
}

TEST_CASE("an empty stream is a stream") {
  Folder folder;
  SocketListener listener("@" + folder.ipc("s"), patient());
  std::jthread sender([&] { send_all(folder.ipc("s"), {}); });
  {
    auto source = listener.next();
    CHECK(read_all(*source).empty());
  }
  sender.join();
}

TEST_CASE("five senders at once, 20 MB each, stay apart") {
  Folder folder;
  SocketListener listener("@" + folder.ipc("s"), patient(20, 5));
  std::vector<std::vector<std::byte>> all;
  for (std::uint32_t i = 0; i < 5; ++i) all.push_back(noise(20'000'000, i));
  std::vector<std::jthread> senders;
  for (const auto& bytes : all) senders.emplace_back([&] { send_all(folder.ipc("s"), bytes); });
  std::vector<bool> seen(5);
  for (int i = 0; i < 5; ++i) {
    auto source = listener.next();
    REQUIRE(source);
    const auto got = read_all(*source);
    for (std::size_t k = 0; k < 5; ++k)
      if (got == all[k]) {
        CHECK_FALSE(seen[k]);
        seen[k] = true;
      }
  }
  CHECK(std::count(seen.begin(), seen.end(), true) == 5);
  CHECK(listener.next() == nullptr);
  for (auto& sender : senders) sender.join();
}

TEST_CASE("a receiver may start later") {
  Folder folder;
  const auto bytes = noise(200'000, 3);
  std::jthread sender([&] { send_all(folder.ipc("late"), bytes); });
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  SocketListener listener("@" + folder.ipc("late"), patient());
  {
    auto source = listener.next();
    CHECK(read_all(*source) == bytes);
  }
  sender.join();
}

TEST_CASE("nobody there: exit 4 on both sides after the timeout") {
  Folder folder;
  CHECK(lacks(error_of(Fault::system,
                     [&] {
                       auto sink = open_socket_sink(folder.ipc("none"), patient(0.3));
                       sink->commit();
                     }),
            "no receiver at") == "");
  SocketListener listener("@" + folder.ipc("s"), patient(0.3, 2));
  CHECK(lacks(error_of(Fault::system, [&] { listener.next(); }), "no sender came") == "");
}

TEST_CASE("a sender that dies is named, and a short stream never looks whole") {
  Folder folder;
  SocketListener listener("@" + folder.ipc("s"), patient(1.5));
  const auto bytes = noise(100'000, 1);
  auto stranger = std::make_unique<Stranger>(folder.ipc("s"));
  const StreamId id = StreamId::random();
  stranger->say({FrameType::hello, id, 0}, greeting());
  stranger->say({FrameType::data, id, 0}, bytes);
  auto source = listener.next();
  stranger->hears(FrameType::ack);
  stranger.reset();                                                           // killed: not a word
  CHECK(lacks(error_of(Fault::input, [&] { read_all(*source); }), "stream 1 of '@ipc://") == "");
  CHECK(lacks(error_of(Fault::input, [&] { read_all(*source); }), "ends early: no sign of life from its sender for 1.5 s") == "");
}

TEST_CASE("a sender that gives up says so at once; a receiver that stops refuses") {
  Folder folder;
  {
    SocketListener listener("@" + folder.ipc("s"), patient());
    auto sink = open_socket_sink(folder.ipc("s"), patient());
    auto source = listener.next();
    sink->write(noise(1000, 1));
    sink.reset();                                                             // no commit()
    CHECK(lacks(error_of(Fault::input, [&] { read_all(*source); }), "its sender stopped before the end") == "");
  }
  SocketListener listener("@" + folder.ipc("s"), patient());
  auto sink = open_socket_sink(folder.ipc("s"), patient());
  listener.next().reset();
  CHECK(lacks(error_of(Fault::system, [&] { sink->commit(); }), "stopped reading before the end") == "");
}

TEST_CASE("more senders than expected are sent away") {
  Folder folder;
  SocketListener listener("@" + folder.ipc("s"), patient());
  auto first = open_socket_sink(folder.ipc("s"), patient());
  auto source = listener.next();
  auto second = open_socket_sink(folder.ipc("s"), patient());
  CHECK(lacks(error_of(Fault::system, [&] { second->commit(); }), "1 stream is expected") == "");
  std::jthread sender([&] { first->commit(); });
  CHECK(read_all(*source).empty());
  source.reset();
  sender.join();
}

TEST_CASE("a slow reader holds the sender back at 64 MiB, and a busy reader is not a dead one") {
  Folder folder;
  SocketListener listener("@" + folder.ipc("s"), patient());
  std::atomic<std::size_t> written{0};
  std::atomic<bool> committed{false};
  std::string error;
  std::jthread sender([&] {
    try {
      auto sink = open_socket_sink(folder.ipc("s"), patient(2.5));
      const std::vector<std::byte> part(1 << 20, std::byte{5});
      for (int i = 0; i < 160; ++i) {
        sink->write(part);
        written += part.size();
      }
      sink->commit();
      committed = true;
    } catch (const Error& caught) {
      error = caught.what();
    }
  });
  auto source = listener.next();
  std::this_thread::sleep_for(std::chrono::milliseconds(3200));               // longer than its timeout
  CHECK(written > 30u << 20);
  CHECK(written <= 130u << 20);                                               // 64 MiB there, 64 MiB kept here
  std::size_t total = 0;
  std::vector<std::byte> part(1 << 20);
  while (const std::size_t got = source->read(part)) total += got;
  CHECK(total == 160u << 20);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK_FALSE(committed.load());                                              // read, but the reader has not let go
  source.reset();
  sender.join();
  CHECK(error == "");
  CHECK(committed.load());
}

TEST_CASE("strangers are dropped and counted, and the stream beside them stays whole") {
  Folder folder;
  const auto bytes = noise(2'000'000, 8);
  SocketListener listener("@" + folder.ipc("s"), patient());
  Stranger stranger(folder.ipc("s"));
  stranger.say({static_cast<FrameType>(77), {}, 0}, {std::byte{1}});          // no such type
  stranger.say({FrameType::data, {}, 0});                                     // data without a byte
  stranger.say({FrameType::hello, StreamId::random(), 0}, greeting("node"));
  CHECK(stranger.hears(FrameType::refuse, "this side reads streams"));
  const StreamId ghost = StreamId::random();
  stranger.say({FrameType::data, ghost, 1'000'000'000}, std::vector<std::byte>(4 << 20));
  CHECK(stranger.hears(FrameType::unknown));
  CHECK(listener.junk() == 2);
  const int raw = ::socket(AF_UNIX, SOCK_STREAM, 0);                          // bytes that are not even ZeroMQ
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (folder.path + "/s").copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(::connect(raw, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  const auto junk = noise(4096, 9);
  CHECK(::send(raw, junk.data(), junk.size(), MSG_NOSIGNAL) > 0);
  std::jthread sender([&] { send_all(folder.ipc("s"), bytes); });
  {
    auto source = listener.next();
    CHECK(read_all(*source) == bytes);
  }
  sender.join();
  ::close(raw);
}

TEST_CASE("a gap is not accepted, too much is refused") {
  Folder folder;
  SocketListener listener("@" + folder.ipc("s"), patient());
  Stranger stranger(folder.ipc("s"));
  const StreamId id = StreamId::random();
  stranger.say({FrameType::hello, id, 0}, greeting());
  stranger.say({FrameType::data, id, 0}, {std::byte{1}});
  stranger.say({FrameType::data, id, 2}, {std::byte{3}});                     // 1 is missing
  auto source = listener.next();
  std::vector<std::byte> got(10);
  CHECK(source->read(got) == 1);
  stranger.say({FrameType::data, id, 1}, {std::byte{2}});
  CHECK(source->read(got) == 1);
  CHECK(got[0] == std::byte{2});                                              // the early 3 was not kept
  for (std::uint64_t i = 2; i < 20; ++i) stranger.say({FrameType::data, id, i}, std::vector<std::byte>(4 << 20));   // 72 MiB, unread
  CHECK(stranger.hears(FrameType::refuse, "more was sent"));
  CHECK(lacks(error_of(Fault::input, [&] { read_all(*source); }), "more than it was allowed") == "");
}

TEST_CASE("another protocol version is told on both sides") {
  Folder folder;
  {
    SocketListener listener("@" + folder.ipc("s"), patient());
    Raw old(folder.path + "/s", false);
    old.message(frame_of_version(2, FrameType::hello));
    CHECK(lacks(old.answer(), "this side speaks protocol 1, not 2") == "");
    CHECK(listener.junk() == 1);
  }
  Raw newer(folder.path + "/o", true);
  auto sink = open_socket_sink(folder.ipc("o"), patient());
  newer.accept();
  CHECK(newer.answer().substr(0, 4) == std::string("DML\x01"));
  newer.message(frame_of_version(3, FrameType::refuse));
  CHECK(lacks(error_of(Fault::system, [&] { sink->commit(); }), "speaks protocol 3, this side protocol 1") == "");
}

TEST_CASE("nothing is lost when the receiving socket is destroyed and opened again") {
  for (const bool ipc : {true, false}) {
    Folder folder;
    SocketListener listener(ipc ? "@" + folder.ipc("s") : "@tcp://127.0.0.1:0", patient(20, 3));
    const std::string where = ipc ? folder.ipc("s") : listener.endpoint();
    std::vector<std::vector<std::byte>> all;
    for (std::uint32_t i = 0; i < 3; ++i) all.push_back(noise(15'000'000, 10 + i));
    std::vector<std::jthread> senders;
    for (const auto& bytes : all) senders.emplace_back([&, where] { send_all(where, bytes); });
    std::atomic<bool> over{false};
    std::jthread chaos([&] {
      Rng rng("chaos", 5);
      for (int i = 0; i < 12 && !over; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5 + rng.below(60)));
        listener.drop_connections();
      }
    });
    std::size_t equal = 0;
    for (int i = 0; i < 3; ++i) {
      auto source = listener.next();
      const auto got = read_all(*source);
      equal += static_cast<std::size_t>(std::count(all.begin(), all.end(), got));
    }
    CHECK(equal == 3);
    for (auto& sender : senders) sender.join();
    over = true;
    chaos.join();
  }
}

TEST_CASE("an ipc path is not stolen, and a regular file there is not removed") {
  Folder folder;
  {
    SocketListener first("@" + folder.ipc("s"), patient());
    CHECK(lacks(error_of(Fault::system, [&] { SocketListener("@" + folder.ipc("s"), patient()); }), "another process uses it") == "");
    SocketListener tcp("@tcp://127.0.0.1:0", patient());
    CHECK(lacks(error_of(Fault::system, [&] { SocketListener("@" + tcp.endpoint(), patient()); }), "cannot bind") == "");
  }
  CHECK_NOTHROW(SocketListener("@" + folder.ipc("s"), patient()));           // free again
  std::ofstream(folder.path + "/file") << "mine";
  CHECK(lacks(error_of(Fault::system, [&] { SocketListener("@" + folder.ipc("file"), patient()); }), "is no socket") == "");
  CHECK(std::filesystem::file_size(folder.path + "/file") == 4);
  error_of(Fault::system, [&] { SocketListener("@" + folder.ipc("no/such/folder"), patient()); });
}
