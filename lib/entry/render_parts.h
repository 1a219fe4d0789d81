// What the renderings of help, manual and completions share.
#pragma once
#include <string>
#include <vector>

#include "entry/render.h"

namespace dml {

std::string spelling(const OptionDoc& doc);                // --byzantine N, or -o, --output TEXT
std::string details(const OptionDoc& doc);                 // doc, choices, range, whether required, default
std::string synopsis(const ToolView& tool, const Verbs::Entry& verb);
std::vector<OptionDoc> all_options(const Verbs::Entry& verb);   // its own, then the common ones

/// The entries that an option chooses from; nullptr where it chooses from no family, or from one that `tool` does not have.
const RegistryBase* choices_of(const ToolView& tool, const OptionDoc& doc);

}  // namespace dml
