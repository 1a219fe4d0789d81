#include "entry/render.h"

#include <algorithm>

#include "base/text.h"
#include "entry/common.h"

namespace dml {
namespace {

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

std::string synopsis(const ToolView& tool, const Verbs::Entry& verb) {
  return tool.spec->name + " " + verb.info.card.name + " [OPTION...]" + (verb.shape.inputs.empty() ? "" : " " + verb.shape.inputs);
}

std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') out += "\\e";
    else if (c == '-') out += "\\-";
    else out += c;
  }
  if (!out.empty() && (out[0] == '.' || out[0] == '\'')) out = "\\&" + out;
  return out;
}

void man_options(std::string& out, const std::vector<OptionDoc>& docs) {
  for (const auto& doc : docs) out += ".TP\n.B " + roff(spelling(doc)) + "\n" + roff(details(doc)) + "\n";
}

// A text inside single quotes of a shell script.
std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::vector<OptionDoc> all_options(const Verbs::Entry& verb) {
  auto docs = verb.info.options;
  const auto common = common_docs(verb.shape);
  docs.insert(docs.end(), common.begin(), common.end());
  return docs;
}

}  // namespace

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
  const auto common = common_docs(verb.shape);
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

std::string render_man(const ToolView& tool) {
  const std::string& name = tool.spec->name;
  std::string upper = name;
  std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return std::toupper(c); });
  std::string out = ".TH " + upper + " 1 \"\" \"dml\\-tools\" \"User Commands\"\n.SH NAME\n" + name + " \\- " + roff(tool.spec->summary) +
                    "\n.SH SYNOPSIS\n.B " + name + "\n.I VERB\n[\\fIOPTION\\fR...] [\\fIINPUT\\fR...]\n.SH VERBS\n";
  for (const auto& verb : tool.verbs->entries()) {
    out += ".SS " + roff(synopsis(tool, verb)) + "\n" + roff(verb.info.card.summary) + ".\n";
    if (!verb.info.card.source.empty()) out += "Source: " + roff(verb.info.card.source) + ".\n";
    man_options(out, all_options(verb));
  }
  out += ".SH COMPONENTS\nWritten NAME[:KEY=VALUE[,KEY=VALUE]], chained with +.\n";
  for (const auto* registry : tool.families->all()) {
    out += ".SS " + roff(registry->family()) + "\n";
    for (const auto& info : registry->entries()) {
      std::vector<std::string> keys;
      for (const auto& doc : info.options) keys.push_back(doc.name + (doc.fallback.empty() ? "" : "=" + doc.fallback));
      out += ".TP\n.B " + roff(info.card.name) + "\n" + roff(info.card.summary + (keys.empty() ? "" : " (" + join(keys, ", ") + ")")) + "\n";
    }
  }
  out += ".SH EXIT STATUS\n";
  for (const auto& [code, meaning] : std::vector<std::pair<std::string, std::string>>{
           {"0", "done, or yes"}, {"1", "a truthful no"}, {"2", "the command line"}, {"3", "bad input"}, {"4", "system or network"},
           {"5", "the method cannot go on"}, {"70", "a bug"}})
    out += ".TP\n.B " + code + "\n" + meaning + "\n";
  return out;
}

std::string render_bash(const ToolView& tool) {
  const std::string& name = tool.spec->name;
  std::vector<std::string> verbs;
  for (const auto& verb : tool.verbs->entries()) verbs.push_back(verb.info.card.name);
  std::string out = "# bash completion of " + name + ": source <(" + name + " generate bash)\n_" + name + "() {\n" +
                    "  local word=${COMP_WORDS[COMP_CWORD]} options=\n" +
                    "  if [ \"$COMP_CWORD\" = 1 ]; then\n    COMPREPLY=($(compgen -W '" + join(verbs, " ") + "' -- \"$word\"))\n    return\n  fi\n" +
                    "  case ${COMP_WORDS[1]} in\n";
  for (const auto& verb : tool.verbs->entries()) {
    std::vector<std::string> names;
    for (const auto& doc : all_options(verb)) names.push_back("--" + doc.name);
    out += "    " + verb.info.card.name + ") options='" + join(names, " ") + "' ;;\n";
  }
  return out + "  esac\n  case $word in\n    -*) COMPREPLY=($(compgen -W \"$options --help\" -- \"$word\")) ;;\n" +
         "    *) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n  esac\n}\ncomplete -o filenames -F _" + name + " " + name + "\n";
}

std::string render_zsh(const ToolView& tool) {
  const std::string& name = tool.spec->name;
  const auto plain = [](std::string text) {
    for (auto& c : text)
      if (c == ':' || c == '[' || c == ']') c = ' ';
    return text;
  };
  std::string out = "#compdef " + name + "\n_" + name + "() {\n  local -a verbs\n  verbs=(\n";
  for (const auto& verb : tool.verbs->entries()) out += "    " + shell_quoted(verb.info.card.name + ":" + plain(verb.info.card.summary)) + "\n";
  out += "  )\n  if (( CURRENT == 2 )); then\n    _describe verb verbs\n    return\n  fi\n  local verb=$words[2]\n  shift words\n  (( CURRENT-- ))\n  case $verb in\n";
  for (const auto& verb : tool.verbs->entries()) {
    out += "    " + verb.info.card.name + ") _arguments";
    for (const auto& doc : all_options(verb))
      out += " " + shell_quoted("--" + doc.name + "[" + plain(doc.doc) + "]" + (doc.type == "flag" ? "" : ":" + doc.name + ":_files"));
    out += " '*:input:_files' ;;\n";
  }
  return out + "  esac\n}\ncompdef _" + name + " " + name + "\n";
}

}  // namespace dml
