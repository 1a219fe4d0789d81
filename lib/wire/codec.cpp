#include "wire/codec.h"

#include <msgpack.hpp>

#include <algorithm>
#include <bit>

#include "base/error.h"
#include "base/text.h"

namespace dml {
namespace {

struct Output {
  std::string& text;
  void write(const char* data, std::size_t size) { text.append(data, size); }
};
struct Packer : msgpack::packer<Output> {
  explicit Packer(Output& to) : msgpack::packer<Output>(to), output(to) {}
  Output& output;
};

// float 64 always: msgpack-c would turn 3.0 into the integer 3, and a record would not come back as it was written.
void pack_float(Output& output, double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  char bytes[9] = {'\xcb'};
  for (int i = 0; i < 8; ++i) bytes[1 + i] = static_cast<char>(bits >> (56 - 8 * i));
  output.write(bytes, sizeof bytes);
}

void pack(Packer& packer, const Value& value);

void pack(Packer& packer, const std::string& text) {
  packer.pack_str(static_cast<std::uint32_t>(text.size()));
  packer.pack_str_body(text.data(), static_cast<std::uint32_t>(text.size()));
}
void pack(Packer& packer, const char* text) { pack(packer, std::string(text)); }

void pack(Packer& packer, const Attributes& map) {
  packer.pack_map(static_cast<std::uint32_t>(map.size()));
  for (const auto& [key, value] : map) {
    pack(packer, key);
    pack(packer, value);
  }
}

void pack(Packer& packer, const Value& value) {
  struct Visitor {
    Packer& packer;
    Output& output;
    void operator()(std::monostate) { packer.pack_nil(); }
    void operator()(bool v) { v ? packer.pack_true() : packer.pack_false(); }
    void operator()(std::int64_t v) { packer.pack_int64(v); }
    void operator()(std::uint64_t v) { packer.pack(v); }
    void operator()(double v) { pack_float(output, v); }
    void operator()(const std::string& v) { pack(packer, v); }
    void operator()(const Blob& v) {
      packer.pack_bin(static_cast<std::uint32_t>(v.size()));
      packer.pack_bin_body(reinterpret_cast<const char*>(v.data()), static_cast<std::uint32_t>(v.size()));
    }
    void operator()(const ValueList& v) {
      packer.pack_array(static_cast<std::uint32_t>(v.size()));
      for (const auto& item : v) pack(packer, item);
    }
    void operator()(const Attributes& v) { pack(packer, v); }
  };
  std::visit(Visitor{packer, packer.output}, value.storage());
}

// Writes one padded object: `fields` packs `count` key-value pairs; `data_bytes` >= 0 adds the head of the data that follows.
template <class Fields>
void append_object(std::string& out, std::uint64_t offset, std::uint32_t count, std::int64_t data_bytes, Fields fields) {
  const std::size_t start = out.size();
  Output output{out};
  Packer packer(output);
  packer.pack_map(count + 1 + (data_bytes >= 0 ? 1 : 0));
  fields(packer);
  pack(packer, "pad");
  const std::size_t data_head = data_bytes >= 0 ? 5 + 5 : 0;           // "data", bin 32
  const std::uint64_t end = offset + (out.size() - start) + 2 + data_head;
  const auto pad = static_cast<std::uint32_t>((kAlignment - end % kAlignment) % kAlignment);
  packer.pack_bin(pad);
  out.append(pad, '\0');
  if (data_bytes >= 0) {
    pack(packer, "data");
    out += '\xc6';                                                     // always bin 32, so that the pad can be computed
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(data_bytes >> shift & 0xff);
  }
  if (out.size() - start > kMostHead)
    throw Error(Fault::input, "the attributes of a record take " + std::to_string(out.size() - start) + " bytes, at most 65536 fit",
                "put large values into tensors");
}

void pack_extra(Packer& packer, const Attributes& extra) {
  for (const auto& [key, value] : extra) {
    pack(packer, key);
    pack(packer, value);
  }
}

Value to_value(const msgpack::object& object, const std::string& where) {
  switch (object.type) {
    case msgpack::type::NIL: return {};
    case msgpack::type::BOOLEAN: return object.via.boolean;
    case msgpack::type::POSITIVE_INTEGER: return object.via.u64;
    case msgpack::type::NEGATIVE_INTEGER: return object.via.i64;
    case msgpack::type::FLOAT32:
    case msgpack::type::FLOAT64: return object.via.f64;
    case msgpack::type::STR: return std::string(object.via.str.ptr, object.via.str.size);
    case msgpack::type::BIN: return Blob(object.via.bin.ptr, object.via.bin.ptr + object.via.bin.size);
    case msgpack::type::ARRAY: {
      ValueList list;
      for (std::uint32_t i = 0; i < object.via.array.size; ++i) list.push_back(to_value(object.via.array.ptr[i], where));
      return list;
    }
    case msgpack::type::MAP: {
      Attributes map;
      for (std::uint32_t i = 0; i < object.via.map.size; ++i) {
        const auto& [key, value] = object.via.map.ptr[i];
        if (key.type != msgpack::type::STR) throw Error(Fault::input, where + ": a map has a key that is no text");
        if (!map.emplace(std::string(key.via.str.ptr, key.via.str.size), to_value(value, where)).second)
          throw Error(Fault::input, where + ": a map has one key twice");
      }
      return map;
    }
    default: throw Error(Fault::input, where + ": a value has an extension type");
  }
}

// Reads a map's size at `at`; nullopt when bytes are missing.
std::optional<std::uint32_t> map_size(std::span<const std::byte> bytes, std::size_t& at, const std::string& where) {
  if (at >= bytes.size()) return std::nullopt;
  const auto lead = static_cast<unsigned>(bytes[at]);
  std::size_t width = 0;
  if ((lead & 0xf0) == 0x80) {
    ++at;
    return lead & 0x0f;
  }
  if (lead == 0xde) width = 2;
  else if (lead == 0xdf) width = 4;
  else throw Error(Fault::input, where + " is no msgpack map");
  if (at + 1 + width > bytes.size()) return std::nullopt;
  std::uint32_t size = 0;
  for (std::size_t i = 0; i < width; ++i) size = size << 8 | static_cast<std::uint32_t>(bytes[at + 1 + i]);
  at += 1 + width;
  return size;
}

// Reads a bin head at `at`; nullopt when bytes are missing.
std::optional<std::uint64_t> bin_size(std::span<const std::byte> bytes, std::size_t& at, const std::string& where) {
  if (at >= bytes.size()) return std::nullopt;
  const auto lead = static_cast<unsigned>(bytes[at]);
  if (lead < 0xc4 || lead > 0xc6) throw Error(Fault::input, where + ": the tensor data is no msgpack bin");
  const std::size_t width = std::size_t{1} << (lead - 0xc4);
  if (at + 1 + width > bytes.size()) return std::nullopt;
  std::uint64_t size = 0;
  for (std::size_t i = 0; i < width; ++i) size = size << 8 | static_cast<std::uint64_t>(bytes[at + 1 + i]);
  at += 1 + width;
  return size;
}

const msgpack::unpack_limit& limits() {
  // array, map, str, bin, ext, depth: no object in a head of 64 KiB can need more.
  static const msgpack::unpack_limit shared(kMostHead, kMostHead / 2, kMostHead, kMostHead, 0, 16);
  return shared;
}

template <class T>
T take(Attributes& fields, const std::string& key, const std::string& where, const char* type) {
  const auto it = fields.find(key);
  if (it == fields.end()) throw Error(Fault::input, where + " lacks the key '" + key + "'");
  const T* found = it->second.get_if<T>();
  if (!found) throw Error(Fault::input, where + ": key '" + key + "' is no " + type);
  T out = *found;
  fields.erase(it);
  return out;
}

std::vector<std::int64_t> take_shape(Attributes& fields, const std::string& where) {
  std::vector<std::int64_t> shape;
  for (const auto& extent : take<ValueList>(fields, "shape", where, "list")) {
    const auto size = extent.unsigned_integer();
    if (!size || *size > (std::uint64_t{1} << 48)) throw Error(Fault::input, where + ": a tensor has a shape that is no list of sizes");
    shape.push_back(static_cast<std::int64_t>(*size));
  }
  return shape;
}

}  // namespace

void append_header(std::string& out, std::uint64_t offset, const StreamHeader& header) {
  const auto count = static_cast<std::uint32_t>(5 + (header.seed ? 1 : 0) + header.extra.size());
  append_object(out, offset, count, -1, [&](Packer& packer) {
    pack(packer, "dml"), packer.pack_int64(kMajorVersion);
    pack(packer, "tool"), pack(packer, header.tool);
    pack(packer, "version"), pack(packer, header.version);
    pack(packer, "verb"), pack(packer, header.verb);
    pack(packer, "options"), pack(packer, header.options);
    if (header.seed) pack(packer, "seed"), packer.pack_uint64(*header.seed);
    pack_extra(packer, header.extra);
  });
}

void append_head(std::string& out, std::uint64_t offset, const RecordHead& head) {
  append_object(out, offset, static_cast<std::uint32_t>(3 + head.extra.size()), -1, [&](Packer& packer) {
    pack(packer, "kind"), pack(packer, head.kind);
    pack(packer, "meta"), pack(packer, head.meta);
    pack(packer, "tensors"), packer.pack_uint64(head.tensors);
    pack_extra(packer, head.extra);
  });
}

void append_tensor(std::string& out, std::uint64_t offset, const Tensor& tensor, std::uint64_t part, std::uint64_t parts, std::uint64_t bytes) {
  const auto count = static_cast<std::uint32_t>(3 + (parts > 1 ? 1 : 0) + tensor.extra.size());
  append_object(out, offset, count, static_cast<std::int64_t>(bytes), [&](Packer& packer) {
    pack(packer, "name"), pack(packer, tensor.name);
    pack(packer, "dtype"), pack(packer, std::string(to_string(tensor.dtype)));
    pack(packer, "shape"), packer.pack_array(static_cast<std::uint32_t>(tensor.shape.size()));
    for (const auto extent : tensor.shape) packer.pack_int64(extent);
    if (parts > 1) pack(packer, "part"), packer.pack_array(2), packer.pack_uint64(part), packer.pack_uint64(parts);
    pack_extra(packer, tensor.extra);
  });
}

void append_end(std::string& out, std::uint64_t offset, std::uint64_t records, std::uint64_t checksum, const Attributes& environment) {
  append_object(out, offset, 4, -1, [&](Packer& packer) {
    pack(packer, "end"), packer.pack_true();
    pack(packer, "records"), packer.pack_uint64(records);
    pack(packer, "checksum"), packer.pack_uint64(checksum);
    pack(packer, "environment"), pack(packer, environment);
  });
}

std::optional<ParsedObject> parse_object(std::span<const std::byte> bytes, const std::string& where) {
  ParsedObject object;
  std::size_t at = 0;
  const auto count = map_size(bytes, at, where);
  if (!count) return std::nullopt;
  if (*count > kMostHead / 2) throw Error(Fault::input, where + ": an object claims " + std::to_string(*count) + " keys");
  const auto* data = reinterpret_cast<const char*>(bytes.data());
  try {
    for (std::uint32_t i = 0; i < *count; ++i) {
      const auto key = to_value(msgpack::unpack(data, bytes.size(), at, nullptr, nullptr, limits()).get(), where);
      const auto* name = key.get_if<std::string>();
      if (!name) throw Error(Fault::input, where + ": an object has a key that is no text");
      if (*name == "data") {
        if (i + 1 != *count) throw Error(Fault::input, where + ": 'data' is not the last key of its object");
        object.data = bin_size(bytes, at, where);
        if (!object.data) return std::nullopt;
        break;
      }
      auto value = to_value(msgpack::unpack(data, bytes.size(), at, nullptr, nullptr, limits()).get(), where);
      if (*name == "pad") continue;
      if (!object.fields.emplace(*name, std::move(value)).second)
        throw Error(Fault::input, where + ": an object has the key " + quote(*name) + " twice");
    }
  } catch (const msgpack::insufficient_bytes&) {
    return std::nullopt;
  } catch (const msgpack::unpack_error&) {
    throw Error(Fault::input, where + " is no valid msgpack, or nested or counted beyond the limits");
  } catch (const std::bad_alloc&) {
    throw Error(Fault::input, where + " asks for more memory than there is");
  }
  object.size = at;
  return object;
}

StreamHeader to_header(ParsedObject object, const std::string& where) {
  auto& fields = object.fields;
  const auto version = get_unsigned(fields, "dml");
  if (!version) throw Error(Fault::input, where + " does not begin with a dml header");
  if (*version != static_cast<std::uint64_t>(kMajorVersion))
    throw Error(Fault::input, where + " has version " + std::to_string(*version) + " of the format; this program reads version 1");
  fields.erase("dml");
  StreamHeader header;
  header.tool = take<std::string>(fields, "tool", where, "text");
  header.version = take<std::string>(fields, "version", where, "text");
  header.verb = take<std::string>(fields, "verb", where, "text");
  header.options = take<Attributes>(fields, "options", where, "map");
  if (fields.count("seed")) header.seed = take<std::uint64_t>(fields, "seed", where, "whole number");
  header.extra = std::move(fields);
  return header;
}

RecordHead to_head(ParsedObject object, const Limits& limits, const std::string& where) {
  auto& fields = object.fields;
  RecordHead head;
  head.kind = take<std::string>(fields, "kind", where, "text");
  head.meta = take<Attributes>(fields, "meta", where, "map");
  head.tensors = take<std::uint64_t>(fields, "tensors", where, "whole number");
  if (head.tensors > limits.tensors)
    throw Error(Fault::input, where + " claims " + std::to_string(head.tensors) + " tensors, over the limit of " + std::to_string(limits.tensors),
                "raise --limit-tensors if it is meant");
  if (object.data) throw Error(Fault::input, where + ": a record head carries data");
  head.extra = std::move(fields);
  return head;
}

TensorPart to_tensor_part(ParsedObject object, const Limits& limits, const std::string& where) {
  auto& fields = object.fields;
  TensorPart out;
  Tensor& tensor = out.tensor;
  tensor.name = take<std::string>(fields, "name", where, "text");
  if (tensor.name.empty() || tensor.name.find('\0') != std::string::npos)
    throw Error(Fault::input, where + ": a tensor's name is empty or holds a zero byte");
  const auto dtype = take<std::string>(fields, "dtype", where, "text");
  const auto parsed = parse_dtype(dtype);
  if (!parsed) throw Error(Fault::input, where + ": tensor " + quote(tensor.name) + " has the unknown dtype " + quote(dtype));
  tensor.dtype = *parsed;
  tensor.shape = take_shape(fields, where);
  const std::uint64_t whole = tensor_bytes(tensor, limits, where);
  if (fields.count("part")) {
    const auto list = take<ValueList>(fields, "part", where, "list");
    const auto index = list.size() == 2 ? list[0].unsigned_integer() : std::nullopt;
    const auto count = list.size() == 2 ? list[1].unsigned_integer() : std::nullopt;
    if (!index || !count || *count == 0 || *index >= *count || *count != (whole + kMostPart - 1) / kMostPart)
      throw Error(Fault::input, where + ": tensor " + quote(tensor.name) + " has parts that do not fit its size");
    out.part = *index;
    out.parts = *count;
  }
  out.bytes = std::min(kMostPart, whole - out.part * kMostPart);
  if (out.parts == 1) out.bytes = whole;
  if (!object.data || *object.data != out.bytes)
    throw Error(Fault::input, where + ": tensor " + quote(tensor.name) + " of shape " + shape_text(tensor.shape) + " and dtype " + dtype +
                                  " needs " + std::to_string(out.bytes) + " bytes, " + (object.data ? std::to_string(*object.data) : "none") + " follow");
  tensor.extra = std::move(fields);
  return out;
}

}  // namespace dml
