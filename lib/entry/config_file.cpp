#include "entry/config_file.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <utility>

#include "base/text.h"
#include "entry/common.h"
#include "wire/stream.h"

namespace dml {
namespace {

constexpr std::string_view kBlank = " \t";

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) + 1 - begin);
}

std::string place(int line, const std::string& name) { return "line " + std::to_string(line) + " of " + quote(name); }

// One line, from left to right.
class LineParser {
 public:
  LineParser(std::string_view text, std::string where) : text_(text), where_(std::move(where)) {}

  [[noreturn]] void malformed(const std::string& why) const { throw Error(Fault::usage, where_ + ": " + why, "write KEY = VALUE, [VERB], or # and a comment"); }

  // Whether nothing but blanks and a comment is left.
  bool ends() {
    at_ = std::min(text_.find_first_not_of(kBlank, at_), text_.size());
    return at_ == text_.size() || text_[at_] == '#';
  }
  bool takes(char c) {
    if (ends() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  std::string name() {
    if (ends()) malformed("a name is missing");
    const auto begin = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '-' || text_[at_] == '_')) ++at_;
    if (at_ == begin) malformed("a name is missing before " + quote(text_.substr(at_)));
    return std::string(text_.substr(begin, at_ - begin));
  }
  std::string value() {
    if (ends()) malformed("a value is missing");
    if (takes('[')) return list();
    return one("#");
  }

 private:
  // `stops`: what ends a bare value.
  std::string one(std::string_view stops) {
    if (takes('"')) return quoted_text();
    if (takes('\'')) return literal_text();
    const auto begin = at_;
    at_ = std::min(text_.find_first_of(stops, at_), text_.size());
    return std::string(trimmed(text_.substr(begin, at_ - begin)));
  }
  std::string list() {
    std::vector<std::string> parts;
    while (!takes(']')) {
      if (!parts.empty() && !takes(',')) malformed("a list goes on with , or ends with ]");
      if (ends()) malformed("a list has no end");
      parts.push_back(one(",]#"));
      if (parts.back().empty() || parts.back().find(',') != std::string::npos) malformed("a member of a list is empty or holds a comma");
    }
    return join(parts, ",");
  }
  std::string literal_text() {
    const auto end = text_.find('\'', at_);
    if (end == std::string_view::npos) malformed("a text has no closing '");
    const auto begin = std::exchange(at_, end + 1);
    return std::string(text_.substr(begin, end - begin));
  }
  std::string quoted_text() {
    std::string out;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] != '\\') out += text_[at_++];
      else escaped(out);
    }
    if (at_ == text_.size()) malformed("a text has no closing \"");
    ++at_;
    return out;
  }
  void escaped(std::string& out) {
    constexpr std::string_view names = "\"\\nrt", values = "\"\\\n\r\t";
    const char c = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    at_ += 2;
    if (const auto known = names.find(c); c && known != std::string_view::npos) {
      out += values[known];
    } else if (c == 'u' && at_ + 4 <= text_.size() && text_.substr(at_, 4).find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos) {
      append_utf8(out, static_cast<unsigned>(std::stoul(std::string(text_.substr(at_, 4)), nullptr, 16)));
      at_ += 4;
    } else {
      malformed("an escape is none of \\\" \\\\ \\n \\r \\t \\uXXXX");
    }
  }
  void append_utf8(std::string& out, unsigned code) const {
    if (code == 0 || (code >= 0xd800 && code < 0xe000)) malformed("an escape is no character");
    const auto push = [&out](unsigned byte) { out += static_cast<char>(byte); };
    if (code < 0x80) return push(code);
    if (code < 0x800) {
      push(0xc0 | code >> 6);
    } else {
      push(0xe0 | code >> 12);
      push(0x80 | (code >> 6 & 0x3f));
    }
    push(0x80 | (code & 0x3f));
  }
  std::string_view text_;
  std::string where_;
  std::size_t at_ = 0;
};

bool names_option(const Verbs::Entry& verb, const std::string& name) {
  // A file that names another file, or that says not to run, would be a riddle.
  if (name == "config" || name == "print-config") return false;
  const auto has = [&](const std::vector<OptionDoc>& docs) { return std::any_of(docs.begin(), docs.end(), [&](const OptionDoc& doc) { return doc.name == name; }); };
  return has(verb.info.options) || has(common_docs(verb));
}

