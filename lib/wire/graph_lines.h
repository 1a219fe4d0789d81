// What the readers of graph text share: lines of bounded length, words, numbers.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/graph_text.h"

namespace dml {

class GraphLines {
 public:
  GraphLines(std::unique_ptr<ByteSource> source, std::size_t longest) : source_(std::move(source)), longest_(longest), buffer_(1 << 16) {}
  /// The next line without its end and without a comment; false at the end of the text. Error(input) for one longer than `longest`, and
  /// for a last line that does not end.
  bool next(std::string& line);
  std::uint64_t number() const { return number_; }         // of the last line, from 1
  std::string where() const { return "line " + std::to_string(number_) + " of " + source_->name(); }
  std::string name() const { return source_->name(); }

 private:
  std::unique_ptr<ByteSource> source_;
  std::size_t longest_;
  std::vector<std::byte> buffer_;
  std::size_t at_ = 0, have_ = 0;
  std::uint64_t number_ = 0;
};

std::vector<std::string_view> words_of(std::string_view line, std::string_view separators);
/// A finite decimal number, also with an exponent.
std::optional<double> parse_weight(std::string_view word);
/// Warns when nodes of the file `name` have no edge.
void warn_of_isolated(const GraphText& graph, const std::string& name);

}  // namespace dml
