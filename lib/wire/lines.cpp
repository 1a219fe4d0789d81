#include "wire/lines.h"

#include <algorithm>

#include "base/error.h"

namespace dml {
namespace {

constexpr std::size_t kMostLine = 4096;                    // bytes of one line

std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> found;
  constexpr const char* kBlanks = " \t";
  for (std::size_t at = line.find_first_not_of(kBlanks); at != std::string::npos && line[at] != '#';) {
    const std::size_t end = std::min(line.find_first_of(kBlanks, at), line.size());
    found.push_back(line.substr(at, end - at));
    at = line.find_first_not_of(kBlanks, end);
  }
  return found;
}

}  // namespace

std::string LineReader::where() const { return "line " + std::to_string(number_) + " of " + source_.name(); }

bool LineReader::read_line() {
  if (source_.peek(1).empty()) return false;
  ++number_;
  line_.clear();
  for (;;) {
    const auto bytes = source_.peek(1);
    const auto end = std::find(bytes.begin(), bytes.end(), std::byte{'\n'});
    line_.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(end - bytes.begin()));
    if (line_.size() > kMostLine) throw Error(Fault::input, where() + " is longer than " + std::to_string(kMostLine) + " bytes");
    const bool complete = end != bytes.end();
    source_.skip(static_cast<std::size_t>(end - bytes.begin()) + (complete ? 1 : 0));
    if (complete || source_.peek(1).empty()) break;
  }
  if (line_.ends_with('\r')) line_.pop_back();
  return true;
}

std::optional<std::vector<std::string>> LineReader::next() {
  while (read_line())
    if (auto words = words_of(line_); !words.empty()) return words;
  return std::nullopt;
}

bool printable(const std::string& word) {
  return std::all_of(word.begin(), word.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace dml
