// Attribute values and tensor elements as JSON, so that what is written reads back to the same bits. JSON has no bytes, no NaN, no text
// that is not UTF-8, and often no difference between 3 and 3.0. So a float has a point or an exponent, and these objects of one key stand
// for what is left: {"$bytes": HEX}, {"$text": HEX of bytes that are no UTF-8}, {"$float": "nan" | "inf" | "-inf" | "0x" and 16 digits},
// {"$map": [[KEY, VALUE], ...]} for a map with a key that is no UTF-8 or begins with $.
#pragma once
#include <simdjson.h>

#include <string>
#include <string_view>

#include "wire/tensor.h"

namespace dml::ndjson {

void append_text(std::string& out, std::string_view text);
void append_value(std::string& out, const Value& value);
void append_map(std::string& out, const Attributes& map);
/// Element `i` of a tensor: true, -7, 0.1, "nan", "inf", "-inf", or "0x7f800001" for a NaN with other bits than the usual one.
class ElementWriter {
 public:
  /// Error(input) when a bool is neither 0 nor 1.
  explicit ElementWriter(const Tensor& tensor);
  void append(std::string& out, std::size_t i) const;

 private:
  const Tensor& tensor_;
  std::vector<double> wide_;                               // of floats below 64 bits
  Bytes nan_;
};

/// What was read; Error(input) naming `where`. `escapes`: whether the objects above mean something, which they do not in foreign lines.
Value to_value(simdjson::dom::element element, bool escapes, const std::string& where);
Attributes to_map(simdjson::dom::element element, bool escapes, const std::string& where);
std::string to_text(simdjson::dom::element element, const std::string& where);
/// The elements of an array as `dtype` has them in memory.
Bytes to_elements(simdjson::dom::array array, Dtype dtype, const std::string& where);

}  // namespace dml::ndjson
