// Small text files that people write, line by line: peers, keys, trust. Bounded before believed.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "wire/stream.h"

namespace dml {

class LineReader {
 public:
  explicit LineReader(const std::string& path) : source_(open_file_source(path)) {}
  explicit LineReader(std::unique_ptr<ByteSource> source) : source_(std::move(source)) {}
  /// The words of the next line that has some: split at blanks, up to a word that starts with #; nullopt at the end of the file.
  /// Error(input) for a line of more than 4096 bytes.
  std::optional<std::vector<std::string>> next();
  std::string where() const;                               // "line 3 of 'nodes.txt'": the line that next() returned
  std::string name() const { return source_.name(); }
  const std::string& line() const { return line_; }        // as it stands

 private:
  bool read_line();
  BufferedSource source_;
  std::size_t number_ = 0;
  std::string line_;
};

/// Whether all characters are visible ASCII.
bool printable(const std::string& word);

}  // namespace dml
