// Repairs of what an input says about itself, without which hardly a mutation would get past the first check.
#pragma once
#include <string>

#include <zlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace fuzz {

/// `bytes` with the checksum of its last end record made right for what stands before; as it is where there is none.
inline std::string with_checksum(std::string bytes) {
  using namespace std::literals;
  const std::size_t end = bytes.rfind("\xa3" "end\xc3"sv), key = bytes.rfind("\xa8" "checksum\xcf"sv);
  if (end == std::string::npos || end == 0 || key == std::string::npos || key < end || key + 18 > bytes.size()) return bytes;
  const auto sum = XXH3_64bits(bytes.data(), end - 1);     // the map's head is one byte
  for (int i = 0; i < 8; ++i) bytes[key + 10 + static_cast<std::size_t>(i)] = static_cast<char>(sum >> (56 - 8 * i));
  return bytes;
}

/// `bytes` with the checksum of every chunk of a png made right, as far as the chunks' lengths lead.
inline std::string with_png_checksums(std::string bytes) {
  if (!bytes.starts_with("\x89PNG\r\n\x1a\n")) return bytes;
  const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(bytes[i])); };
  for (std::size_t at = 8; at + 12 <= bytes.size();) {
    const std::size_t length = byte(at) << 24 | byte(at + 1) << 16 | byte(at + 2) << 8 | byte(at + 3);
    if (length > bytes.size() - at - 12) break;
    const auto sum = crc32(0, reinterpret_cast<const Bytef*>(bytes.data() + at + 4), static_cast<uInt>(length + 4));
    for (std::size_t i = 0; i < 4; ++i) bytes[at + 8 + length + i] = static_cast<char>(sum >> (24 - 8 * i));
    at += 12 + length;
  }
  return bytes;
}

/// `bytes` with the length in front of a JSON header (safetensors) made that of the header.
inline std::string with_header_length(std::string bytes) {
  const std::size_t end = bytes.rfind("}}");
  if (bytes.size() < 10 || bytes[8] != '{' || end == std::string::npos || end < 8) return bytes;
  for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(std::uint64_t{end + 2 - 8} >> (8 * i));
  return bytes;
}

}  // namespace fuzz
