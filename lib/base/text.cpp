#include "base/text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace dml {
namespace {

// 10^k or 2^k of a unit suffix, removed from `text`; 1 when there is none.
double take_unit(std::string_view& text) {
  static constexpr std::string_view kUnits = "kMGT";
  const bool binary = text.size() > 2 && text.back() == 'i';
  const std::string_view head = binary ? text.substr(0, text.size() - 1) : text;
  if (head.size() < 2) return 1;
  const char letter = head.back() == 'K' ? 'k' : head.back();
  const auto power = kUnits.find(letter);
  if (power == std::string_view::npos) return 1;
  text = head.substr(0, head.size() - 1);
  return std::pow(binary ? 1024.0 : 1000.0, static_cast<double>(power + 1));
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[a.size()][b.size()];
}

}  // namespace

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t start = 0;;) {
    const auto end = text.find(separator, start);
    parts.emplace_back(text.substr(start, end - start));
    if (end == std::string_view::npos) return parts;
    start = end + 1;
  }
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i) out += separator;
    out += parts[i];
  }
  return out;
}

std::string quote(std::string_view text) {
  std::string out = "'";
  for (const char c : text.substr(0, 200)) {
    const auto u = static_cast<unsigned char>(c);
    if (u < 0x20 || u == 0x7f) {
      char escape[5];
      std::snprintf(escape, sizeof escape, "\\x%02x", u);
      out += escape;
    } else {
      out += c;
    }
  }
  return out + (text.size() > 200 ? "...'" : "'");
}

std::string plain_or_quoted(std::string_view text) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  return text.empty() || std::any_of(text.begin(), text.end(), control) ? quote(text) : std::string(text);
}

std::string to_hex(const void* data, std::size_t size) {
  static constexpr char kDigits[] = "0123456789abcdef";
  const auto* bytes = static_cast<const unsigned char*>(data);
  std::string out;
  out.reserve(2 * size);
  for (std::size_t i = 0; i < size; ++i) {
    out += kDigits[bytes[i] >> 4];
    out += kDigits[bytes[i] & 15];
  }
  return out;
}

std::optional<double> parse_number(std::string_view text) {
  const double unit = take_unit(text);
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.empty() || !(digit(text.back()) || text.back() == '.')) return std::nullopt;      // also refuses nan, inf
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size() || !std::isfinite(value * unit)) return std::nullopt;
  return value * unit;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t exact = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), exact);
  if (code == std::errc() && end == text.data() + text.size() && !text.empty()) return exact;
  const auto value = parse_number(text);
  if (!value || *value != std::floor(*value) || std::fabs(*value) > 9.0e18) return std::nullopt;
  return static_cast<std::int64_t>(*value);
}

std::optional<std::uint64_t> parse_unsigned(std::string_view text) {
  std::uint64_t exact = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), exact);
  if (code == std::errc() && end == text.data() + text.size() && !text.empty()) return exact;
  const auto value = parse_integer(text);
  if (!value || *value < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*value);
}

std::string format_number(double value) {
  char buffer[32];
  const auto [end, code] = std::to_chars(buffer, buffer + sizeof buffer, value);
  return std::string(buffer, end);
}

std::string format_fixed(double value, int digits) {
  char buffer[400];
  std::snprintf(buffer, sizeof buffer, "%.*f", digits, value);
  return buffer;
}

std::string format_bytes(double bytes) {
  static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  int unit = 0;
  while (bytes >= 1024 && unit < 4) bytes /= 1024, ++unit;
  return format_fixed(bytes, unit ? 1 : 0) + " " + kUnits[unit];
}

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::optional<std::string> best;
  std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
  if (word.size() > 64) return best;
  for (const auto& candidate : candidates) {
    const std::size_t d = edit_distance(word, candidate);
    if (d < least) {
      least = d;
      best = candidate;
    }
  }
  return best;
}

std::string Json::text(std::string_view value) {
  std::string out = "\"";
  for (const char c : value) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (u < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", u);
      out += escape;
    } else {
      out += c;
    }
  }
  return out + '"';
}

void Json::comma() {
  if (!first_ && !after_key_) out_ += ", ";
  first_ = after_key_ = false;
}
Json& Json::raw(std::string_view json) { comma(); out_ += json; return *this; }
Json& Json::key(std::string_view name) { comma(); out_ += text(name) + ": "; after_key_ = true; return *this; }
Json& Json::value(std::string_view v) { return raw(text(v)); }
Json& Json::value(double v) { return std::isfinite(v) ? raw(format_number(v)) : null(); }
Json& Json::value(std::int64_t v) { return raw(std::to_string(v)); }
Json& Json::value(std::uint64_t v) { return raw(std::to_string(v)); }
Json& Json::value(bool v) { return raw(v ? "true" : "false"); }
Json& Json::null() { return raw("null"); }
Json& Json::begin_object() { raw("{"); first_ = true; return *this; }
Json& Json::begin_array() { raw("["); first_ = true; return *this; }
Json& Json::end_object() { out_ += '}'; first_ = false; return *this; }
Json& Json::end_array() { out_ += ']'; first_ = false; return *this; }

}  // namespace dml
