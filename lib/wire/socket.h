// Byte streams over sockets: an output connects (-o tcp://HOST:PORT), an input binds (@tcp://HOST:PORT --expect N). Nothing is lost when
// a connection breaks, a stream that its sender did not finish is an error of the reader, and commit() means that the reader has read it
// all. @tcp://:PORT binds all interfaces and therefore needs --insecure.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "wire/endpoint.h"
#include "wire/stream.h"

namespace dml {

/// Connects and keeps trying for options.timeout seconds, in the background: a receiver may start later. write() waits while the
/// receiver lags 64 MiB behind. commit() returns when the receiver has read the whole stream; a receiver may be slow as long as it
/// answers. Error(system) when it does not answer for options.timeout seconds, or refuses. Error(usage): a bound endpoint, plaintext
/// off this machine without options.insecure.
std::unique_ptr<ByteSink> open_socket_sink(std::string_view endpoint, const OpenOptions& options);

class SocketListener {
 public:
  /// Binds at once. Error(usage): an endpoint that connects, plaintext off this machine. Error(system): the address is taken.
  SocketListener(std::string_view endpoint, const OpenOptions& options);
  ~SocketListener();

  /// The next of the options.expect streams, in order of first arrival; nullptr when all were delivered. Others that arrive meanwhile
  /// wait, 64 MiB each at most. Error(system) when no further sender comes for options.timeout seconds. A source's read() is Error(input)
  /// when its sender gives up or shows no sign of life for as long. Its sender is told that the stream arrived when the source was
  /// read to its end and destroyed. Sources may outlive the listener.
  std::unique_ptr<ByteSource> next();

  std::string endpoint() const;                            // with the number of a port that was asked for as 0
  std::uint64_t junk() const;                              // messages that were not of this protocol, and were dropped
  void drop_connections();                                 // as a broken network would; for tests

  class Core;

 private:
  std::shared_ptr<Core> core_;
};

}  // namespace dml
