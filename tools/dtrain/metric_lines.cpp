#include "dtrain/metric_lines.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "formats/json.h"

namespace dml {
namespace {

constexpr std::size_t kMostLine = 64 << 10;                // bytes
constexpr std::uint64_t kMostText = std::uint64_t{4} << 30;   // of an inflated file

struct Seen { double time = 0, bytes = 0, y = 0; };
using Rounds = std::map<std::uint64_t, std::map<std::int64_t, Seen>>;

/// Lines of a source, one after the other.
class Lines {
 public:
  explicit Lines(std::unique_ptr<ByteSource> source) : source_(std::make_unique<BufferedSource>(std::move(source))) {
    if (looks_gzipped(source_->peek(64))) source_ = std::make_unique<BufferedSource>(gunzip(std::move(source_), kMostText));
  }
  bool next(std::string& line) {
    line.clear();
    ++number_;
    for (;;) {
      const auto bytes = source_->peek(1);
      if (bytes.empty()) return !line.empty();
      const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      const auto end = text.find('\n');
      line += text.substr(0, end);
      source_->skip(end == std::string_view::npos ? text.size() : end + 1);
      if (line.size() > kMostLine) throw Error(Fault::input, where() + " is longer than " + format_bytes(kMostLine) + ": no metrics");
      if (end != std::string_view::npos) return true;
    }
  }
  std::string where() const { return "line " + std::to_string(number_) + " of " + source_->name(); }

 private:
  std::unique_ptr<BufferedSource> source_;
  std::uint64_t number_ = 0;
};

// Whole numbers of JSON may be integers or doubles.
std::optional<std::int64_t> whole(const Attributes& line, const std::string& key) {
  const auto value = get_number(line, key);
  if (!value || std::floor(*value) != *value || std::fabs(*value) > 9e15) return std::nullopt;
  return static_cast<std::int64_t>(*value);
}

void add_line(Rounds& rounds, std::set<std::string>& names, const Attributes& line, const std::string& metric, const std::string& where) {
  const auto round = whole(line, "round"), node = whole(line, "node");
  if (!round || *round < 0 || !node || *node < -1) throw Error(Fault::input, where + " has no round and node: no metrics", "dtrain writes them with --metrics");
  for (const auto& [name, value] : line)
    if (value.number()) names.insert(name);
  const auto y = get_number(line, metric);
  if (!y || !std::isfinite(*y)) return;
  Seen seen{get_number(line, "time").value_or(0), 0, *y};
  for (const char* part : {"bytes_model", "bytes_control", "bytes_framing"}) seen.bytes += get_number(line, part).value_or(0);
  rounds[static_cast<std::uint64_t>(*round)][*node] = seen;
}

CurvePoint point_of(std::uint64_t round, const std::vector<Seen>& lines) {
  CurvePoint out{round, 0, 0, 0, lines.front().y, lines.front().y, lines.size()};
  for (const auto& line : lines) {
    out.time += line.time;
    out.bytes += line.bytes;
    out.mean += line.y;
    out.least = std::min(out.least, line.y);
    out.most = std::max(out.most, line.y);
  }
  out.time /= static_cast<double>(lines.size());
  out.mean /= static_cast<double>(lines.size());
  return out;
}

Curve curve_of(const Rounds& rounds, bool merged) {
  Curve out{{}, merged};
  for (const auto& [round, nodes] : rounds) {
    std::vector<Seen> lines;
    for (const auto& [node, seen] : nodes)
      if ((node == -1) == merged) lines.push_back(seen);
    if (!lines.empty()) out.points.push_back(point_of(round, lines));
  }
  return out;
}

}  // namespace

Curve read_curve(std::unique_ptr<ByteSource> source, const std::string& metric, bool merged) {
  const std::string name = source->name();
  Lines lines(std::move(source));
  Rounds rounds;
  std::set<std::string> names;
  for (std::string line; lines.next(line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const Value value = parse_json(line, lines.where());
    const auto* members = value.get_if<Attributes>();
    if (!members) throw Error(Fault::input, lines.where() + " is no JSON object");
    add_line(rounds, names, *members, metric, lines.where());
  }
  Curve curve = curve_of(rounds, merged);
  if (curve.points.empty() && !merged) curve = curve_of(rounds, true);
  if (!curve.points.empty()) return curve;
  if (names.empty()) throw Error(Fault::input, name + " holds no metrics");
  const std::vector<std::string> known(names.begin(), names.end());
  const auto near = nearest(metric, known);
  throw Error(Fault::usage, name + " has no numbers " + quote(metric) + (merged ? " of all nodes together" : ""),
              near && *near != metric ? "did you mean '" + *near + "'?" : "it has " + join(known, ", "));
}

}  // namespace dml
