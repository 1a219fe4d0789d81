// Streams with CURVE: who trusts whom, and what each side is told when they do not.
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <mutex>
#include <thread>

#include "base/log.h"
#include "unit/node/toy.h"
#include "wire/socket.h"
#include "wire/socket_address.h"
#include "wire/socket_keys.h"

using namespace toy;

namespace {

OpenOptions with_keys(const KeyPairs& own, std::vector<std::string> trusted, double timeout = 20) {
  OpenOptions options;
  options.timeout = timeout;
  options.keys = std::make_shared<const SocketKeys>(SocketKeys{own.curve_public, own.curve_secret, std::move(trusted)});
  return options;
}

std::string read_text(ByteSource& source) {
  std::string all(1000, 0);
  std::size_t size = 0;
  while (const std::size_t got = source.read(std::as_writable_bytes(std::span(all)).subspan(size))) size += got;
  return all.substr(0, size);
}

Error send(const std::string& where, const OpenOptions& options, const std::string& text = "words") {
  return error_of([&] {
    auto sink = open_socket_sink(where, options);
    sink->write(std::as_bytes(std::span(text)));
    sink->commit();
  });
}
bool worked(const Error& error) { return has(error, "nothing was thrown"); }

// What was warned of while it lives.
struct Warnings {
  std::mutex mutex;
  std::string all;
  Warnings() {
    set_log_sink([this](Level level, const std::string& line) {
      std::lock_guard lock(mutex);
      if (level == Level::warning) all += line + "\n";
    });
  }
  ~Warnings() { set_log_sink({}); }
  bool have(const std::string& text) {
    std::lock_guard lock(mutex);
    return all.find(text) != std::string::npos;
  }
};

}  // namespace

TEST_CASE("an encrypted stream arrives where each side trusts the other, among other keys") {
  const Folder folder;
  const KeyPairs reader = make_keys(), writer = make_keys(), third = make_keys(), fourth = make_keys();
  for (const std::string& where : {"ipc://" + (folder / "s"), tcp_peers(1)[0].endpoint}) {
    SocketListener listener("@" + where, with_keys(reader, {third.curve_public, writer.curve_public}));
    std::jthread sender([&] { CHECK(worked(send(where, with_keys(writer, {third.curve_public, fourth.curve_public, reader.curve_public})))); });
    const auto source = listener.next();
    CHECK(read_text(*source) == "words");
  }
}

TEST_CASE("a key that is not trusted is refused: the receiver names key and address, the sender hears it at once") {
  const Folder folder;
  const KeyPairs reader = make_keys(), writer = make_keys(), stranger = make_keys();
  Warnings warnings;
  const std::string where = tcp_peers(1)[0].endpoint;
  SocketListener listener("@" + where, with_keys(reader, {writer.curve_public}));
  const Error refused = send(where, with_keys(stranger, {reader.curve_public}));
  CHECK(refused.fault() == Fault::system);
  CHECK(has(refused, "refuses this side's key"));
  CHECK(refused.hint().find(stranger.curve_public) != std::string::npos);
  CHECK(warnings.have("refused key '" + stranger.curve_public + "' from 127.0.0.1"));
  std::jthread sender([&] { CHECK(worked(send(where, with_keys(writer, {reader.curve_public})))); });   // the door still works
  CHECK(read_text(*listener.next()) == "words");
}

TEST_CASE("another receiver, or one without keys, never gets the words") {
  const Folder folder;
  const KeyPairs reader = make_keys(), writer = make_keys(), expected = make_keys();
  Warnings warnings;
  OpenOptions plain;
  plain.timeout = 1.5;
  const std::string where = "ipc://" + (folder / "s");
  SocketListener listener("@" + where, with_keys(reader, {writer.curve_public}, 1));
  for (const auto& trusted : {std::vector{expected.curve_public}, std::vector{expected.curve_public, make_keys().curve_public}}) {
    const Error other = send(where, with_keys(writer, trusted, 1));
    CHECK(has(other, "no receiver at"));
    CHECK(other.hint().find("has no key of --trust") != std::string::npos);
  }
  CHECK(has(send(where, plain), "no receiver at"));        // plaintext to a door
  CHECK(warnings.have("it is plaintext, or expects another key here"));
  CHECK(has(error_of([&] { listener.next(); }), "no sender came"));
  const std::string open = "ipc://" + (folder / "open");
  SocketListener careless("@" + open, plain);
  CHECK(has(send(open, with_keys(writer, {expected.curve_public}, 1)), "no receiver at"));
}

TEST_CASE("keys make sockets beyond this machine safe, but only with somebody to trust") {
  const KeyPairs own = make_keys();
  CHECK(has(error_of([&] { open_socket_sink("tcp://192.0.2.1:5000", OpenOptions()); }), "unencrypted"));
  CHECK(worked(error_of([&] { open_socket_sink("tcp://192.0.2.1:5000", with_keys(own, {own.curve_public})); })));
  CHECK(worked(error_of([&] { SocketListener("@tcp://:0", with_keys(own, {own.curve_public})); })));
  const Error alone = error_of([&] { open_socket_sink("tcp://127.0.0.1:5000", with_keys(own, {})); });
  CHECK(alone.fault() == Fault::usage);
  CHECK(has(alone, "--key needs --trust"));
}

TEST_CASE("a connection that fails is tried again, and less and less often") {
  const Folder folder;
  const std::string path = folder / "s";
  const int listening = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(::bind(listening, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(listening, 10) == 0);
  int calls = 0;
  std::jthread server([&] {                                // takes every call and hangs up
    for (int fd; (fd = ::accept(listening, nullptr, nullptr)) >= 0; ++calls) ::close(fd);
  });
  OpenOptions options;
  options.timeout = 3;
  const Error none = send("ipc://" + path, options);
  ::shutdown(listening, SHUT_RDWR);
  server.join();
  ::close(listening);
  CHECK(has(none, "no receiver at"));
  CHECK(none.hint().find("speaks something else") != std::string::npos);
  CHECK(calls >= 3);
  CHECK(calls <= 30);                                      // at a steady pace it would be a hundred
}