std::vector<std::string> option_names(const Verbs::Entry& verb) {
  std::vector<std::string> out;
  for (const auto& doc : verb.info.options) out.push_back(doc.name);
  for (const auto& doc : common_docs(verb))
    if (names_option(verb, doc.name)) out.push_back(doc.name);
  return out;
}

void check_line(const ConfigLine& line, const std::string& name, const Verbs& verbs) {
  const auto refuse = [&](const std::string& what, const std::vector<std::string>& known) {
    const auto near = nearest(line.section.empty() || verbs.find(line.section) ? line.key : line.section, known);
    throw Error(Fault::usage, place(line.line, name) + ": " + what, near ? "did you mean '" + *near + "'?" : "");
  };
  std::vector<std::string> known;
  if (!line.section.empty()) {
    const auto* verb = verbs.find(line.section);
    if (verb && names_option(*verb, line.key)) return;
    if (verb) return refuse("option " + quote(line.key) + " is unknown to verb " + quote(line.section), option_names(*verb));
    for (const auto& entry : verbs.entries()) known.push_back(entry.info.card.name);
    return refuse("verb " + quote(line.section) + " is unknown", known);
  }
  for (const auto& entry : verbs.entries()) {
    if (names_option(entry, line.key)) return;
    const auto names = option_names(entry);
    known.insert(known.end(), names.begin(), names.end());
  }
  refuse("option " + quote(line.key) + " is unknown to every verb", known);
}

bool is_plain(const std::string& value) { return value == "true" || value == "false" || (parse_number(value) && value.find_first_not_of("0123456789.-+e") == std::string::npos); }

std::string show_text(const std::string& value) {
  if (is_plain(value)) return value;
  constexpr std::string_view special = "\"\\\n\r\t", escapes = "\"\\nrt";
  std::string out = "\"";
  for (const char c : value) {
    const auto known = special.find(c);
    if (c && known != std::string_view::npos) out += std::string("\\") + escapes[known];
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) out += "\\u00" + to_hex(&c, 1);
    else out += c;
  }
  return out + "\"";
}

}  // namespace

std::vector<ConfigLine> parse_config(std::string_view text, const std::string& name) {
  std::vector<ConfigLine> out;
  std::map<std::pair<std::string, std::string>, int> seen;
  std::string section;
  int number = 0;
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    LineParser parser(line, place(++number, name));
    for (const char c : line)
      if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) parser.malformed("a control character");
    if (parser.ends()) continue;
    if (parser.takes('[')) {
      section = parser.name();
      if (!parser.takes(']') || !parser.ends()) parser.malformed("a section is [VERB] and nothing else");
      continue;
    }
    std::string key = parser.name();
    if (!parser.takes('=')) parser.malformed("there is no = behind " + quote(key));
    std::string value = parser.value();
    if (!parser.ends()) parser.malformed("something follows the value");
    const auto [before, fresh] = seen.emplace(std::pair(section, key), number);
    if (!fresh) parser.malformed("option " + quote(key) + " stands in line " + std::to_string(before->second) + " already");
    out.push_back({section, std::move(key), std::move(value), number});
  }
  return out;
}

std::vector<ConfigLine> read_config(const std::string& path) {
  const auto source = open_file_source(path);
  std::string text;
  std::array<char, 4096> block;
  while (const auto got = source->read(std::as_writable_bytes(std::span(block)))) {
    text.append(block.data(), got);
    if (text.size() > kMostConfig) throw Error(Fault::input, quote(path) + " is larger than " + format_bytes(kMostConfig) + ": no file of options");
  }
  return parse_config(text, path);
}

Settings config_settings(const std::vector<ConfigLine>& config, const std::string& name, const Verbs& verbs, const Verbs::Entry& verb,
                         std::map<std::string, int>& lines) {
  Settings out;
  std::set<std::string> own;                               // from the verb's section, wherever it stands in the file
  for (const auto& line : config) {
    check_line(line, name, verbs);
    const bool ours = line.section == verb.info.card.name;
    if (!ours && (!line.section.empty() || own.count(line.key) || !names_option(verb, line.key))) continue;
    if (ours) own.insert(line.key);
    out[line.key] = line.value;
    lines[line.key] = line.line;
  }
  return out;
}

std::string show_config(const std::string& verb, const Settings& settings) {
  std::string out = "[" + verb + "]\n";
  for (const auto& [name, value] : settings) out += name + " = " + show_text(value) + "\n";
  return out;
}

}  // namespace dml
