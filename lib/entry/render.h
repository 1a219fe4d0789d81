// Every surface of a tool that is text: help, list, describe, man page, completions. All rendered from the same declarations.
#pragma once
#include <string>
#include <vector>

#include "entry/verb.h"

namespace dml {

struct ToolView {
  const ToolSpec* spec;
  const Verbs* verbs;
  const Families* families;
};

std::string render_tool_help(const ToolView& tool);
std::string render_verb_list(const ToolView& tool);
std::string render_verb_help(const ToolView& tool, const Verbs::Entry& verb);
std::string render_description(const EntryInfo& info);
std::string describe_json(const EntryInfo& info);
std::string render_man(const ToolView& tool);
std::string render_bash(const ToolView& tool);
std::string render_zsh(const ToolView& tool);

/// Everything that has a card: registry entries, then verbs that are none.
std::vector<const EntryInfo*> all_entries(const ToolView& tool);

}  // namespace dml
