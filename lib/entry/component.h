// Component strings: NAME[:K=V[,K=V]], chained or wrapped with '+', outer or first on the left: clip:c=2+nnm:byzantine=2.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace dml {

/// What a user gave for each option, not parsed yet.
using Settings = std::map<std::string, std::string>;

struct Component {
  std::string name;
  Settings settings;
  bool operator==(const Component&) const = default;
};
using Chain = std::vector<Component>;

/// Throws Error(usage) when malformed. '+' separates only before a letter, so 1e+6 is a number; a word without '=' continues the
/// list value before it: weights=1,2,3.
Chain parse_chain(std::string_view text);
/// As parse_chain, but exactly one component.
Component parse_component(std::string_view text);
std::string to_string(const Component& component);
std::string to_string(const Chain& chain);

}  // namespace dml
