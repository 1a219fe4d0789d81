// Attribute values of records: the JSON types plus 64-bit integers and bytes.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace dml {

class Value;
using Attributes = std::map<std::string, Value>;
using ValueList = std::vector<Value>;
using Blob = std::vector<std::uint8_t>;

class Value {
 public:
  /// Non-negative integers are always held as u64, negative ones as i64, so equal numbers compare equal.
  using Storage = std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, Blob, ValueList, Attributes>;
  Value() = default;
  Value(bool v) : storage_(v) {}
  Value(int v) : Value(static_cast<std::int64_t>(v)) {}
  Value(std::int64_t v) { if (v < 0) storage_ = v; else storage_ = static_cast<std::uint64_t>(v); }
  Value(std::uint32_t v) : storage_(std::uint64_t{v}) {}
  Value(std::uint64_t v) : storage_(v) {}
  Value(double v) : storage_(v) {}
  Value(const char* v) : storage_(std::string(v)) {}
  Value(std::string v) : storage_(std::move(v)) {}
  Value(Blob v) : storage_(std::move(v)) {}
  Value(ValueList v) : storage_(std::move(v)) {}
  Value(Attributes v) : storage_(std::move(v)) {}

  const Storage& storage() const { return storage_; }
  template <class T> const T* get_if() const { return std::get_if<T>(&storage_); }
  std::optional<double> number() const;                    // any integer or double
  std::optional<std::uint64_t> unsigned_integer() const;
  bool operator==(const Value&) const = default;

 private:
  Storage storage_;
};

/// Typed look-ups; nullopt when the key is absent or of another type.
std::optional<double> get_number(const Attributes& map, const std::string& key);
std::optional<std::uint64_t> get_unsigned(const Attributes& map, const std::string& key);
std::optional<std::string> get_text(const Attributes& map, const std::string& key);
std::optional<bool> get_bool(const Attributes& map, const std::string& key);

std::string to_json(const Value& value);                   // bytes become hex text
std::string to_json(const Attributes& map);

}  // namespace dml
