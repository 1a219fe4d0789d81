#include "formats/ndjson_value.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "base/text.h"

namespace dml::ndjson {
namespace {

using simdjson::dom::element_type;

constexpr int kDeepest = 32;                               // values in values; what dml can hold is less and checked elsewhere

[[noreturn]] void refuse(const std::string& where, const std::string& what) { throw Error(Fault::input, where + ": " + what); }

template <class T>
std::string shortest(T value) {
  char buffer[40];
  const auto [end, code] = std::to_chars(buffer, buffer + sizeof buffer, value);
  std::string text(buffer, end);
  // As integers these would lose their sign, or be beyond 64 bits.
  if (std::is_floating_point_v<T> && (text == "-0" || (text.size() > 15 && text.find_first_of(".e") == std::string::npos))) text += ".0";
  return text;
}

// Shortest text that reads back to the same float through the double that a JSON reader makes of it.
std::string float_text(float value) {
  const std::string text = shortest(value);
  double wide = 0;
  std::from_chars(text.data(), text.data() + text.size(), wide);
  return std::bit_cast<std::uint32_t>(static_cast<float>(wide)) == std::bit_cast<std::uint32_t>(value) ? text : shortest(static_cast<double>(value));
}

// The bits of one element, most significant digit first.
std::string code_text(const std::byte* data, std::size_t size) {
  std::string hex = "0x";
  for (std::size_t i = size; i-- > 0;) hex += to_hex(data + i, 1);
  return hex;
}

std::optional<std::uint64_t> parse_code(std::string_view text, std::size_t size) {
  if (text.size() != 2 + 2 * size || !text.starts_with("0x")) return std::nullopt;
  std::uint64_t code = 0;
  const auto [end, error] = std::from_chars(text.data() + 2, text.data() + text.size(), code, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return code;
}

std::string special_text(double value, const std::byte* data, std::size_t size, const std::byte* usual_nan) {
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return std::memcmp(data, usual_nan, size) == 0 ? "nan" : code_text(data, size);
}

std::optional<double> parse_special(std::string_view text) {
  if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (text == "inf") return std::numeric_limits<double>::infinity();
  if (text == "-inf") return -std::numeric_limits<double>::infinity();
  return std::nullopt;
}

void append_float(std::string& out, double value) {
  if (!std::isfinite(value)) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    out += "{\"$float\": \"" + special_text(value, reinterpret_cast<const std::byte*>(&value), 8, reinterpret_cast<const std::byte*>(&nan)) + "\"}";
    return;
  }
  const std::string text = shortest(value);
  out += text;
  if (text.find_first_of(".e") == std::string::npos) out += ".0";
}

std::string parse_hex(std::string_view hex, const std::string& where) {
  std::string bytes;
  bytes.reserve(hex.size() / 2);
  for (std::size_t at = 0; at < hex.size(); at += 2) {
    unsigned byte = 0;
    const auto pair = hex.substr(at, 2);
    const auto [end, code] = std::from_chars(pair.data(), pair.data() + pair.size(), byte, 16);
    if (code != std::errc() || pair.size() != 2 || end != pair.data() + 2) refuse(where, "bytes are written as hexadecimal digits in pairs");
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

// The only key of an object, where it begins with $.
std::optional<std::string_view> escape_of(const simdjson::dom::object& object, simdjson::dom::element& inside) {
  auto it = object.begin();
  if (it == object.end()) return std::nullopt;
  const std::string_view key = it.key();
  inside = it.value();
  if (!key.starts_with("$") || ++it != object.end()) return std::nullopt;
  return key;
}

std::string_view string_in(simdjson::dom::element element, const std::string& where) {
  std::string_view text;
  if (element.get(text)) refuse(where, "a value that must be text is none");
  return text;
}

double to_float(simdjson::dom::element inside, const std::string& where) {
  const std::string_view text = string_in(inside, where);
  if (const auto special = parse_special(text)) return *special;
  if (const auto code = parse_code(text, 8)) return std::bit_cast<double>(*code);
  refuse(where, "{\"$float\": " + quote(text) + "} is none of nan, inf, -inf and 0x with 16 digits");
}

Value convert(simdjson::dom::element element, bool escapes, int depth, const std::string& where);

void insert(Attributes& map, std::string key, Value value, const std::string& where) {
  const auto [it, fresh] = map.emplace(std::move(key), std::move(value));
  if (!fresh) refuse(where, "the key " + quote(it->first) + " stands twice in one map");
}

Attributes pairs(simdjson::dom::element inside, int depth, const std::string& where) {
  Attributes map;
  simdjson::dom::array list;
  if (inside.get(list)) refuse(where, "{\"$map\": ...} holds no list");
  for (const auto item : list) {
    simdjson::dom::array pair;
    if (item.get(pair) || pair.size() != 2) refuse(where, "{\"$map\": ...} holds something that is no pair");
    insert(map, to_text(pair.at(0).value_unsafe(), where), convert(pair.at(1).value_unsafe(), true, depth, where), where);
  }
  return map;
}

Value convert_object(const simdjson::dom::object& object, bool escapes, int depth, const std::string& where) {
  simdjson::dom::element inside;
  if (const auto key = escapes ? escape_of(object, inside) : std::nullopt) {
    if (*key == "$bytes") {
      const std::string bytes = parse_hex(string_in(inside, where), where);
      return Blob(bytes.begin(), bytes.end());
    }
    if (*key == "$text") return parse_hex(string_in(inside, where), where);
    if (*key == "$float") return to_float(inside, where);
    if (*key == "$map") return pairs(inside, depth, where);
    refuse(where, "the meaning of " + quote(*key) + " is not known");
  }
  Attributes map;
  for (const auto& [key, value] : object) insert(map, std::string(key), convert(value, escapes, depth, where), where);
  return map;
}

Value convert(simdjson::dom::element element, bool escapes, int depth, const std::string& where) {
  if (++depth > kDeepest) refuse(where, "values are nested deeper than " + std::to_string(kDeepest));
  switch (element.type()) {
    case element_type::NULL_VALUE: return {};
    case element_type::BOOL: return bool{element};
    case element_type::INT64: return std::int64_t{element};
    case element_type::UINT64: return std::uint64_t{element};
    case element_type::DOUBLE: return double{element};
    case element_type::STRING: return std::string(std::string_view{element});
    case element_type::OBJECT: return convert_object(simdjson::dom::object{element}, escapes, depth, where);
    case element_type::ARRAY: break;
  }
  ValueList list;
  for (const auto item : simdjson::dom::array{element}) list.push_back(convert(item, escapes, depth, where));
  return list;
}

std::uint64_t to_integer(simdjson::dom::element element, Dtype dtype, const std::string& where) {
  const int bits = static_cast<int>(8 * size_of(dtype));
  const auto wrong = [&] { refuse(where, simdjson::minify(element) + " is no " + std::string(to_string(dtype))); };
  if (dtype == Dtype::boolean) {
    bool value = false;
    if (element.get(value)) wrong();
    return value;
  }
  std::uint64_t natural = 0;
  std::int64_t integer = 0;
  if (dtype >= Dtype::u64) {
    if (element.get(natural) || (bits < 64 && natural >> bits != 0)) wrong();
    return natural;
  }
  if (element.get(integer) || (bits < 64 && (integer >= std::int64_t{1} << (bits - 1) || integer < -(std::int64_t{1} << (bits - 1))))) wrong();
  return static_cast<std::uint64_t>(integer);
}

Bytes to_floats(simdjson::dom::array array, Dtype dtype, const std::string& where) {
  const std::size_t size = size_of(dtype);
  std::vector<double> values;
  std::vector<std::pair<std::size_t, std::uint64_t>> codes;
  for (const auto element : array) {
    double value = 0;
    if (!element.is_string()) {
      if (element.get(value)) refuse(where, simdjson::minify(element) + " is no " + std::string(to_string(dtype)));
    } else if (const auto special = parse_special(string_in(element, where))) {
      value = *special;
    } else if (const auto code = parse_code(string_in(element, where), size)) {
      codes.emplace_back(values.size(), *code);
    } else {
      refuse(where, quote(string_in(element, where)) + " is no " + std::string(to_string(dtype)));
    }
    values.push_back(value);
  }
  const Bytes rounded = from_doubles(values.data(), values.size(), dtype);
  const auto count = static_cast<std::int64_t>(values.size());
  const auto back = to_doubles(Tensor{"x", dtype, {count}, rounded, {}});
  for (std::size_t i = 0; i < values.size(); ++i)
    if (std::isfinite(values[i]) != std::isfinite(back[i]) && !(std::isinf(values[i]) && std::isnan(back[i])))
      refuse(where, format_number(values[i]) + " is beyond " + std::string(to_string(dtype)));
  if (codes.empty()) return rounded;
  Buffer patched(rounded.size());
  std::memcpy(patched.data(), rounded.data(), rounded.size());
  for (const auto& [at, code] : codes) std::memcpy(patched.data() + at * size, &code, size);
  return std::move(patched).freeze();
}

}  // namespace

void append_text(std::string& out, std::string_view text) {
  if (simdjson::validate_utf8(text.data(), text.size())) out += Json::text(text);
  else out += "{\"$text\": \"" + to_hex(text.data(), text.size()) + "\"}";
}

void append_map(std::string& out, const Attributes& map) {
  bool plain = true;
  for (const auto& [key, value] : map) plain = plain && !key.starts_with("$") && simdjson::validate_utf8(key.data(), key.size());
  out += plain ? "{" : "{\"$map\": [";
  const char* comma = "";
  for (const auto& [key, value] : map) {
    out += comma;
    comma = ", ";
    out += plain ? "" : "[";
    append_text(out, key);
    out += plain ? ": " : ", ";
    append_value(out, value);
    out += plain ? "" : "]";
  }
  out += plain ? "}" : "]}";
}

void append_value(std::string& out, const Value& value) {
  struct Visitor {
    std::string& out;
    void operator()(std::monostate) { out += "null"; }
    void operator()(bool v) { out += v ? "true" : "false"; }
    void operator()(std::int64_t v) { out += shortest(v); }
    void operator()(std::uint64_t v) { out += shortest(v); }
    void operator()(double v) { append_float(out, v); }
    void operator()(const std::string& v) { append_text(out, v); }
    void operator()(const Blob& v) { out += "{\"$bytes\": \"" + to_hex(v.data(), v.size()) + "\"}"; }
    void operator()(const ValueList& v) {
      out += '[';
      for (std::size_t i = 0; i < v.size(); ++i) {
        out += i ? ", " : "";
        append_value(out, v[i]);
      }
      out += ']';
    }
    void operator()(const Attributes& v) { append_map(out, v); }
  };
  std::visit(Visitor{out}, value.storage());
}

ElementWriter::ElementWriter(const Tensor& tensor) : tensor_(tensor) {
  if (is_floating(tensor.dtype)) {
    wide_ = to_doubles(tensor);
    const double nan = std::numeric_limits<double>::quiet_NaN();
    nan_ = from_doubles(&nan, 1, tensor.dtype);
  }
  if (tensor.dtype == Dtype::boolean)
    for (const auto byte : tensor.data.span())
      if (std::to_integer<unsigned>(byte) > 1) throw Error(Fault::input, "tensor " + quote(tensor.name) + " holds a bool that is neither 0 nor 1");
}

void ElementWriter::append(std::string& out, std::size_t i) const {
  const std::size_t size = size_of(tensor_.dtype);
  const std::byte* data = tensor_.data.data() + i * size;
  if (is_floating(tensor_.dtype)) {
    if (!std::isfinite(wide_[i])) out += '"' + special_text(wide_[i], data, size, nan_.data()) + '"';
    else out += tensor_.dtype == Dtype::f64 ? shortest(wide_[i]) : float_text(static_cast<float>(wide_[i]));
    return;
  }
  std::uint64_t bits = 0;
  std::memcpy(&bits, data, size);
  if (tensor_.dtype == Dtype::boolean) out += bits ? "true" : "false";
  else if (tensor_.dtype >= Dtype::u64) out += shortest(bits);
  else out += shortest(static_cast<std::int64_t>(bits << (64 - 8 * size)) >> (64 - 8 * size));
}

Value to_value(simdjson::dom::element element, bool escapes, const std::string& where) { return convert(element, escapes, 0, where); }

Attributes to_map(simdjson::dom::element element, bool escapes, const std::string& where) {
  const Value value = to_value(element, escapes, where);
  if (const auto* map = value.get_if<Attributes>()) return *map;
  refuse(where, "a value that must be a map is none");
}

std::string to_text(simdjson::dom::element element, const std::string& where) {
  const Value value = to_value(element, true, where);
  if (const auto* text = value.get_if<std::string>()) return *text;
  refuse(where, "a value that must be text is none");
}

Bytes to_elements(simdjson::dom::array array, Dtype dtype, const std::string& where) {
  if (is_floating(dtype)) return to_floats(array, dtype, where);
  const std::size_t size = size_of(dtype);
  std::string bytes;
  for (const auto element : array) {
    const std::uint64_t value = to_integer(element, dtype, where);
    bytes.append(reinterpret_cast<const char*>(&value), size);
  }
  return Bytes::copy(bytes);
}

}  // namespace dml::ndjson
