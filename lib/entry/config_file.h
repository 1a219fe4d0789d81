// Files of options for --config: lines KEY = VALUE with the names of the options, in the manner of TOML. Lines before the first [VERB] are
// for every verb that has such an option, lines under it for that verb. What stands in the file is text; Options::read parses it, as it
// does what stands on the command line.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "entry/options.h"
#include "entry/verb.h"

namespace dml {

struct ConfigLine {
  std::string section, key, value;                         // section "": before the first one
  int line = 0;                                            // counted from 1
};

inline constexpr std::size_t kMostConfig = 1 << 20;        // bytes of a file

/// `name` stands for the file in messages. A value is bare (up to a #), "with \" \\ \n \r \t \u00e9" escapes, 'literal', or a list
/// [a, "b", c] of these on one line, which becomes a,b,c. Error(usage) naming line and file when a line is malformed or a key of a section
/// stands twice.
std::vector<ConfigLine> parse_config(std::string_view text, const std::string& name);
/// Error(input) when the file cannot be read.
std::vector<ConfigLine> read_config(const std::string& path);

/// What the file says for `verb`: its section before the lines above all sections. Every line must name an option of its verb (above all
/// sections: of any verb), else Error(usage) with the nearest name. `lines`: which line a setting came from.
Settings config_settings(const std::vector<ConfigLine>& config, const std::string& name, const Verbs& verbs, const Verbs::Entry& verb,
                         std::map<std::string, int>& lines);

/// A section that parse_config reads back to the same settings.
std::string show_config(const std::string& verb, const Settings& settings);

}  // namespace dml
