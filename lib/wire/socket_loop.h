// The one place that talks to ZeroMQ: a thread that owns its sockets, at most one bound ROUTER (streams come in) and any number of
// connected DEALERs (a stream goes out on each), and calls a handler. No socket is ever touched by another thread.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "wire/socket_address.h"
#include "wire/socket_auth.h"
#include "wire/socket_frame.h"

namespace dml {

/// Seconds of the steady clock.
double steady_seconds();

class SocketLoop {
 public:
  /// Called on the loop's thread only.
  class Handler {
   public:
    virtual ~Handler() = default;
    /// A frame came in over the bound socket; `route` leads back to its sender.
    virtual void incoming(SocketLoop&, const std::string& /*route*/, const ParsedFrame&) {}
    /// A frame came back over connection `link`.
    virtual void returned(SocketLoop&, std::size_t /*link*/, const ParsedFrame&) {}
    /// What came over connection `link` is of another protocol version.
    virtual void other_protocol(SocketLoop&, std::size_t /*link*/, std::uint16_t /*protocol*/) {}
    /// The other side of connection `link` knows this side's key and refuses it (`refused`), or all expected keys were tried and no
    /// handshake came about: it has another key, or speaks plaintext. Said again with every attempt.
    virtual void denied(SocketLoop&, std::size_t /*link*/, bool /*refused*/) {}
    /// After every batch of frames, after wake(), and when the time that it returned (in seconds) is over;
    /// once more when the loop is stopped.
    virtual double turn(SocketLoop& loop, double now) = 0;
    /// The loop ends because of an exception of the handler or of ZeroMQ.
    virtual void failed(const std::string& what) = 0;
  };

  /// Binds and starts. Error(system) when the address cannot be bound, or another process holds it.
  SocketLoop(Handler& handler, const std::optional<SocketAddress>& bound, const std::vector<SocketAddress>& connected,
             SocketSecurity security = {}, int io_threads = 1);
  /// Stops at once: what ZeroMQ still holds is given up, except that frames of stop() get a moment.
  ~SocketLoop();
  /// Ends the loop after a last turn of the handler. Frames to peers that are not there any more get `linger` seconds, answers to live
  /// connections a little longer; 0 drops all at once. Called from another thread.
  void stop(double linger);
  void wake();                                             // any thread
  /// Any thread: closes all sockets and opens them again, as a broken network would. Frames on the way are lost; for tests.
  void drop_connections();

  /// Loop thread: sends one frame; it waits while a connection is not there. False when it cannot be sent now, as a reply to a route that
  /// is gone.
  bool send(std::size_t link, const FrameHead& head, std::span<const std::byte> first = {}, std::span<const std::byte> second = {});
  bool reply(const std::string& route, const FrameHead& head, std::span<const std::byte> body = {});

  /// Loop thread, in Handler::incoming(): the CURVE key that the frame's sender has proved; empty for plaintext.
  const std::string& sender_key() const;
  /// Where the bound socket is, as ZeroMQ spells it: a free port has its number.
  std::string bound_endpoint() const;
  /// Messages that were no frame of this protocol, and were dropped.
  std::uint64_t junk() const;

 private:
  struct Sockets;
  std::unique_ptr<Sockets> sockets_;
};

}  // namespace dml
