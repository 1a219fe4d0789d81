// Records and how they are read and written, whole or tensor by tensor. See formats/dml.md.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "wire/tensor.h"

namespace dml {

struct RecordHead {
  std::string kind;                                        // model, update, fingerprint, vote, ...
  Attributes meta;
  std::uint64_t tensors = 0;
  Attributes extra;                                        // unknown keys of the head, passed on
};

struct Record {
  std::string kind;
  Attributes meta;
  std::vector<Tensor> tensors;                             // sorted by name, names are unique
  Attributes extra;

  const Tensor* find(std::string_view name) const;
  /// Throws Error(input) "<where> has no tensor 'x'".
  const Tensor& at(std::string_view name, std::string_view where) const;
};

/// What a stream says about its origin. Nothing that differs between equal runs (threads, paths, time) belongs here.
struct StreamHeader {
  std::string tool, version, verb;
  Attributes options;
  std::optional<std::uint64_t> seed;
  Attributes extra;
};

class RecordReader {
 public:
  virtual ~RecordReader() = default;
  /// Header of the stream that the last record came from (before the first record: of the first stream).
  virtual const StreamHeader& header() = 0;
  /// The next record's head, skipping tensors of the current one that were not read; nullopt after the (last) end record.
  virtual std::optional<RecordHead> next_head() = 0;
  /// The next tensor of the current record; nullopt when it has no more.
  virtual std::optional<Tensor> next_tensor() = 0;
  /// For messages: "record 17 of 'peers.dml'" (counting from 0).
  virtual std::string where() const = 0;

  /// The next record, whole.
  std::optional<Record> next();
};

class RecordWriter {
 public:
  virtual ~RecordWriter() = default;
  /// Starts a record; exactly head.tensors calls of tensor() follow, in order of their names.
  virtual void begin(const RecordHead& head) = 0;
  virtual void tensor(const Tensor& tensor) = 0;
  /// Writes the end record and makes the output appear. Without it nothing appears. `environment`: what may differ between equal runs.
  virtual void close(const Attributes& environment = {}) = 0;

  void write(const Record& record);
};

/// Sorts tensors by name; Error(input) naming `where` if a name occurs twice.
void sort_tensors(Record& record, std::string_view where);

/// XXH3-64 over names, dtypes, shapes and data, as 16 hex digits: equal for equal models whatever file they came from.
std::string content_digest(const Record& record);

}  // namespace dml
