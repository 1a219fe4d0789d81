// Completions of bash and zsh: verbs, options, the words that an option takes, components of the right family and their keys, files.
#include <algorithm>
#include <set>

#include "base/text.h"
#include "entry/render_parts.h"

namespace dml {
namespace {

// A text inside single quotes of a shell script.
std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::vector<std::string> verb_names(const ToolView& tool) {
  std::vector<std::string> out;
  for (const auto& verb : tool.verbs->entries()) out.push_back(verb.info.card.name);
  return out;
}

// The words that stand for the inputs of a verb, by its synopsis; empty: files.
std::vector<std::string> input_words(const ToolView& tool, const Verbs::Entry& verb) {
  const std::string& inputs = verb.shape.inputs;
  std::vector<std::string> out;
  if (inputs == "[VERB]") return verb_names(tool);
  if (inputs == "[FAMILY]" || inputs == "[FAMILY/]NAME") {
    std::set<std::string> words;
    for (const auto* info : all_entries(tool)) words.insert(inputs == "[FAMILY]" ? info->family : info->family + "/" + info->card.name);
    return {words.begin(), words.end()};
  }
  if (inputs.find('|') != std::string::npos && inputs.find_first_of("[ ") == std::string::npos) return split(inputs, '|');
  return out;
}

// Families of which some verb chooses a component.
std::vector<const RegistryBase*> chosen_families(const ToolView& tool) {
  std::vector<const RegistryBase*> out;
  for (const auto& verb : tool.verbs->entries())
    for (const auto& doc : all_options(verb))
      if (const auto* family = choices_of(tool, doc); family && std::find(out.begin(), out.end(), family) == out.end()) out.push_back(family);
  return out;
}

std::vector<std::string> keys_of(const EntryInfo& info) {
  std::vector<std::string> out;
  for (const auto& doc : info.options) out.push_back(doc.name + "=");
  return out;
}

std::string function_name(const ToolView& tool, const RegistryBase& family) {
  std::string out = "_" + tool.spec->name + "_" + family.family();
  std::replace(out.begin(), out.end(), '-', '_');
  return out;
}

// A text that chooses from nothing may be a path, and where the family is that of its name, a path may stand for a component.
bool takes_files(const OptionDoc& doc) { return doc.type == "text" && doc.choices.empty() && doc.family.empty(); }

// bash ----------------------------------------------------------------------------------------------------------------------------------

// Sets `values` to the words that continue the component $1: names, or behind a colon the keys of the last one of the chain.
std::string bash_family(const ToolView& tool, const RegistryBase& family) {
  std::string out = function_name(tool, family) + "() {\n  local last=${1##*+} key name\n  local chain=${1%\"$last\"}\n  if [[ $last != *:* ]]; then\n    for name in";
  for (const auto& info : family.entries()) out += " " + info.card.name;
  out += "; do values+=\" $chain$name\"; done\n    return\n  fi\n  local keys= begin=${1%\"${1##*[:,]}\"}\n  case ${last%%:*} in\n";
  for (const auto& info : family.entries())
    if (!info.options.empty()) out += "    " + info.card.name + ") keys=" + shell_quoted(join(keys_of(info), " ")) + " ;;\n";
  return out + "  esac\n  for key in $keys; do values+=\" $begin$key\"; done\n}\n";
}

// The branch of one verb: its options, and what each takes. kind: flag, word (values or nothing), file.
std::string bash_verb(const ToolView& tool, const Verbs::Entry& verb) {
  std::string names, cases;
  for (const auto& doc : all_options(verb)) {
    const std::string pattern = (doc.letter ? std::string("-") + doc.letter + "|" : std::string()) + "--" + doc.name;
    names += (names.empty() ? "--" : " --") + doc.name;
    if (doc.type == "flag") continue;
    std::string act = "kind=" + std::string(takes_files(doc) ? "file" : "word");
    if (!doc.choices.empty()) act += " values=" + shell_quoted(join(doc.choices, " "));
    if (const auto* family = choices_of(tool, doc)) act += "; " + function_name(tool, *family) + " \"$word\"";
    cases += "        " + pattern + ") " + act + " ;;\n";
  }
  return "    " + verb.info.card.name + ")\n      options=" + shell_quoted(names) + " inputs=" + shell_quoted(join(input_words(tool, verb), " ")) +
         "\n      case $option in\n" + cases + "      esac ;;\n";
}

constexpr const char* kBashBegin = R"(  # Bash cuts words at = and : as well, which belong to options and components here.
  local line=${COMP_LINE:0:COMP_POINT} IFS=$' \t\n'
  local -a words
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  local whole=${words[-1]} word=${words[-1]} before= option= kind=none values= options= inputs=
)";

constexpr const char* kBashEnd = R"(  if [[ $kind == none && $word == -* ]]; then
    values="$options --help"
  elif [[ $kind == none ]]; then
    values=$inputs
    [[ -z $inputs ]] && kind=file
  fi
  local reply
  COMPREPLY=()
  while IFS= read -r reply; do
    [[ -n $reply ]] && COMPREPLY+=("$before$reply")
  done < <(compgen -W "$values" -- "$word"; [[ $kind == file ]] && compgen -f -- "$word")
  [[ $kind == file && -z $values ]] && compopt -o filenames 2> /dev/null
  [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2> /dev/null
  # What bash has cut off stands on the line already.
  local breaks= cut
  [[ $COMP_WORDBREAKS == *:* ]] && breaks+=:
  [[ $COMP_WORDBREAKS == *=* ]] && breaks+==
  if [[ -n $breaks && $whole == *[$breaks]* ]]; then
    cut=${whole%"${whole##*[$breaks]}"}
    COMPREPLY=("${COMPREPLY[@]#"$cut"}")
  fi
)";

// zsh -----------------------------------------------------------------------------------------------------------------------------------

// Text inside the brackets and fields of a specification of _arguments or _describe.
std::string field(std::string text) {
  for (auto& c : text)
    if (c == ':' || c == '[' || c == ']') c = ' ';
  return text;
}

std::string zsh_family(const ToolView& tool, const RegistryBase& family) {
  std::string out = function_name(tool, family) + "() {\n  local -a names keys\n  compset -P '*[+]'\n  if [[ $PREFIX == *:* ]]; then\n    case ${PREFIX%%:*} in\n";
  for (const auto& info : family.entries())
    if (!info.options.empty()) out += "      " + info.card.name + ") keys=(" + join(keys_of(info), " ") + ") ;;\n";
  out += "    esac\n    compset -P '*[:,]'\n    compadd -S '' -a keys\n  else\n    names=(\n";
  for (const auto& info : family.entries()) out += "      " + shell_quoted(info.card.name + ":" + field(info.card.summary)) + "\n";
  return out + "    )\n    _describe -t " + family.family() + " " + family.family() + " names\n  fi\n}\n";
}

std::string zsh_action(const ToolView& tool, const OptionDoc& doc) {
  if (!doc.choices.empty()) return "(" + join(doc.choices, " ") + ")";
  if (const auto* family = choices_of(tool, doc)) {
    const std::string choose = function_name(tool, *family);
    return takes_files(doc) ? "{ " + choose + "; _files }" : choose;
  }
  return takes_files(doc) ? "_files" : " ";
}

std::string zsh_verb(const ToolView& tool, const Verbs::Entry& verb) {
  std::string out = "    " + verb.info.card.name + ")\n      _arguments";
  for (const auto& doc : all_options(verb)) {
    const std::string text = "[" + field(doc.doc) + "]" + (doc.type == "flag" ? "" : ":" + doc.name + ":" + zsh_action(tool, doc));
    if (doc.letter) out += " \\\n        " + shell_quoted(std::string("-") + doc.letter + text);
    out += " \\\n        " + shell_quoted("--" + doc.name + (doc.type == "flag" ? "" : "=") + text);
  }
  const auto words = input_words(tool, verb);
  out += " \\\n        '--help[explain the verb]'";
  if (verb.shape.most > 0) out += " \\\n        " + shell_quoted("*:input:" + (words.empty() ? std::string("_files") : "(" + join(words, " ") + ")"));
  return out + " ;;\n";
}

}  // namespace

