#include "formats/safetensors_header.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/error.h"
#include "base/text.h"
#include "formats/json.h"
#include "formats/provenance.h"

namespace dml {
namespace {

constexpr std::string_view kMetadata = "__metadata__", kProvenance = "dml";

struct DtypeName { Dtype dtype; std::string_view name; };
constexpr std::array<DtypeName, 15> kDtypeNames{{
    {Dtype::f64, "F64"}, {Dtype::f32, "F32"}, {Dtype::f16, "F16"}, {Dtype::bf16, "BF16"}, {Dtype::f8_e4m3, "F8_E4M3"}, {Dtype::f8_e5m2, "F8_E5M2"},
    {Dtype::i64, "I64"}, {Dtype::i32, "I32"}, {Dtype::i16, "I16"}, {Dtype::i8, "I8"}, {Dtype::u64, "U64"}, {Dtype::u32, "U32"}, {Dtype::u16, "U16"},
    {Dtype::u8, "U8"}, {Dtype::boolean, "BOOL"}}};

std::string_view name_of(Dtype dtype) {
  return std::find_if(kDtypeNames.begin(), kDtypeNames.end(), [&](const DtypeName& row) { return row.dtype == dtype; })->name;
}

Dtype dtype_named(const std::string& name, const std::string& at) {
  for (const auto& row : kDtypeNames)
    if (row.name == name) return row.dtype;
  throw Error(Fault::input, at + " has the unknown dtype " + quote(name));
}

void check_name(std::string_view name, const std::string& where) {
  if (name.empty()) throw Error(Fault::input, where + ": a tensor's name is empty");
  if (name.find('\0') != name.npos) throw Error(Fault::input, where + ": the name of tensor " + quote(name) + " holds a zero byte");
}

template <class T>
const T& field(const Attributes& fields, const std::string& key, const std::string& at, const char* type) {
  const auto it = fields.find(key);
  if (it == fields.end()) throw Error(Fault::input, at + " lacks the key '" + key + "'");
  const T* value = it->second.get_if<T>();
  if (!value) throw Error(Fault::input, at + ": the key '" + key + "' is no " + type);
  return *value;
}

std::vector<std::uint64_t> numbers(const ValueList& list, const std::string& at, const char* what) {
  std::vector<std::uint64_t> out;
  for (const auto& item : list) {
    const auto number = item.unsigned_integer();
    if (!number || *number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      throw Error(Fault::input, at + ": its " + what + " " + to_json(item) + " is no whole number from 0 to 2^63 - 1");
    out.push_back(*number);
  }
  return out;
}

// What an entry says of itself; keys that it should not have are ignored, as the reference implementation does.
SafetensorsEntry to_entry(std::string_view name, const Value& value, const Limits& limits, const std::string& where) {
  check_name(name, where);
  const std::string at = where + ": tensor " + quote(name);
  const auto* fields = value.get_if<Attributes>();
  if (!fields) throw Error(Fault::input, at + " is described by no JSON object");
  SafetensorsEntry entry;
  entry.tensor.name = std::string(name);
  entry.tensor.dtype = dtype_named(field<std::string>(*fields, "dtype", at, "text"), at);
  for (const auto extent : numbers(field<ValueList>(*fields, "shape", at, "list"), at, "extent")) entry.tensor.shape.push_back(static_cast<std::int64_t>(extent));
  const auto offsets = numbers(field<ValueList>(*fields, "data_offsets", at, "list"), at, "offset");
  if (offsets.size() != 2 || offsets[0] > offsets[1]) throw Error(Fault::input, at + ": its data_offsets are no begin and end");
  entry.begin = offsets[0];
  entry.end = offsets[1];
  const std::uint64_t bytes = tensor_bytes(entry.tensor, limits, where);
  if (entry.end - entry.begin != bytes)
    throw Error(Fault::input, at + " of shape " + shape_text(entry.tensor.shape) + " and dtype " + std::string(to_string(entry.tensor.dtype)) + " needs " +
                                  std::to_string(bytes) + " bytes, its data_offsets hold " + std::to_string(entry.end - entry.begin));
  return entry;
}

std::map<std::string, std::string> to_metadata(const Value& value, const std::string& where) {
  const auto* fields = value.get_if<Attributes>();
  if (!fields) throw Error(Fault::input, where + ": __metadata__ is no JSON object");
  std::map<std::string, std::string> out;
  for (const auto& [key, item] : *fields) {
    const auto* text = item.get_if<std::string>();
    if (!text) throw Error(Fault::input, where + ": __metadata__ holds " + quote(key) + ", which is no text");
    out[key] = *text;
  }
  return out;
}

// Sorts by place and refuses gaps, overlaps and names that come twice.
void check_layout(SafetensorsHeader& header, const std::string& where) {
  auto& entries = header.entries;
  const auto by_name = [](const auto& a, const auto& b) { return a.tensor.name < b.tensor.name; };
  std::sort(entries.begin(), entries.end(), by_name);
  for (std::size_t i = 1; i < entries.size(); ++i)
    if (entries[i].tensor.name == entries[i - 1].tensor.name) throw Error(Fault::input, where + ": tensor " + quote(entries[i].tensor.name) + " stands twice");
  std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  for (const auto& entry : entries) {
    if (entry.begin != header.data_bytes)
      throw Error(Fault::input, where + ": tensor " + quote(entry.tensor.name) + " begins at byte " + std::to_string(entry.begin) + " of the data, " +
                                    (entry.begin < header.data_bytes ? "inside another tensor" : "after bytes of no tensor"));
    header.data_bytes = entry.end;
  }
}

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view text, const Limits& limits, const std::string& where) {
  SafetensorsHeader header;
  bool described = false;
  parse_members(text, where, [&](std::string_view name, const Value& value) {
    if (name == kMetadata) {
      if (std::exchange(described, true)) throw Error(Fault::input, where + ": __metadata__ stands twice");
      header.metadata = to_metadata(value, where);
      return;
    }
    if (header.entries.size() == limits.tensors)
      throw Error(Fault::input, where + " holds more than " + std::to_string(limits.tensors) + " tensors", "raise --limit-tensors if it is meant");
    header.entries.push_back(to_entry(name, value, limits, where));
  });
  check_layout(header, where);
  return header;
}

std::string safetensors_header_text(const std::vector<SafetensorsEntry>& entries, const std::map<std::string, std::string>& metadata) {
  std::string out = "{";
  const auto member = [&](std::string_view key) {
    if (out.size() > 1) out += ',';
    out += Json::text(key) + ':';
  };
  if (!metadata.empty()) {
    member(kMetadata);
    out += '{';
    for (const auto& [key, value] : metadata) {
      if (!is_utf8(key) || !is_utf8(value)) throw Error(Fault::usage, "safetensors holds UTF-8 text, which the value of " + quote(key) + " is not");
      out += (out.back() == '{' ? "" : ",") + Json::text(key) + ':' + Json::text(value);
    }
    out += '}';
  }
  for (const auto& entry : entries) {
    const Tensor& tensor = entry.tensor;
    if (tensor.name == kMetadata || !is_utf8(tensor.name)) throw Error(Fault::usage, "safetensors cannot hold a tensor of the name " + quote(tensor.name));
    member(tensor.name);
    out += R"({"dtype":")" + std::string(name_of(tensor.dtype)) + R"(","shape":[)";
    for (std::size_t i = 0; i < tensor.shape.size(); ++i) out += (i ? "," : "") + std::to_string(tensor.shape[i]);
    out += R"(],"data_offsets":[)" + std::to_string(entry.begin) + ',' + std::to_string(entry.end) + "]}";
  }
  return out + '}';
}

std::map<std::string, std::string> parse_safetensors_index(std::string_view text, const Limits& limits, const std::string& where) {
  std::map<std::string, std::string> out;
  bool found = false;
  parse_members(text, where, [&](std::string_view key, const Value& value) {
    if (key != "weight_map") return;
    const auto* map = value.get_if<Attributes>();
    if (!map || std::exchange(found, true)) throw Error(Fault::input, where + ": weight_map stands twice or is no JSON object");
    if (map->size() > limits.tensors)
      throw Error(Fault::input, where + " names more than " + std::to_string(limits.tensors) + " tensors", "raise --limit-tensors if it is meant");
    for (const auto& [name, item] : *map) {
      check_name(name, where);
      const auto* file = item.get_if<std::string>();
      if (!file || file->empty() || *file == "." || *file == ".." || file->find_first_of(std::string_view("/\0", 2)) != std::string::npos)
        throw Error(Fault::input, where + ": tensor " + quote(name) + " is in " + (file ? quote(*file) : "something") + ", which is no file of the index's folder");
      out[name] = *file;
    }
  });
  if (!found) throw Error(Fault::input, where + " has no weight_map: it is no safetensors index");
  return out;
}

std::map<std::string, std::string> to_safetensors_metadata(const StreamHeader& header, const RecordHead& head) {
  std::map<std::string, std::string> out;
  Attributes others;
  for (const auto& [key, value] : head.meta) {
    const auto* text = value.get_if<std::string>();
    if (text && key != kProvenance) out[key] = *text;
    else others[key] = value;
  }
  out[std::string(kProvenance)] = provenance_json(header, head.kind, others);
  return out;
}

RecordHead from_safetensors_metadata(const std::map<std::string, std::string>& metadata, StreamHeader& header) {
  RecordHead head{"model", {}, 0, {}};
  for (const auto& [key, value] : metadata)
    if (key != kProvenance || !read_provenance(value, header, head)) head.meta[key] = value;
  return head;
}

}  // namespace dml
