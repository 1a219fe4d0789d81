// The msgpack layout of formats/dml.md, one object at a time: heads through msgpack-c with limits, tensor data as raw bytes.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "wire/format.h"
#include "wire/record.h"

namespace dml {

inline constexpr std::size_t kAlignment = 64;
inline constexpr std::size_t kMostHead = 64 << 10;                    // bytes of one object without its tensor data
inline constexpr std::uint64_t kMostPart = std::uint64_t{1} << 30;    // bytes of one part of a tensor
inline constexpr std::int64_t kMajorVersion = 1;

/// Appends one object to `out`, which is at `offset` of its stream, padded so that what follows (a tensor's data, or the next object)
/// starts at a multiple of 64.
void append_header(std::string& out, std::uint64_t offset, const StreamHeader& header);
void append_head(std::string& out, std::uint64_t offset, const RecordHead& head);
/// The head of part `part` of `parts`, whose `bytes` of data follow.
void append_tensor(std::string& out, std::uint64_t offset, const Tensor& tensor, std::uint64_t part, std::uint64_t parts, std::uint64_t bytes);
void append_end(std::string& out, std::uint64_t offset, std::uint64_t records, std::uint64_t checksum, const Attributes& environment);

/// One parsed object: its fields without pad and data, how many bytes it took, and how many bytes of data follow (tensors).
struct ParsedObject {
  Attributes fields;
  std::size_t size = 0;
  std::optional<std::uint64_t> data;
};
/// nullopt when `bytes` hold only the beginning of an object. Error(input) naming `where` when it is malformed or over a limit.
std::optional<ParsedObject> parse_object(std::span<const std::byte> bytes, const std::string& where);

/// Fields -> typed heads, checked. Error(input) naming `where`.
StreamHeader to_header(ParsedObject object, const std::string& where);
RecordHead to_head(ParsedObject object, const Limits& limits, const std::string& where);
/// A tensor without its data, and which part of how many this is.
struct TensorPart { Tensor tensor; std::uint64_t part = 0, parts = 1, bytes = 0; };
TensorPart to_tensor_part(ParsedObject object, const Limits& limits, const std::string& where);

/// {tensor bytes, all other bytes} that a record takes in a stream when it starts at a multiple of 64.
std::pair<std::uint64_t, std::uint64_t> encoded_size(const Record& record);

/// One record as bytes: a dml stream without its header. decode_record checks everything, the checksum included.
Bytes encode_record(const Record& record, std::uint64_t* checksum = nullptr);   // XXH3-64 of all but the end object
Record decode_record(std::span<const std::byte> bytes, const Limits& limits, const std::string& where);
/// The same; tensors share the bytes where they lie aligned.
Record decode_record(const Bytes& bytes, const Limits& limits, const std::string& where);

}  // namespace dml
