#include "wire/socket_auth.h"

#include <zmq.h>

#include <cstring>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "wire/socket_keys.h"

namespace dml {
namespace {

constexpr std::size_t kMostWarned = 1000;                  // strangers that are named; more stay silent
constexpr std::size_t kMostParts = 16;
constexpr const char* kDoor = "inproc://zeromq.zap.01";

[[noreturn]] void fail(const std::string& what) { throw Error(Fault::system, what + ": " + zmq_strerror(zmq_errno())); }

void set_text(void* socket, int option, const std::string& value) {
  if (zmq_setsockopt(socket, option, value.c_str(), value.size()) != 0) fail("ZeroMQ refuses a key");
}

void set_key(void* socket, int option, const std::string& key) {
  if (zmq_setsockopt(socket, option, key.c_str(), key.size() + 1) != 0) fail("ZeroMQ refuses a key");
}

// All parts of the next message; empty when none waits.
std::vector<std::string> receive(void* socket) {
  std::vector<std::string> parts;
  zmq_msg_t part;
  zmq_msg_init(&part);
  while (zmq_msg_recv(&part, socket, ZMQ_DONTWAIT) >= 0) {
    if (parts.size() < kMostParts) parts.emplace_back(static_cast<const char*>(zmq_msg_data(&part)), zmq_msg_size(&part));
    if (!zmq_msg_more(&part)) break;
  }
  zmq_msg_close(&part);
  return parts;
}

}  // namespace

SocketSecurity stream_security(const SocketKeys* keys) {
  if (!keys) return {};
  if (keys->trusted.empty()) throw Error(Fault::usage, "--key needs --trust: a file with the public keys of those who may be at the other end");
  return {keys->public_key, keys->secret_key, keys->trusted, {}};
}

void secure_server(void* socket, const SocketSecurity& security) {
  const int server = 1;
  if (zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &server, sizeof server) != 0) fail("ZeroMQ refuses to use CURVE");
  set_key(socket, ZMQ_CURVE_SECRETKEY, security.secret_key);
  set_text(socket, ZMQ_ZAP_DOMAIN, "dml");
}

void secure_client(void* socket, const SocketSecurity& security, const std::string& server_key) {
  set_key(socket, ZMQ_CURVE_SERVERKEY, server_key);
  set_key(socket, ZMQ_CURVE_PUBLICKEY, security.public_key);
  set_key(socket, ZMQ_CURVE_SECRETKEY, security.secret_key);
}

Doorkeeper::Doorkeeper(void* context, const SocketSecurity& security, std::string where)
    : accepted_(security.accepted.begin(), security.accepted.end()), where_(std::move(where)) {
  socket_ = zmq_socket(context, ZMQ_REP);
  const int linger = 0;
  if (!socket_ || zmq_setsockopt(socket_, ZMQ_LINGER, &linger, sizeof linger) != 0 || zmq_bind(socket_, kDoor) != 0) {
    if (socket_) zmq_close(socket_);
    fail("cannot check keys");
  }
}

Doorkeeper::~Doorkeeper() { zmq_close(socket_); }

void Doorkeeper::answer() {
  for (;;) {
    const auto request = receive(socket_);
    if (request.empty()) return;
    std::string key;
    const bool in = admits(request, key);
    const std::string id = request.size() > 1 ? request[1] : "";
    const std::string parts[] = {"1.0", id, in ? "200" : "400", in ? "OK" : "unknown key", in ? key : "", ""};
    for (std::size_t i = 0; i < std::size(parts); ++i)
      zmq_send(socket_, parts[i].data(), parts[i].size(), ZMQ_DONTWAIT | (i + 1 < std::size(parts) ? ZMQ_SNDMORE : 0));
  }
}

// A request: version, request id, domain, address, routing id, mechanism, credentials.
bool Doorkeeper::admits(const std::vector<std::string>& request, std::string& key) {
  if (request.size() != 7 || request[0] != "1.0" || request[5] != "CURVE" || request[6].size() != 32) return false;
  char text[41];
  key = zmq_z85_encode(text, reinterpret_cast<const std::uint8_t*>(request[6].data()), 32);
  if (accepted_.count(key)) return true;
  const std::string address = request[3].empty() ? "this machine" : plain_or_quoted(request[3].substr(0, 100));
  if (warned_.size() < kMostWarned && warned_.insert(key + address).second)
    warn("refused key " + quote(key) + " from " + address + " at " + quote(where_) + ": it is not trusted");
  return false;
}

HandshakeWatch::HandshakeWatch(void* context, void* watched, std::size_t number) : watched_(watched) {
  const std::string name = "inproc://handshakes-" + std::to_string(number);
  constexpr int kEvents = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL;
  if (zmq_socket_monitor(watched, name.c_str(), kEvents) != 0) fail("cannot watch a socket");
  socket_ = zmq_socket(context, ZMQ_PAIR);
  const int linger = 0;
  if (!socket_ || zmq_setsockopt(socket_, ZMQ_LINGER, &linger, sizeof linger) != 0 || zmq_connect(socket_, name.c_str()) != 0) {
    if (socket_) zmq_close(socket_);
    fail("cannot watch a socket");
  }
}

HandshakeWatch::~HandshakeWatch() {
  zmq_socket_monitor(watched_, nullptr, 0);
  zmq_close(socket_);
}

std::optional<HandshakeWatch::Event> HandshakeWatch::next() {
  const auto parts = receive(socket_);
  if (parts.empty() || parts[0].size() < 2) return std::nullopt;
  std::uint16_t event = 0;
  std::memcpy(&event, parts[0].data(), sizeof event);
  if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) return Event::succeeded;
  return event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH ? Event::refused : Event::failed;
}

}  // namespace dml
