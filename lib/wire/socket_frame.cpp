#include "wire/socket_frame.h"

#include <sys/random.h>

#include <bit>
#include <cstring>

#include "base/error.h"

namespace dml {
namespace {

static_assert(std::endian::native == std::endian::little, "frames are copied as they stand in memory");

constexpr std::size_t kMostText = 1024, kMostHello = 4096, kMostStatus = 64;

bool size_fits(FrameType type, std::size_t body) {
  switch (type) {
    case FrameType::hello: return body >= 1 && body <= kMostHello;
    case FrameType::welcome: return body >= 8 && body <= kMostHello;
    case FrameType::data: return body >= 1 && body <= kMostChunk;
    case FrameType::ack: return body >= 16 && body <= 16 + kMostStatus;
    case FrameType::probe: return body <= kMostStatus;
    case FrameType::refuse:
    case FrameType::abort: return body <= kMostText;
    case FrameType::end:
    case FrameType::unknown:
    case FrameType::bye: return body == 0;
  }
  return false;                                            // a type of no meaning
}

}  // namespace

StreamId StreamId::random() {
  StreamId id;
  if (::getrandom(id.bytes.data(), id.bytes.size(), 0) != static_cast<ssize_t>(id.bytes.size()))
    throw Error(Fault::system, "the system gives no random bytes");
  return id;
}

void put_head(std::byte* to, const FrameHead& head) {
  const std::uint16_t version[2] = {kProtocol, 0};
  std::memcpy(to, "DML", 3);
  to[3] = static_cast<std::byte>(head.type);
  std::memcpy(to + 4, version, 4);
  std::memcpy(to + 8, head.stream.bytes.data(), 16);
  std::memcpy(to + 24, &head.sequence, 8);
}

std::optional<ParsedFrame> parse_frame(std::span<const std::byte> message, std::uint16_t& protocol) {
  protocol = 0;
  if (message.size() < kFrameHead || message.size() > kMostFrame || std::memcmp(message.data(), "DML", 3) != 0) return std::nullopt;
  std::uint16_t version[2];
  std::memcpy(version, message.data() + 4, 4);
  ParsedFrame frame;
  frame.head.type = static_cast<FrameType>(message[3]);
  std::memcpy(frame.head.stream.bytes.data(), message.data() + 8, 16);
  std::memcpy(&frame.head.sequence, message.data() + 24, 8);
  frame.body = message.subspan(kFrameHead);
  if (version[0] != kProtocol) {
    protocol = version[0];
    return std::nullopt;
  }
  if (version[1] != 0 || !size_fits(frame.head.type, frame.body.size())) return std::nullopt;
  return frame;
}

BodyWriter& BodyWriter::u8(std::uint8_t value) {
  out_.push_back(static_cast<char>(value));
  return *this;
}

BodyWriter& BodyWriter::u64(std::uint64_t value) {
  out_.append(reinterpret_cast<const char*>(&value), sizeof value);
  return *this;
}

BodyWriter& BodyWriter::text(std::string_view value) {
  const auto size = static_cast<std::uint16_t>(std::min<std::size_t>(value.size(), 1000));
  out_.append(reinterpret_cast<const char*>(&size), sizeof size).append(value.substr(0, size));
  return *this;
}

std::span<const std::byte> BodyReader::take(std::size_t count) {
  if (!ok_ || count > body_.size()) {
    ok_ = false;
    return {};
  }
  const auto taken = body_.first(count);
  body_ = body_.subspan(count);
  return taken;
}

std::uint8_t BodyReader::u8() {
  const auto bytes = take(1);
  return bytes.empty() ? 0 : static_cast<std::uint8_t>(bytes[0]);
}

std::uint64_t BodyReader::u64() {
  std::uint64_t value = 0;
  const auto bytes = take(sizeof value);
  if (!bytes.empty()) std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

std::string BodyReader::text() {
  std::uint16_t size = 0;
  const auto length = take(sizeof size);
  if (!length.empty()) std::memcpy(&size, length.data(), sizeof size);
  const auto bytes = take(size);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string shown(std::span<const std::byte> text) {
  std::string out;
  for (const std::byte b : text.first(std::min<std::size_t>(text.size(), 300))) {
    const char c = static_cast<char>(b);
    out.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c);
  }
  return out;
}

}  // namespace dml
