#include "formats/json.h"

#include <simdjson.h>

#include <cmath>

#include "base/error.h"
#include "base/text.h"

namespace dml {
namespace {

using simdjson::dom::element_type;

[[noreturn]] void refuse(simdjson::error_code code, const std::string& where, std::size_t depth) {
  if (code == simdjson::MEMALLOC) throw Error(Fault::input, where + " asks for more memory than there is");
  if (code == simdjson::DEPTH_ERROR) throw Error(Fault::input, where + " nests deeper than " + std::to_string(depth));
  if (code == simdjson::UTF8_ERROR) throw Error(Fault::input, where + " is not UTF-8");
  throw Error(Fault::input, where + " is no valid JSON");
}

Value to_value(simdjson::dom::element element, const std::string& where) {
  switch (element.type()) {
    case element_type::NULL_VALUE: return {};
    case element_type::BOOL: return element.get_bool().value_unsafe();
    case element_type::INT64: return std::int64_t{element.get_int64().value_unsafe()};
    case element_type::UINT64: return std::uint64_t{element.get_uint64().value_unsafe()};
    case element_type::DOUBLE: return element.get_double().value_unsafe();
    case element_type::STRING: return std::string(element.get_string().value_unsafe());
    case element_type::ARRAY: {
      ValueList list;
      const simdjson::dom::array items = element.get_array().value_unsafe();
      for (const auto item : items) list.push_back(to_value(item, where));
      return list;
    }
    case element_type::OBJECT: {
      Attributes map;
      const simdjson::dom::object members = element.get_object().value_unsafe();
      for (const auto& [key, value] : members)
        if (!map.emplace(std::string(key), to_value(value, where)).second) throw Error(Fault::input, where + " has the key " + quote(key) + " twice");
      return map;
    }
  }
  throw Error(Fault::bug, "a JSON element of no type");
}

// simdjson counts an opening bracket that goes beyond the depth, so a scalar at depth 12 is the last that passes.
simdjson::dom::element parse(simdjson::dom::parser& parser, std::string_view text, const std::string& where, std::size_t depth) {
  if (const auto code = parser.allocate(std::max<std::size_t>(text.size(), 32), depth)) refuse(code, where, depth);
  simdjson::dom::element root;
  if (const auto code = parser.parse(text.data(), text.size()).get(root)) refuse(code, where, depth);
  return root;
}

void write(Json& json, const Value& value) {
  if (const auto* number = value.get_if<double>()) {
    std::string text = std::isfinite(*number) ? format_number(*number) : "null";
    if (std::isfinite(*number) && text.find_first_of(".e") == std::string::npos) text += ".0";
    json.raw(text);
  } else if (const auto* list = value.get_if<ValueList>()) {
    json.begin_array();
    for (const auto& item : *list) write(json, item);
    json.end_array();
  } else if (const auto* map = value.get_if<Attributes>()) {
    json.begin_object();
    for (const auto& [key, item] : *map) write(json.key(key), item);
    json.end_object();
  } else {
    json.raw(to_json(value));
  }
}

}  // namespace

Value parse_json(std::string_view text, const std::string& where, std::size_t depth) {
  simdjson::dom::parser parser;
  return to_value(parse(parser, text, where, depth), where);
}

void parse_members(std::string_view text, const std::string& where, const std::function<void(std::string_view, Value)>& visit, std::size_t depth) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parse(parser, text, where, depth).get(object)) throw Error(Fault::input, where + " is no JSON object");
  for (const auto& [key, value] : object) visit(key, to_value(value, where));
}

std::string typed_json(const Value& value) {
  Json json;
  write(json, value);
  return json.str();
}

bool is_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

}  // namespace dml
