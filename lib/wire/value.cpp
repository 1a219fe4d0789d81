#include "wire/value.h"

#include "base/text.h"

namespace dml {
namespace {
const Value* find(const Attributes& map, const std::string& key) {
  const auto it = map.find(key);
  return it == map.end() ? nullptr : &it->second;
}

void write(Json& json, const Value& value);
void write(Json& json, const Attributes& map) {
  json.begin_object();
  for (const auto& [key, value] : map) write(json.key(key), value);
  json.end_object();
}

void write(Json& json, const Value& value) {
  struct Visitor {
    Json& json;
    void operator()(std::monostate) { json.null(); }
    void operator()(bool v) { json.value(v); }
    void operator()(std::int64_t v) { json.value(v); }
    void operator()(std::uint64_t v) { json.value(v); }
    void operator()(double v) { json.value(v); }
    void operator()(const std::string& v) { json.value(v); }
    void operator()(const Blob& v) { json.value(to_hex(v.data(), v.size())); }
    void operator()(const ValueList& v) {
      json.begin_array();
      for (const auto& item : v) write(json, item);
      json.end_array();
    }
    void operator()(const Attributes& v) { write(json, v); }
  };
  std::visit(Visitor{json}, value.storage());
}
}  // namespace

std::optional<double> Value::number() const {
  if (const auto* d = get_if<double>()) return *d;
  if (const auto* u = get_if<std::uint64_t>()) return static_cast<double>(*u);
  if (const auto* i = get_if<std::int64_t>()) return static_cast<double>(*i);
  return std::nullopt;
}

std::optional<std::uint64_t> Value::unsigned_integer() const {
  if (const auto* u = get_if<std::uint64_t>()) return *u;
  return std::nullopt;
}

std::optional<double> get_number(const Attributes& map, const std::string& key) {
  const auto* value = find(map, key);
  return value ? value->number() : std::nullopt;
}
std::optional<std::uint64_t> get_unsigned(const Attributes& map, const std::string& key) {
  const auto* value = find(map, key);
  return value ? value->unsigned_integer() : std::nullopt;
}
std::optional<std::string> get_text(const Attributes& map, const std::string& key) {
  const auto* value = find(map, key);
  if (!value || !value->get_if<std::string>()) return std::nullopt;
  return *value->get_if<std::string>();
}
std::optional<bool> get_bool(const Attributes& map, const std::string& key) {
  const auto* value = find(map, key);
  if (!value || !value->get_if<bool>()) return std::nullopt;
  return *value->get_if<bool>();
}

std::string to_json(const Value& value) {
  Json json;
  write(json, value);
  return json.str();
}
std::string to_json(const Attributes& map) {
  Json json;
  write(json, map);
  return json.str();
}

}  // namespace dml
