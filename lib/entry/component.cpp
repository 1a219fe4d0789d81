#include "entry/component.h"

#include <cctype>

#include "base/error.h"
#include "base/text.h"

namespace dml {
namespace {

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

[[noreturn]] void malformed(std::string_view text, const std::string& why) {
  throw Error(Fault::usage, "component " + quote(text) + ": " + why, "write NAME[:KEY=VALUE[,KEY=VALUE]], chained with +");
}

Component parse_one(std::string_view text, std::string_view whole) {
  Component out;
  const auto colon = text.find(':');
  out.name = std::string(text.substr(0, colon));
  if (out.name.empty()) malformed(whole, "a name is missing");
  if (colon == std::string_view::npos) return out;
  std::string* last = nullptr;
  for (const auto& part : split(text.substr(colon + 1), ',')) {
    const auto equals = part.find('=');
    if (equals == std::string::npos || equals == 0) {
      if (!last || part.empty()) malformed(whole, quote(part) + " is no KEY=VALUE");
      *last += ',' + part;
      continue;
    }
    const auto [place, fresh] = out.settings.emplace(part.substr(0, equals), part.substr(equals + 1));
    if (!fresh) malformed(whole, quote(place->first) + " is given twice");
    last = &place->second;
  }
  return out;
}

Chain parse_parts(std::string_view text) {
  Chain chain;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const bool cut = i == text.size() || (text[i] == '+' && (i + 1 == text.size() || is_letter(text[i + 1])) && i > 0 &&
                                          !(text[i - 1] == ':' || text[i - 1] == '=' || text[i - 1] == ','));
    if (!cut) continue;
    chain.push_back(parse_one(text.substr(start, i - start), text));
    start = i + 1;
  }
  return chain;
}

// Settings are printed in the order of their keys, and what is printed (in outputs, by describe) must read back. A value that ends with +
// or = may be understood where it stands and not at the end of its component.
bool reads_back(const Chain& chain) {
  try {
    return parse_parts(to_string(chain)) == chain;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

Chain parse_chain(std::string_view text) {
  Chain chain = parse_parts(text);
  if (!reads_back(chain)) malformed(text, "a value ends with + or =, or is empty, where it cannot be told from a chain");
  return chain;
}

Component parse_component(std::string_view text) {
  auto chain = parse_chain(text);
  if (chain.size() != 1) malformed(text, "one component is expected, not a chain");
  return chain.front();
}

std::string to_string(const Component& component) {
  std::string out = component.name;
  char separator = ':';
  for (const auto& [key, value] : component.settings) {
    out += separator + key + '=' + value;
    separator = ',';
  }
  return out;
}

std::string to_string(const Chain& chain) {
  std::vector<std::string> parts;
  for (const auto& component : chain) parts.push_back(to_string(component));
  return join(parts, "+");
}

}  // namespace dml
