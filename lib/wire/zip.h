// Zip archives as npz files are: entries stored or deflated, zip64, no encryption, one disk. The container is read here and inflated by
// zlib: libzip brings OpenSSL and bzip2 into every start, and minizip can neither tell a joined or overlapping archive from a sound one
// nor write into a pipe. Source: PKWARE APPNOTE 6.3, sections 4.3 to 4.5.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "wire/stream.h"

namespace dml {

struct ZipEntry {
  std::string name;
  std::uint64_t size = 0, stored = 0;                      // bytes after and before inflating
  std::uint64_t offset = 0, limit = 0;                     // of its local header, and of what follows its data
  std::uint32_t crc = 0;
  bool deflated = false;
};

class ZipReader {
 public:
  /// Reads the directory; `source` can be read anywhere. Error(input) naming the source and the entry: names that are empty, hold a zero
  /// byte or come twice, entries that overlap, lie outside the file or claim more than deflate can hold, more than `most` entries,
  /// bytes before or after the archive.
  ZipReader(std::unique_ptr<ByteSource> source, std::uint64_t most);
  const std::vector<ZipEntry>& entries() const { return entries_; }    // by place
  const std::string& comment() const { return comment_; }
  /// The bytes of one entry, exactly `entry.size`; the checksum is compared before the last of them is handed out. Outlived by this.
  std::unique_ptr<ByteSource> open(const ZipEntry& entry);

 private:
  struct Directory { std::uint64_t offset = 0, size = 0, count = 0, end = 0; };
  Directory find_directory(std::uint64_t file_size);
  void read_directory(const Directory& directory);
  ZipEntry read_entry(const std::byte*& here, std::uint64_t& left) const;
  void check_places(std::uint64_t end);
  [[noreturn]] void refuse(const std::string& what) const;

  std::unique_ptr<ByteSource> source_;
  std::uint64_t most_;
  std::vector<ZipEntry> entries_;
  std::string comment_;
};

/// Writes stored entries into any sink, from one end to the other.
class ZipWriter {
 public:
  explicit ZipWriter(ByteSink& sink) : sink_(sink) {}
  void add(const std::string& name, std::span<const std::byte> head, std::span<const std::byte> data);   // one after the other
  /// `comment`: at most 65535 bytes.
  void close(const std::string& comment);

 private:
  ByteSink& sink_;
  std::string directory_;
  std::uint64_t offset_ = 0, count_ = 0;
};

}  // namespace dml
