#include "wire/graph_lines.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/error.h"

namespace dml {

bool GraphLines::next(std::string& line) {
  line.clear();
  ++number_;
  for (bool comment = false, begun = false;; begun = true) {
    if (at_ == have_) {
      at_ = 0;
      have_ = source_->read(buffer_);
      if (have_ == 0 && !begun) return false;
      if (have_ == 0) throw Error(Fault::input, where() + " does not end: the file may be cut", "a complete text file ends with a line break");
    }
    const char c = static_cast<char>(buffer_[at_++]);
    if (c == '\n') return true;
    comment = comment || c == '#';
    if (comment) continue;
    if (line.size() == longest_) throw Error(Fault::input, where() + " is longer than " + std::to_string(longest_) + " bytes");
    line += c;
  }
}

std::vector<std::string_view> words_of(std::string_view line, std::string_view separators) {
  std::vector<std::string_view> out;
  for (std::size_t at = line.find_first_not_of(separators); at != std::string_view::npos;) {
    const auto end = std::min(line.find_first_of(separators, at), line.size());
    out.push_back(line.substr(at, end - at));
    at = line.find_first_not_of(separators, end);
  }
  return out;
}

std::optional<double> parse_weight(std::string_view word) {
  double value = 0;
  const auto [end, code] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (code != std::errc() || end != word.data() + word.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace dml
