#include <zlib.h>

#include <algorithm>

#include "base/error.h"
#include "wire/zip.h"
#include "wire/zip_layout.h"

namespace dml {

using namespace zip_layout;

namespace {

void append(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 255);
}

}  // namespace

void ZipWriter::add(const std::string& name, std::span<const std::byte> head, std::span<const std::byte> data) {
  if (name.size() > kFull16) throw Error(Fault::usage, "a zip archive holds names of at most 65535 bytes, not one of " + std::to_string(name.size()));
  const std::uint64_t size = head.size() + data.size();
  const bool wide = size >= kFull32, far = offset_ >= kFull32;
  uLong crc = crc32_z(0, reinterpret_cast<const Bytef*>(head.data()), head.size());
  crc = crc32_z(crc, reinterpret_cast<const Bytef*>(data.data()), data.size());
  // Version, flags, method, a fixed date (1 January 1980: equal runs give equal files), checksum, sizes, length of the name.
  std::string common;
  append(common, wide || far ? 45 : 20, 2), append(common, kUtf8, 2), append(common, 0, 2), append(common, 0, 2), append(common, 0x21, 2), append(common, crc, 4);
  append(common, wide ? kFull32 : size, 4), append(common, wide ? kFull32 : size, 4), append(common, name.size(), 2);

  std::string local;
  append(local, kLocal, 4);
  local += common;
  append(local, wide ? 20 : 0, 2);
  local += name;
  if (wide) append(local, 1, 2), append(local, 16, 2), append(local, size, 8), append(local, size, 8);
  append(directory_, kCentral, 4), append(directory_, 45, 2);
  directory_ += common;
  append(directory_, (wide || far ? 4 : 0) + (wide ? 16 : 0) + (far ? 8 : 0), 2), append(directory_, 0, 6), append(directory_, 0, 4);
  append(directory_, far ? kFull32 : offset_, 4);
  directory_ += name;
  if (wide || far) append(directory_, 1, 2), append(directory_, (wide ? 16 : 0) + (far ? 8 : 0), 2);
  if (wide) append(directory_, size, 8), append(directory_, size, 8);
  if (far) append(directory_, offset_, 8);

  sink_.write(std::as_bytes(std::span(local)));
  sink_.write(head);
  sink_.write(data);
  offset_ += local.size() + size;
  ++count_;
}

void ZipWriter::close(const std::string& comment) {
  if (comment.size() > kMostComment) throw Error(Fault::usage, "the comment of a zip archive takes at most 65535 bytes, not " + std::to_string(comment.size()));
  const std::uint64_t size = directory_.size();
  std::string end = std::move(directory_);
  if (count_ >= kFull16 || size >= kFull32 || offset_ >= kFull32) {
    append(end, kEnd64, 4), append(end, kEnd64Size - 12, 8), append(end, 45, 2), append(end, 45, 2), append(end, 0, 8);
    append(end, count_, 8), append(end, count_, 8), append(end, size, 8), append(end, offset_, 8);
    append(end, kLocator, 4), append(end, 0, 4), append(end, offset_ + size, 8), append(end, 1, 4);
  }
  append(end, kEnd, 4), append(end, 0, 4), append(end, std::min(count_, kFull16), 2), append(end, std::min(count_, kFull16), 2);
  append(end, std::min(size, kFull32), 4), append(end, std::min(offset_, kFull32), 4), append(end, comment.size(), 2);
  end += comment;
  sink_.write(std::as_bytes(std::span(end)));
}

}  // namespace dml
