#include "entry/repeat.h"

#include <algorithm>

#include "base/text.h"

namespace dml {
namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) { return std::find(names.begin(), names.end(), name) != names.end(); }

}  // namespace

CommandLine command_of(const StreamHeader& header, const std::string& where, const ToolView& tool) {
  const std::string& name = tool.spec->name;
  if (header.tool.empty() || header.verb.empty()) throw Error(Fault::input, where + " does not say which command wrote it", "only dml streams do");
  if (header.tool != name)
    throw Error(Fault::input, where + " was written by " + quote(header.tool) + ", not by " + name, "only what " + name + " wrote can be repeated by it");
  const auto* verb = tool.verbs->find(header.verb);
  if (!verb) throw Error(Fault::input, where + " was written by verb " + quote(header.verb) + ", which this " + name + " does not have");
  CommandLine command;
  for (const auto& [option, value] : header.options) {
    const auto& known = verb->info.options;
    if (std::none_of(known.begin(), known.end(), [&](const OptionDoc& doc) { return doc.name == option; }))
      throw Error(Fault::input, where + ": its header has an option " + quote(option) + " that verb " + quote(header.verb) + " does not know");
    if (contains(verb->shape.environment, option))
      throw Error(Fault::input, where + ": its header has the option " + quote(option) + ", which does not shape what is written");
    const auto* text = value.get_if<std::string>();
    command.options[option] = text ? *text : to_json(value);
  }
  if (header.seed && contains(verb->shape.common, "seed")) command.options["seed"] = std::to_string(*header.seed);
  return command;
}

}  // namespace dml
