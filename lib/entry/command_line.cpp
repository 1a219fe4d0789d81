#include "entry/command_line.h"

#include <CLI/CLI.hpp>

#include <algorithm>

#include "entry/common.h"

namespace dml {
namespace {

[[noreturn]] void unknown_option(const std::vector<OptionDoc>& docs, const std::string& word) {
  std::string name = word.substr(0, word.find('='));
  name.erase(0, name.find_first_not_of('-'));
  detail::unknown_option({}, name, docs);
}

// CLI11's sentence in the manner of this project: one line, lower case, no full stop.
[[noreturn]] void rethrow(const CLI::ParseError& error) {
  std::string what = error.what();
  what = what.substr(0, what.find('\n'));
  if (!what.empty()) what[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(what[0])));
  while (!what.empty() && what.back() == '.') what.pop_back();
  throw Error(Fault::usage, what);
}

}  // namespace

CommandLine parse_command_line(const Verbs::Entry& verb, std::vector<std::string> words) {
  CommandLine parsed;
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  app.add_flag("-h,--help", parsed.help);
  std::vector<OptionDoc> all = verb.info.options;
  const auto common = common_docs(verb);
  all.insert(all.end(), common.begin(), common.end());
  Settings values;
  for (const auto& doc : all) {
    const std::string names = (doc.letter ? std::string("-") + doc.letter + "," : std::string()) + "--" + doc.name;
    if (doc.type == "flag") app.add_flag(names + "{true}", values[doc.name]);
    else app.add_option(names, values[doc.name])->allow_extra_args(false);
  }
  // Positionals are what is left: CLI11's own would let an option with several values swallow them.
  std::reverse(words.begin(), words.end());                // CLI11 takes the first word from the back
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    rethrow(error);
  }
  bool only_inputs = false;
  for (const auto& word : app.remaining()) {
    if (word == "--" && !only_inputs) only_inputs = true;
    else if (!only_inputs && word.size() > 1 && word[0] == '-') unknown_option(all, word);
    else parsed.inputs.push_back(word);
  }
  for (const auto& doc : all)
    if (app.count("--" + doc.name) > 0) parsed.options[doc.name] = values[doc.name];
  return parsed;
}

}  // namespace dml
