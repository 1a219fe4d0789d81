#include "wire/socket_address.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace dml {
namespace {

constexpr std::size_t kMostPath = sizeof(sockaddr_un::sun_path) - 1;   // 107 bytes on Linux
constexpr const char* kSpelling = "endpoints are tcp://HOST:PORT and ipc://PATH, with @ in front of an input: @tcp://HOST:PORT";

bool host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

void parse_tcp(SocketAddress& address, std::string_view rest) {
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string_view::npos) throw Error(Fault::usage, quote(address.text) + " has no port", kSpelling);
  std::string_view host = rest.substr(0, colon);
  const auto port = parse_integer(rest.substr(colon + 1));
  if (!port || *port < (address.bind ? 0 : 1) || *port > 65535)
    throw Error(Fault::usage, quote(address.text) + ": port " + quote(rest.substr(colon + 1)) + " is not in 1..65535", kSpelling);
  address.port = static_cast<int>(*port);
  if (host == "*" && address.bind) host = "";
  bool valid = true;
  if (host.starts_with("[") && host.ends_with("]")) {
    for (const char c : host.substr(1, host.size() - 2)) valid = valid && (host_character(c) || c == ':' || c == '%');
  } else {
    for (const char c : host) valid = valid && host_character(c);
  }
  if (!valid || (host.empty() && !address.bind)) throw Error(Fault::usage, quote(address.text) + " names no host", kSpelling);
  address.host = host;
}

void parse_ipc(SocketAddress& address, std::string_view path) {
  if (path.empty() || path.starts_with("@") || path == "*")
    throw Error(Fault::usage, quote(address.text) + " names no path", kSpelling);
  if (path.size() > kMostPath)
    throw Error(Fault::usage, "the path of " + quote(address.text) + " has " + std::to_string(path.size()) + " bytes, a socket's path at most " +
                                  std::to_string(kMostPath), "choose a shorter path, such as one below /tmp");
  address.ipc = true;
  address.path = path;
}

}  // namespace

SocketAddress SocketAddress::parse(std::string_view text) {
  SocketAddress address;
  address.text = text;
  if (text.starts_with("@")) {
    address.bind = true;
    text.remove_prefix(1);
  }
  if (text.find('\0') != std::string_view::npos) throw Error(Fault::usage, quote(address.text) + " is not an endpoint", kSpelling);
  if (text.starts_with("tcp://")) parse_tcp(address, text.substr(6));
  else if (text.starts_with("ipc://")) parse_ipc(address, text.substr(6));
  else throw Error(Fault::usage, quote(address.text) + " is not an endpoint", kSpelling);
  return address;
}

std::string SocketAddress::endpoint() const {
  if (ipc) return "ipc://" + path;
  // localhost may be ::1 for one side and 127.0.0.1 for the other: one of them for both.
  const std::string name = host.empty() ? "*" : host == "localhost" ? "127.0.0.1" : host;
  return "tcp://" + name + ":" + (port == 0 ? "*" : std::to_string(port));
}

bool SocketAddress::local() const {
  if (ipc || host == "localhost" || host == "[::1]") return true;
  if (!host.starts_with("127.")) return false;
  const auto parts = split(host, '.');
  if (parts.size() != 4) return false;                     // 127.example.com
  for (const auto& part : parts)
    if (const auto number = parse_integer(part); !number || *number < 0 || *number > 255) return false;
  return true;
}

void SocketAddress::check_security(bool allowed) const {
  if (allowed || local()) return;
  throw Error(Fault::usage, quote(text) + " leaves this machine unencrypted",
              host.empty() ? "without a host all interfaces are bound; name one, @tcp://127.0.0.1:" + std::to_string(port) + ", or use --key and --trust, or allow it with --insecure"
                           : "use --key and --trust, or allow it with --insecure");
}

PathLock::PathLock(const std::string& path) : file_(path + ".lock") {
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0 && !S_ISSOCK(found.st_mode))
    throw Error(Fault::system, "cannot bind " + quote("ipc://" + path) + ": it exists and is no socket");
  for (;;) {
    descriptor_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor_ < 0) throw Error(Fault::system, "cannot lock " + quote(file_) + ": " + std::strerror(errno));
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      ::close(std::exchange(descriptor_, -1));
      throw Error(Fault::system, "cannot bind " + quote("ipc://" + path) + ": another process uses it");
    }
    // The file may have been removed by its last holder between open and flock: then the lock is on nothing.
    struct stat held {}, named {};
    if (::fstat(descriptor_, &held) == 0 && ::stat(file_.c_str(), &named) == 0 && held.st_ino == named.st_ino && held.st_dev == named.st_dev) return;
    ::close(std::exchange(descriptor_, -1));
  }
}

PathLock::PathLock(PathLock&& other) noexcept : file_(std::move(other.file_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

PathLock& PathLock::operator=(PathLock&& other) noexcept {
  if (this == &other) return *this;
  release();
  file_ = std::move(other.file_);
  descriptor_ = std::exchange(other.descriptor_, -1);
  return *this;
}

PathLock::~PathLock() { release(); }

void PathLock::release() {
  if (descriptor_ < 0) return;
  ::unlink(file_.c_str());
  ::close(std::exchange(descriptor_, -1));
}

}  // namespace dml
