#include "entry/render.h"

#include <algorithm>

#include "base/text.h"
#include "entry/common.h"
#include "entry/render_parts.h"

namespace dml {
namespace {

std::string table(const std::vector<std::pair<std::string, std::string>>& rows) {
  std::size_t width = 0;
  for (const auto& row : rows) width = std::max(width, std::min<std::size_t>(row.first.size(), 26));
  std::string out;
  for (const auto& [left, right] : rows)
    out += "  " + left + std::string(std::max<std::size_t>(2, width + 2 - std::min(width, left.size())), ' ') + right + "\n";
  return out;
}

std::string option_table(const std::vector<OptionDoc>& docs) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const auto& doc : docs) rows.emplace_back(spelling(doc), details(doc));
  return table(rows);
}

}  // namespace

// --byzantine N, or -o, --output TEXT
std::string spelling(const OptionDoc& doc) {
  std::string out = doc.letter ? std::string("-") + doc.letter + ", " : std::string();
  out += "--" + doc.name;
  if (doc.type == "integer") out += " N";
  else if (doc.type == "number") out += " X";
  else if (doc.type == "component") out += " COMPONENT";
  else if (doc.type == "list") out += " A,B";
  else if (doc.type == "text") out += doc.choices.empty() ? " TEXT" : " WORD";
  return out;
}

std::string details(const OptionDoc& doc) {
  std::string out = doc.doc;
  if (!doc.choices.empty()) out += "; one of " + join(doc.choices, ", ");
  if (!doc.range.empty()) out += "; " + doc.range;
  if (doc.required) out += "; required";
  else if (doc.type != "flag" && !doc.fallback.empty()) out += "; default " + doc.fallback;
  return out;
}

std::string synopsis(const ToolView& tool, const Verbs::Entry& verb) {
  return tool.spec->name + " " + verb.info.card.name + " [OPTION...]" + (verb.shape.inputs.empty() ? "" : " " + verb.shape.inputs);
}

std::vector<OptionDoc> all_options(const Verbs::Entry& verb) {
  auto docs = verb.info.options;
  const auto common = common_docs(verb);
  docs.insert(docs.end(), common.begin(), common.end());
  return docs;
}

const RegistryBase* choices_of(const ToolView& tool, const OptionDoc& doc) {
  if (doc.type == "flag") return nullptr;                  // text, too: --topology takes a component or a file
  for (const auto* registry : tool.families->all())
    if (registry->family() == (doc.family.empty() ? doc.name : doc.family)) return registry;
  return nullptr;
}

std::vector<const EntryInfo*> all_entries(const ToolView& tool) {
  std::vector<const EntryInfo*> out;
  for (const auto* registry : tool.families->all())
    for (const auto& info : registry->entries()) out.push_back(&info);
  for (const auto& verb : tool.verbs->entries())
    if (verb.info.family == "verb") out.push_back(&verb.info);
  return out;
}

std::string render_verb_list(const ToolView& tool) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const auto& verb : tool.verbs->entries()) rows.emplace_back(verb.info.card.name, verb.info.card.summary);
  return table(rows);
}

std::string render_tool_help(const ToolView& tool) {
  const std::string& name = tool.spec->name;
  return name + ": " + tool.spec->summary + "\n\nusage: " + name + " VERB [OPTION...] [INPUT...]\n\nverbs\n" + render_verb_list(tool) +
         "\n'" + name + " help VERB' explains a verb, '" + name + " list' names everything that can be chosen\n";
}

std::string render_verb_help(const ToolView& tool, const Verbs::Entry& verb) {
  std::string out = "usage: " + synopsis(tool, verb) + "\n\n" + verb.info.card.summary + "\n";
  if (!verb.info.card.source.empty()) out += "source: " + verb.info.card.source + "\n";
  if (!verb.info.options.empty()) out += "\noptions\n" + option_table(verb.info.options);
  const auto common = common_docs(verb);
  if (!common.empty()) out += "\ncommon options\n" + option_table(common);
  return out;
}

std::string render_description(const EntryInfo& info) {
  std::string out = info.family + "/" + info.card.name + ": " + info.card.summary + "\n";
  if (!info.card.source.empty()) out += "source: " + info.card.source + "\n";
  std::vector<std::string> traits;
  for (const auto trait : info.traits) traits.push_back(to_string(trait));
  if (!traits.empty()) out += "traits: " + join(traits, ", ") + "\n";
  if (!info.needs.empty()) out += "needs: " + join(info.needs, ", ") + "\n";
  if (!info.options.empty()) out += "options\n" + option_table(info.options);
  return out;
}

std::string describe_json(const EntryInfo& info) {
  Json json;
  json.begin_object().field("family", info.family).field("name", info.card.name).field("summary", info.card.summary);
  json.field("source", info.card.source).key("options").begin_array();
  for (const auto& doc : info.options) {
    json.begin_object().field("name", doc.name).field("type", doc.type);
    if (!doc.required) json.field("default", doc.fallback);
    json.field("required", doc.required).field("doc", doc.doc);
    if (!doc.range.empty()) json.field("range", doc.range);
    if (!doc.choices.empty()) {
      json.key("choices").begin_array();
      for (const auto& choice : doc.choices) json.value(choice);
      json.end_array();
    }
    json.end_object();
  }
  json.end_array().key("traits").begin_array();
  for (const auto trait : info.traits) json.value(to_string(trait));
  json.end_array();
  if (!info.needs.empty()) {
    json.key("needs").begin_array();
    for (const auto& oracle : info.needs) json.value(oracle);
    json.end_array();
  }
  return json.end_object().str();
}

}  // namespace dml
