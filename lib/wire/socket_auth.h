// CURVE on the sockets of a loop: who is let in (ZAP, RFC 27), and what becomes of handshakes. Used on the loop's thread only.
#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace dml {

struct SocketKeys;

/// Keys are Z85 (wire/socket_keys.h). Without a secret key all is plaintext.
struct SocketSecurity {
  std::string public_key, secret_key;
  std::vector<std::string> accepted;                       // whose connections a bound socket takes
  /// Whom each connection expects, tried in turn until a handshake succeeds; where it is shorter than the connections: `accepted`.
  std::vector<std::vector<std::string>> expected;
  bool on() const { return !secret_key.empty(); }
  const std::vector<std::string>& expected_of(std::size_t link) const { return link < expected.size() ? expected[link] : accepted; }
};

/// Of a stream's socket with --key and --trust; plaintext where `keys` is null. Error(usage) when nobody is trusted.
SocketSecurity stream_security(const SocketKeys* keys);

/// Makes a socket a CURVE server, or a client of the owner of `server_key`. Before bind and connect.
void secure_server(void* socket, const SocketSecurity& security);
void secure_client(void* socket, const SocketSecurity& security, const std::string& server_key);

/// The ZAP handler of a context: lets in whoever proves an accepted key, and warns of each other key once, with its address.
class Doorkeeper {
 public:
  /// Must be there before any socket of the context is bound. `where`: the endpoint, for messages.
  Doorkeeper(void* context, const SocketSecurity& security, std::string where);
  ~Doorkeeper();
  Doorkeeper(const Doorkeeper&) = delete;
  Doorkeeper& operator=(const Doorkeeper&) = delete;
  void* socket() const { return socket_; }
  void answer();                                           // all requests that wait

 private:
  bool admits(const std::vector<std::string>& request, std::string& key);
  void* socket_ = nullptr;
  std::set<std::string> accepted_, warned_;
  std::string where_;
};

/// How the handshakes of one socket end.
class HandshakeWatch {
 public:
  enum class Event { succeeded, refused, failed };         // refused: by the other side's doorkeeper; failed: another key, or plaintext
  HandshakeWatch(void* context, void* watched, std::size_t number);
  ~HandshakeWatch();
  HandshakeWatch(const HandshakeWatch&) = delete;
  HandshakeWatch& operator=(const HandshakeWatch&) = delete;
  void* socket() const { return socket_; }
  std::optional<Event> next();

 private:
  void* watched_;
  void* socket_ = nullptr;
};

}  // namespace dml
