// Whole records as bytes: payloads between nodes. The layout is that of a stream without its header.
#include "wire/codec.h"

#include <algorithm>
#include <cstdint>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/error.h"

namespace dml {
namespace {

// Calls visit(head bytes, data) for each object of the record in order, `offset` counted from `start`.
template <class Visit>
std::uint64_t walk(const Record& record, Visit visit) {
  std::string text;
  std::uint64_t offset = 0;
  append_head(text, offset, {record.kind, record.meta, record.tensors.size(), record.extra});
  visit(text, std::span<const std::byte>());
  offset += text.size();
  for (const auto& tensor : record.tensors) {
    const std::uint64_t whole = tensor.data.size(), parts = std::max<std::uint64_t>(1, (whole + kMostPart - 1) / kMostPart);
    for (std::uint64_t part = 0; part < parts; ++part) {
      const std::uint64_t bytes = std::min(kMostPart, whole - part * kMostPart);
      text.clear();
      append_tensor(text, offset, tensor, part, parts, bytes);
      visit(text, tensor.data.span().subspan(part * kMostPart, bytes));
      offset += text.size() + bytes;
    }
  }
  return offset;
}

}  // namespace

std::pair<std::uint64_t, std::uint64_t> encoded_size(const Record& record) {
  std::uint64_t data = 0;
  const std::uint64_t all = walk(record, [&](const std::string&, std::span<const std::byte> bytes) { data += bytes.size(); });
  return {data, (all + kAlignment - 1) / kAlignment * kAlignment - data};
}

Bytes encode_record(const Record& record, std::uint64_t* checksum) {
  std::string end;
  const std::uint64_t body = walk(record, [](const std::string&, std::span<const std::byte>) {});
  append_end(end, body, 1, 0, {});
  Buffer buffer(body + end.size());
  std::byte* to = buffer.data();
  walk(record, [&](const std::string& head, std::span<const std::byte> bytes) {
    to = std::copy_n(reinterpret_cast<const std::byte*>(head.data()), head.size(), to);
    to = std::copy(bytes.begin(), bytes.end(), to);
  });
  // A checksum of another size in msgpack would move the end: the pad absorbs it, so the object's length stays a multiple of 64.
  std::string sealed;
  const std::uint64_t sum = XXH3_64bits(buffer.data(), body);
  if (checksum) *checksum = sum;
  append_end(sealed, body, 1, sum, {});
  if (sealed.size() == end.size()) {
    std::copy_n(reinterpret_cast<const std::byte*>(sealed.data()), sealed.size(), to);
    return std::move(buffer).freeze();
  }
  Buffer larger(body + sealed.size());
  std::copy_n(buffer.data(), body, larger.data());
  std::copy_n(reinterpret_cast<const std::byte*>(sealed.data()), sealed.size(), larger.data() + body);
  return std::move(larger).freeze();
}

namespace {

// A tensor that lies aligned in bytes with an owner is not copied.
Bytes data_of(std::span<const std::byte> bytes, const Bytes* owner) {
  const bool aligned = reinterpret_cast<std::uintptr_t>(bytes.data()) % kAlignment == 0;
  if (!owner || !aligned || bytes.empty()) return Bytes::copy(bytes.data(), bytes.size());
  return owner->slice(static_cast<std::size_t>(bytes.data() - owner->data()), bytes.size());
}

Record decode(std::span<const std::byte> bytes, const Bytes* owner, const Limits& limits, const std::string& where) {
  std::size_t at = 0;
  const auto next = [&] {
    auto object = parse_object(bytes.subspan(at, std::min(kMostHead, bytes.size() - at)), where);
    if (!object) throw Error(Fault::input, where + " ends early");
    at += object->size;
    return std::move(*object);
  };
  const RecordHead head = to_head(next(), limits, where);
  Record record{head.kind, head.meta, {}, head.extra};
  for (std::uint64_t i = 0; i < head.tensors; ++i) {
    TensorPart first = to_tensor_part(next(), limits, where);
    if (first.parts != 1) throw Error(Fault::input, where + ": a tensor over 1 GiB does not travel as one payload");
    if (bytes.size() - at < first.bytes) throw Error(Fault::input, where + " ends early");
    first.tensor.data = data_of(bytes.subspan(at, first.bytes), owner);
    at += first.bytes;
    if (!record.tensors.empty() && record.tensors.back().name >= first.tensor.name)
      throw Error(Fault::input, where + ": tensors are not sorted by name, or one stands twice");
    record.tensors.push_back(std::move(first.tensor));
  }
  const std::size_t body = at;
  const auto end = next();
  if (get_bool(end.fields, "end") != true || get_unsigned(end.fields, "checksum") != XXH3_64bits(bytes.data(), body) || at != bytes.size())
    throw Error(Fault::input, where + ": the checksum does not fit, the bytes were changed on the way");
  return record;
}

}  // namespace

Record decode_record(std::span<const std::byte> bytes, const Limits& limits, const std::string& where) { return decode(bytes, nullptr, limits, where); }
Record decode_record(const Bytes& bytes, const Limits& limits, const std::string& where) { return decode(bytes.span(), &bytes, limits, where); }

}  // namespace dml
