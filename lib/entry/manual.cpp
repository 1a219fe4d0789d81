// The manual page of a tool: prose from man/TOOL.1.in, and in place of its lines ".generated WHAT" what the declarations say:
//   title        .TH, NAME and SYNOPSIS               common      the options that every tool spells alike
//   verbs        a section for each verb              components  the entries of each family
//   status       the exit codes
#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "base/text.h"
#include "entry/common.h"
#include "entry/render_parts.h"

namespace dml {
namespace {

// Text of declarations as roff: no character of it is understood as a request, and what is not ASCII is named by its code point.
std::string roff(std::string_view text) {
  std::string out;
  if (!text.empty() && (text[0] == '.' || text[0] == '\'')) out = "\\&";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (text[i] == '\\') out += "\\e";
    else if (text[i] == '-') out += "\\-";
    else if (byte < 0x80) out += text[i];
    else {
      const int more = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
      unsigned code = byte & (0x3f >> more);
      for (int k = 0; k < more && i + 1 < text.size(); ++k) code = code << 6 | (static_cast<unsigned char>(text[++i]) & 0x3f);
      char name[16];
      std::snprintf(name, sizeof name, "\\[u%04X]", code);
      out += name;
    }
  }
  return out;
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

// Where the values of a component option are listed.
std::string with_family(const ToolView& tool, const OptionDoc& doc) {
  const auto* family = choices_of(tool, doc);
  return details(doc) + (family ? "; see family " + family->family() : "");
}

std::string option_list(const ToolView& tool, const std::vector<OptionDoc>& docs) {
  std::string out;
  for (const auto& doc : docs) out += ".TP\n.B " + roff(spelling(doc)) + "\n" + roff(with_family(tool, doc)) + "\n";
  return out;
}

bool same_option(const OptionDoc& a, const OptionDoc& b) {
  return a.name == b.name && a.type == b.type && a.doc == b.doc && a.fallback == b.fallback && a.required == b.required;
}

// The options that all verbs of a family have alike: described once, before the verbs. None where the family has one verb.
std::vector<OptionDoc> shared_options(const std::vector<const Verbs::Entry*>& verbs) {
  std::vector<OptionDoc> out;
  if (verbs.size() < 2) return out;
  for (const auto& doc : verbs.front()->info.options)
    if (std::all_of(verbs.begin(), verbs.end(), [&](const Verbs::Entry* verb) {
          const auto& own = verb->info.options;
          return std::any_of(own.begin(), own.end(), [&](const OptionDoc& other) { return same_option(doc, other); });
        }))
      out.push_back(doc);
  return out;
}

std::string verb_section(const ToolView& tool, const Verbs::Entry& verb, const std::vector<OptionDoc>& shared) {
  std::string out = ".SS " + roff(synopsis(tool, verb)) + "\n" + roff(verb.info.card.summary) + ".\n";
  if (!verb.info.card.source.empty()) out += "Source: " + roff(verb.info.card.source) + ".\n";
  std::vector<OptionDoc> own;
  for (const auto& doc : verb.info.options)
    if (std::none_of(shared.begin(), shared.end(), [&](const OptionDoc& other) { return same_option(doc, other); })) own.push_back(doc);
  out += option_list(tool, own);
  std::vector<std::string> common;
  for (const auto& doc : common_docs(verb)) common.push_back("--" + doc.name);
  if (!shared.empty()) out += ".PP\nAlso the options of every " + roff(verb.info.family) + ".\n";
  return out + ".PP\nCommon options: " + roff(join(common, ", ")) + ".\n";
}

std::string verb_sections(const ToolView& tool) {
  std::string out;
  std::vector<std::string> done;
  const auto of_family = [&](const std::string& family) {
    std::vector<const Verbs::Entry*> verbs;
    for (const auto& verb : tool.verbs->entries())
      if (verb.info.family == family) verbs.push_back(&verb);
    return verbs;
  };
  for (const auto& first : tool.verbs->entries()) {
    const std::string& family = first.info.family;
    if (family == "verb" || std::find(done.begin(), done.end(), family) != done.end()) continue;
    done.push_back(family);
    const auto verbs = of_family(family);
    const auto shared = shared_options(verbs);
    if (!shared.empty()) out += ".SS Options of every " + roff(family) + "\n" + option_list(tool, shared);
    for (const auto* verb : verbs) out += verb_section(tool, *verb, shared);
  }
  for (const auto* verb : of_family("verb")) out += verb_section(tool, *verb, {});
  return out;
}

// Every common option that a verb of the tool takes.
std::string common_section(const ToolView& tool) {
  std::vector<OptionDoc> taken;
  for (const auto& doc : common_options().docs())
    if (std::any_of(tool.verbs->entries().begin(), tool.verbs->entries().end(), [&](const Verbs::Entry& verb) {
          const auto docs = common_docs(verb);
          return std::any_of(docs.begin(), docs.end(), [&](const OptionDoc& other) { return other.name == doc.name; });
        }))
      taken.push_back(doc);
  return option_list(tool, taken);
}

std::string component_sections(const ToolView& tool) {
  std::string out;
  for (const auto* registry : tool.families->all()) {
    out += ".SS " + roff(registry->family()) + "\n";
    for (const auto& info : registry->entries()) {
      out += ".TP\n.B " + roff(info.card.name) + "\n" + roff(info.card.summary) + ".\n";
      if (!info.card.source.empty()) out += "Source: " + roff(info.card.source) + ".\n";
      for (const auto& doc : info.options) out += ".br\n.B " + roff(doc.name) + "\n(" + roff(doc.type) + "): " + roff(details(doc)) + "\n";
    }
  }
  return out;
}

std::string status_section() {
  constexpr const char* kCodes[][2] = {
      {"0", "Done, or yes."}, {"1", "A truthful no: files differ, no majority."}, {"2", "The command line, or a file of options, cannot be carried out as it stands."},
      {"3", "An input is absent, unreadable, cut or malformed."}, {"4", "An output, a peer or memory cannot be had."},
      {"5", "The method cannot go on: too many liars for the rule, the run diverged."}, {"70", "A defect of the program."},
      {"130, 143", "Ended by SIGINT or SIGTERM."}, {"141", "The reader of the output went away."}};
  std::string out;
  for (const auto& [code, meaning] : kCodes) out += std::string(".TP\n.B ") + code + "\n" + meaning + "\n";
  return out;
}

std::string title(const ToolView& tool) {
  const std::string name = tool.spec->name;
  return ".TH " + upper(name) + " 1 \"\" \"dml\\-tools " DML_VERSION "\" \"User Commands\"\n.SH NAME\n" + name + " \\- " + roff(tool.spec->summary) +
         "\n.SH SYNOPSIS\n.B " + name + "\n.I VERB\n[\\fIOPTION\\fR...] [\\fIINPUT\\fR...]\n";
}

std::string generated(const ToolView& tool, std::string_view what) {
  if (what == "title") return title(tool);
  if (what == "verbs") return verb_sections(tool);
  if (what == "common") return common_section(tool);
  if (what == "components") return component_sections(tool);
  if (what == "status") return status_section();
  throw Error(Fault::bug, "the manual page asks for " + quote(what));
}

}  // namespace

std::string render_man(const ToolView& tool) {
  constexpr std::string_view request = ".generated ";
  std::string out;
  for (const auto& line : split(tool.spec->manual, '\n')) out += line.starts_with(request) ? generated(tool, std::string_view(line).substr(request.size())) : line + "\n";
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

}  // namespace dml
