// Numbers of the zip container that its reader and its writer share. Source: PKWARE APPNOTE 6.3, sections 4.3 to 4.5.
#pragma once
#include <cstddef>
#include <cstdint>

namespace dml::zip_layout {

inline constexpr std::uint32_t kLocal = 0x04034b50, kCentral = 0x02014b50, kEnd = 0x06054b50, kEnd64 = 0x06064b50, kLocator = 0x07064b50;
inline constexpr std::size_t kLocalSize = 30, kCentralSize = 46, kEndSize = 22, kEnd64Size = 56, kLocatorSize = 20, kMostComment = 65535;
inline constexpr std::uint64_t kFull16 = 0xffff, kFull32 = 0xffffffff;        // the true number stands in a zip64 field
inline constexpr std::uint64_t kMostRatio = 1032;                             // of deflate: 258 bytes in two bits
inline constexpr std::uint16_t kEncrypted = 1, kUtf8 = 1 << 11;

}  // namespace dml::zip_layout
