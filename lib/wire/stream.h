// Byte streams under the formats: files, pipes, sockets, gz.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "wire/bytes.h"

namespace dml {

/// Files are read, never mapped. A mapping that another process cuts short kills us with SIGBUS, its pages count as resident, and data in
/// foreign formats would have to be copied for alignment anyway; reading into recycled buffers of huge pages costs 10 to 15 % more
/// processor time than a mapping whose pages are touched once (5.9 against 6.6 GB/s from the page cache), and a cut is an ordinary error.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Reads between 1 and out.size() bytes; 0 only at the end. Error(input) when reading fails.
  virtual std::size_t read(std::span<std::byte> out) = 0;
  /// As a user would name it: 'peers.dml', standard input.
  virtual std::string name() const = 0;
  /// Bytes that are left, where that is known (regular files).
  virtual std::optional<std::uint64_t> remaining() const { return std::nullopt; }
  /// Whether any place can be read at any time (regular files, memory).
  virtual bool can_read_at() const { return false; }
  /// Like read(), from `offset` bytes after where the source began; read() goes on where it was. Only where can_read_at().
  virtual std::size_t read_at(std::uint64_t offset, std::span<std::byte> out);
};

class ByteSink {
 public:
  virtual ~ByteSink() = default;                           // without commit(): nothing appears
  virtual void write(std::span<const std::byte> data) = 0; // Error(system) when it cannot
  /// Flushes, checks, and makes the output appear under its name.
  virtual void commit() = 0;
  virtual std::string name() const = 0;
  /// Whether what was written can be read and changed until commit(): targets that then appear whole.
  virtual bool can_rewrite() const { return false; }
  virtual void write_at(std::uint64_t offset, std::span<const std::byte> data);
  virtual void read_at(std::uint64_t offset, std::span<std::byte> out);
};

/// A source with look-ahead.
class BufferedSource final : public ByteSource {
 public:
  explicit BufferedSource(std::unique_ptr<ByteSource> source);
  ~BufferedSource() override;
  /// At least `wanted` (<= 64 KiB) buffered bytes, fewer only at the end. Valid until the next call.
  std::span<const std::byte> peek(std::size_t wanted);
  void skip(std::size_t count);                            // of peeked bytes
  std::size_t read(std::span<std::byte> out) override;     // large reads bypass the buffer
  bool read_exactly(std::span<std::byte> out);             // false when the stream ends before
  std::string name() const override { return source_->name(); }
  std::optional<std::uint64_t> remaining() const override;
  bool can_read_at() const override { return source_->can_read_at(); }
  std::size_t read_at(std::uint64_t offset, std::span<std::byte> out) override { return source_->read_at(offset, out); }

 private:
  std::unique_ptr<ByteSource> source_;
  std::unique_ptr<std::byte[]> buffer_;
  std::size_t start_ = 0, end_ = 0;
};

/// The next `count` bytes; nullopt when the source ends before. Where the length is unknown, memory grows with what arrives.
std::optional<Bytes> read_bytes(ByteSource& source, std::uint64_t count);
/// The `count` bytes at `offset`; nullopt when the source ends before. The caller has checked that the source claims to hold them.
std::optional<Bytes> read_bytes_at(ByteSource& source, std::uint64_t offset, std::uint64_t count);
/// All that is left; Error(input) when it is more than `limit`.
Bytes read_all(ByteSource& source, std::uint64_t limit);

std::unique_ptr<ByteSource> open_file_source(const std::string& path);
std::unique_ptr<ByteSource> stdin_source();
std::unique_ptr<ByteSource> memory_source(std::span<const std::byte> data, std::string name);   // keeps no copy
std::unique_ptr<ByteSource> memory_source(Bytes data, std::string name);
/// A regular or absent target is written beside itself and renamed by commit(); devices and FIFOs are written through.
std::unique_ptr<ByteSink> open_file_sink(const std::string& path);
std::unique_ptr<ByteSink> stdout_sink();
/// Inflates a gz stream; at most `limit` bytes come out, then Error(input).
std::unique_ptr<ByteSource> gunzip(std::unique_ptr<ByteSource> source, std::uint64_t limit);
bool looks_gzipped(std::span<const std::byte> head);

}  // namespace dml
