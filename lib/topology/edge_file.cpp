#include "topology/edge_file.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "wire/stream.h"

namespace dml {
namespace {

constexpr std::size_t kLongestLine = 4096;

// Splits a byte source into lines without believing that they are short.
class Lines {
 public:
  explicit Lines(std::unique_ptr<ByteSource> source) : source_(std::move(source)) {}
  bool next(std::string& line) {
    line.clear();
    for (;;) {
      if (at_ == have_) {
        at_ = 0;
        have_ = source_->read(buffer_);
        if (have_ == 0) return !line.empty() && ++number_;
      }
      const char c = static_cast<char>(buffer_[at_++]);
      if (c == '\n') return ++number_;
      if (line.size() == kLongestLine) throw Error(Fault::input, "line " + std::to_string(number_ + 1) + " of " + source_->name() + " is longer than 4096 bytes");
      line += c;
    }
  }
  std::string where() const { return "line " + std::to_string(number_) + " of " + source_->name(); }

 private:
  std::unique_ptr<ByteSource> source_;
  std::byte buffer_[4096];
  std::size_t at_ = 0, have_ = 0;
  std::size_t number_ = 0;
};

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> out;
  constexpr std::string_view kBlank = " \t\r";
  for (std::size_t at = line.find_first_not_of(kBlank); at != std::string_view::npos;) {
    const auto end = std::min(line.find_first_of(kBlank, at), line.size());
    out.push_back(line.substr(at, end - at));
    at = line.find_first_not_of(kBlank, end);
  }
  return out;
}

NodeId read_node(std::string_view word, std::size_t nodes, const std::string& where) {
  std::uint64_t id = 0;
  const auto [end, code] = std::from_chars(word.data(), word.data() + word.size(), id);
  if (code == std::errc::invalid_argument || end != word.data() + word.size())
    throw Error(Fault::input, where + ": " + quote(word) + " is no node number");
  if (code != std::errc() || id >= nodes)
    throw Error(Fault::input, where + ": node " + std::string(word) + " is not among 0.." + std::to_string(nodes - 1));
  return static_cast<NodeId>(id);
}

}  // namespace

Edges read_edges(const std::string& path, std::size_t nodes) {
  Lines lines(open_file_source(path));
  std::set<Edge> seen;
  for (std::string line; lines.next(line);) {
    const auto parts = words(std::string_view(line).substr(0, line.find('#')));
    if (parts.empty()) continue;
    if (parts.size() != 2)
      throw Error(Fault::input, lines.where() + ": " + quote(line) + " is no edge", "write two node numbers a line; # starts a comment");
    const NodeId i = read_node(parts[0], nodes, lines.where()), j = read_node(parts[1], nodes, lines.where());
    if (i == j) throw Error(Fault::input, lines.where() + ": a self loop at node " + std::to_string(i));
    if (!seen.emplace(std::min(i, j), std::max(i, j)).second)
      throw Error(Fault::input, lines.where() + ": edge " + std::to_string(i) + " " + std::to_string(j) + " is there twice");
  }
  return Edges(seen.begin(), seen.end());
}

std::string edges_text(const Edges& edges, const std::string& comment) {
  std::string out = "# " + comment + "\n";
  for (const auto& [i, j] : edges) out += std::to_string(i) + " " + std::to_string(j) + "\n";
  return out;
}

}  // namespace dml