std::string render_bash(const ToolView& tool) {
  const std::string& name = tool.spec->name;
  std::string out = "# bash completion of " + name + ", made by '" + name + " generate bash'\n";
  for (const auto* family : chosen_families(tool)) out += bash_family(tool, *family);
  out += "_" + name + "() {\n" + kBashBegin;
  out += "  if [[ ${#words[@]} -le 2 ]]; then\n    COMPREPLY=($(compgen -W '" + join(verb_names(tool), " ") + " --help --version' -- \"$word\"))\n    return\n  fi\n";
  out += "  option=${words[-2]}\n  if [[ $word == --*=* ]]; then\n    option=${word%%=*}\n    word=${word#*=}\n    before=$option=\n  fi\n  case ${words[1]} in\n";
  for (const auto& verb : tool.verbs->entries()) out += bash_verb(tool, verb);
  return out + "  esac\n" + kBashEnd + "}\ncomplete -F _" + name + " " + name + "\n";
}

std::string render_zsh(const ToolView& tool) {
  const std::string& name = tool.spec->name;
  std::string out = "#compdef " + name + "\n# zsh completion of " + name + ", made by '" + name + " generate zsh'\n";
  for (const auto* family : chosen_families(tool)) out += zsh_family(tool, *family);
  out += "_" + name + "() {\n  local -a verbs\n  verbs=(\n";
  for (const auto& verb : tool.verbs->entries()) out += "    " + shell_quoted(verb.info.card.name + ":" + field(verb.info.card.summary)) + "\n";
  out += "  )\n  if (( CURRENT == 2 )); then\n    _describe -t verbs verb verbs\n    return\n  fi\n  local verb=$words[2]\n  shift words\n  (( CURRENT-- ))\n  case $verb in\n";
  for (const auto& verb : tool.verbs->entries()) out += zsh_verb(tool, verb);
  // Found on fpath, this file is the body of the function at its first call; sourced, it registers it.
  return out + "  esac\n}\nif [[ $funcstack[1] == _" + name + " ]]; then\n  _" + name + " \"$@\"\nelse\n  compdef _" + name + " " + name + "\nfi\n";
}

}  // namespace dml
