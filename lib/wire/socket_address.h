// Where a socket is: tcp://HOST:PORT, ipc://PATH, and with @ in front the side that binds. Checked before ZeroMQ sees it, because
// ZeroMQ would remove a regular file at an ipc path, take over the path of a running process, and bind to all interfaces silently.
#pragma once
#include <string>
#include <string_view>

namespace dml {

struct SocketAddress {
  std::string text;                                        // as typed, for messages
  bool bind = false;
  bool ipc = false;
  std::string host;                                        // tcp; empty: all interfaces
  int port = 0;                                            // tcp; 0: any free one (bind only)
  std::string path;                                        // ipc

  /// Error(usage): another scheme, no port, a host that cannot be one, an ipc path that is too long or abstract.
  static SocketAddress parse(std::string_view text);
  /// As ZeroMQ spells it.
  std::string endpoint() const;
  /// Whether bytes stay on this machine: ipc, 127.0.0.0/8, ::1, localhost. Other names are not looked up and count as remote.
  bool local() const;
  /// Error(usage) naming --key and --insecure when plaintext would leave this machine and is not `allowed`.
  void check_security(bool allowed) const;
};

/// Holds PATH.lock while an ipc path is bound: a second process gets Error(system) where ZeroMQ would take the path silently. Also
/// refuses a path that exists and is no socket.
class PathLock {
 public:
  PathLock() = default;
  explicit PathLock(const std::string& path);
  PathLock(PathLock&& other) noexcept;
  PathLock& operator=(PathLock&& other) noexcept;
  ~PathLock();

 private:
  void release();
  std::string file_;
  int descriptor_ = -1;
};

}  // namespace dml
