// Text that people and scripts read: numbers, quoting, near misses, JSON.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dml {

std::vector<std::string> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string quote(std::string_view text);          // 'text' with control characters escaped: safe to show a stranger's bytes
std::string plain_or_quoted(std::string_view text);  // as it is, quoted when it holds control characters: for columns of reports
std::string to_hex(const void* data, std::size_t size);

/// Decimal only: 12, -3, 0.5, 1e6, 64M (10^6), 64Mi (2^20); nullopt for anything else, NaN and infinity included.
std::optional<double> parse_number(std::string_view text);
std::optional<std::int64_t> parse_integer(std::string_view text);
std::optional<std::uint64_t> parse_unsigned(std::string_view text);    // the whole 64-bit range; for seeds and sizes
std::string format_number(double value);            // shortest text that reads back to the same double
std::string format_fixed(double value, int digits);
std::string format_bytes(double bytes);             // 1.5 MiB

/// The candidate that `word` most likely meant (edit distance with transpositions <= a third of its length), or nullopt.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

/// One JSON object or array, written in order. Values are escaped; numbers are shortest round-trip, NaN and infinity become null.
class Json {
 public:
  static std::string text(std::string_view value);  // a quoted JSON string
  Json& key(std::string_view name);
  Json& value(std::string_view v);
  Json& value(const char* v) { return value(std::string_view(v)); }
  Json& value(double v);
  Json& value(std::int64_t v);
  Json& value(std::uint64_t v);
  Json& value(int v) { return value(std::int64_t{v}); }
  Json& value(bool v);
  Json& null();
  Json& raw(std::string_view json);
  template <class T>
  Json& field(std::string_view name, const T& v) { return key(name).value(v); }
  Json& begin_object();
  Json& end_object();
  Json& begin_array();
  Json& end_array();
  const std::string& str() const { return out_; }

 private:
  void comma();
  std::string out_;
  bool first_ = true, after_key_ = false;
};

}  // namespace dml
