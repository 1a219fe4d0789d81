#include "entry/registry.h"

#include <algorithm>

#include "base/text.h"

namespace dml {

std::string to_string(Trait trait) {
  switch (trait) {
    case Trait::permutation_invariant: return "permutation-invariant";
    case Trait::translation_equivariant: return "translation-equivariant";
    case Trait::scale_equivariant: return "scale-equivariant";
    case Trait::byzantine: return "byzantine";
    case Trait::weighted: return "weighted";
    case Trait::two_pass: return "two-pass";
    case Trait::exact_anywhere: return "exact-anywhere";
    case Trait::doubly_stochastic: return "doubly-stochastic";
    case Trait::time_varying: return "time-varying";
    case Trait::selects_input: return "selects-input";
  }
  return "";
}

bool EntryInfo::has(Trait trait) const { return std::find(traits.begin(), traits.end(), trait) != traits.end(); }

const EntryInfo* RegistryBase::find(const std::string& name) const {
  for (const auto& info : infos_)
    if (info.card.name == name) return &info;
  return nullptr;
}

const EntryInfo& RegistryBase::at(const std::string& name) const {
  if (const auto* info = find(name)) return *info;
  std::vector<std::string> names;
  for (const auto& info : infos_) names.push_back(info.card.name);
  const auto near = nearest(name, names);
  throw Error(Fault::usage, family_ + " " + quote(name) + " is unknown",
              near ? "did you mean '" + *near + "'?" : "known: " + join(names, ", "));
}

}  // namespace dml
