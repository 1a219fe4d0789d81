// JSON of strangers, parsed by simdjson: what is read is UTF-8, whole, nested no deeper than the caller allows, and no key stands twice.
#pragma once
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "wire/value.h"

namespace dml {

inline constexpr std::size_t kJsonDepth = 12;              // with what a record adds it stays below the 16 of a dml stream

/// Whole numbers become integers, others doubles. Error(input) "<where> is no valid JSON", "... nests deeper than 12", "... 'k' twice".
Value parse_json(std::string_view text, const std::string& where, std::size_t depth = kJsonDepth);

/// The members of the object `text`, one after the other in their order; a key may come twice. As parse_json otherwise.
void parse_members(std::string_view text, const std::string& where, const std::function<void(std::string_view key, Value value)>& visit,
                   std::size_t depth = kJsonDepth);

/// JSON that parse_json reads back to the same values: doubles keep their point. Bytes become hexadecimal text, NaN and infinity null.
std::string typed_json(const Value& value);

bool is_utf8(std::string_view text);

}  // namespace dml
