// The words of a command line, split into options and inputs. Values stay text; Options::read parses them.
#pragma once
#include <string>
#include <vector>

#include "entry/verb.h"

namespace dml {

struct CommandLine {
  Settings options;
  std::vector<std::string> inputs;
  bool help = false;
};

/// `words`: what follows the verb. Error(usage) on an option that the verb does not have, with the nearest name.
CommandLine parse_command_line(const Verbs::Entry& verb, std::vector<std::string> words);

}  // namespace dml
