// The frames of the stream protocol (formats/dml.md, "Over sockets"). One frame is one ZeroMQ message: a head of 32 bytes and a body.
//   'D' 'M' 'L' | type u8 | protocol u16 | zero u16 | stream id, 16 random bytes | sequence u64 | body        (little-endian)
// The head's layout is the same in every protocol version, so that two versions can tell each other apart.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace dml {

inline constexpr std::uint16_t kProtocol = 1;
inline constexpr std::size_t kFrameHead = 32;
inline constexpr std::size_t kMostChunk = 4 << 20;                     // body of a data frame
inline constexpr std::size_t kMostFrame = kMostChunk + (4 << 10);      // ZMQ_MAXMSGSIZE
inline constexpr std::uint64_t kWindow = std::uint64_t{64} << 20;      // credit of one stream, bytes

enum class FrameType : std::uint8_t {
  hello = 1,    // sender: starts a stream; sequence 0; body: who speaks
  welcome = 2,  // receiver: the answer; body: credit limit u64, then the receiver's own words
  data = 3,     // sender: a chunk, 1 byte to 4 MiB
  end = 4,      // sender: takes the next sequence number, no body: the stream is whole
  ack = 5,      // receiver: sequence = the next one it expects; body: credit limit u64, answered probe u64, status
  probe = 6,    // sender: "where are you"; sequence = number of the probe; body: status
  unknown = 7,  // receiver: no such stream here (it was started again)
  refuse = 8,   // receiver: the reason, as text; final
  abort = 9,    // sender: gives the stream up; the reason, as text
  bye = 10,     // sender: the end was acknowledged, nothing more will come
};

struct StreamId {
  std::array<std::uint8_t, 16> bytes{};
  static StreamId random();                                            // from the system, never a seed: it must differ between runs
  auto operator<=>(const StreamId&) const = default;
};

struct FrameHead {
  FrameType type = FrameType::hello;
  StreamId stream;
  std::uint64_t sequence = 0;
};

/// Writes the 32 bytes of a head.
void put_head(std::byte* to, const FrameHead& head);

struct ParsedFrame {
  FrameHead head;
  std::span<const std::byte> body;
};
/// What arrived: a frame whose type and size fit together; or nullopt with `protocol` set when another version speaks, 0 when it is junk.
std::optional<ParsedFrame> parse_frame(std::span<const std::byte> message, std::uint16_t& protocol);

/// Numbers and short texts in bodies. A reader that runs over the end says so once, in ok().
class BodyWriter {
 public:
  BodyWriter& u8(std::uint8_t value);
  BodyWriter& u64(std::uint64_t value);
  BodyWriter& text(std::string_view value);                            // u16 length, bytes
  std::span<const std::byte> span() const { return std::as_bytes(std::span(out_)); }

 private:
  std::string out_;
};

class BodyReader {
 public:
  explicit BodyReader(std::span<const std::byte> body) : body_(body) {}
  std::uint8_t u8();
  std::uint64_t u64();
  std::string text();
  std::span<const std::byte> rest() const { return body_; }
  bool ok() const { return ok_; }
  bool done() const { return ok_ && body_.empty(); }

 private:
  std::span<const std::byte> take(std::size_t count);
  std::span<const std::byte> body_;
  bool ok_ = true;
};

/// A stranger's text for a message: at most 300 bytes, control characters replaced.
std::string shown(std::span<const std::byte> text);

}  // namespace dml
