// A format turns bytes into records and back. One codec per file in formats/; the tool says which ones it knows.
#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "wire/record.h"
#include "wire/stream.h"

namespace dml {

/// Bounds on what a stranger may make us believe. See --limit-...
struct Limits {
  std::uint64_t tensor_bytes = std::uint64_t{16} << 30;    // one tensor
  std::uint64_t tensors = 1'000'000;                       // of one record
  std::uint64_t records = std::uint64_t{1} << 32;          // of one stream
  std::uint64_t pixels = 178'956'970;                      // of one picture; what Pillow refuses as a decompression bomb
  std::uint64_t inflated_bytes = std::uint64_t{16} << 30;  // of one gz file
};

class Format {
 public:
  virtual ~Format() = default;
  virtual std::string name() const = 0;                    // as in --from and --to
  virtual std::vector<std::string> extensions() const = 0; // without dot
  virtual bool is_text() const { return false; }           // text and others without a signature: the file's extension decides
  /// Whether a file that starts like this (up to 64 bytes) is of this format. Text without a signature: false.
  virtual bool sniff(std::span<const std::byte> head) const = 0;
  /// The last resort where no signature was found and the whole size is known: whether such a file is of this format.
  virtual bool sniff_size(std::span<const std::byte> /*head*/, std::uint64_t /*size*/) const { return false; }
  /// Throws Error(usage) when the format is write-only (read-only for writer()).
  virtual std::unique_ptr<RecordReader> reader(std::unique_ptr<ByteSource> source, const Limits& limits) const = 0;
  virtual std::unique_ptr<RecordWriter> writer(std::unique_ptr<ByteSink> sink, const StreamHeader& header) const = 0;
  /// For models of several files: a reader when `path`, a folder or a file of some name, is one; else nullptr. Error(input) as in reader().
  virtual std::unique_ptr<RecordReader> open_path(const std::string& path, const Limits& limits) const;
};

/// Bytes that a tensor of this dtype and shape takes. Error(input) naming `where` and the tensor when that is over the limit, or when it
/// has more than 16 dimensions; nothing overflows.
std::uint64_t tensor_bytes(const Tensor& tensor, const Limits& limits, const std::string& where);

}  // namespace dml
