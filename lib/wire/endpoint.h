// The only way to open anything: -, PATH, and later tcp://, ipc://, @tcp://, @ipc://.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "wire/format.h"

namespace dml {

struct SocketKeys;

struct OpenOptions {
  std::vector<std::shared_ptr<const Format>> formats;      // those the tool knows
  std::string from, to;                                    // --from, --to; empty: sniff, extension, dml
  Limits limits;
  StreamHeader header;                                     // of what is written
  double timeout = 30;                                     // seconds, sockets
  int expect = 1;                                          // streams that a bound socket waits for
  bool insecure = false;                                   // plaintext off this machine
  std::shared_ptr<const SocketKeys> keys;                  // --key, --trust: sockets are encrypted and know each other; absent: plaintext
};

std::unique_ptr<RecordReader> open_reader(std::string_view where, const OpenOptions& options);
/// The same over bytes that are already open: sniffs gz and format.
std::unique_ptr<RecordReader> open_reader(std::unique_ptr<ByteSource> source, const OpenOptions& options);
std::unique_ptr<RecordWriter> open_writer(std::string_view where, const OpenOptions& options);

/// Whether `where` names a socket.
bool is_socket(std::string_view where);

}  // namespace dml
