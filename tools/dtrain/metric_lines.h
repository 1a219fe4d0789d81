// What --metrics wrote, as curves: one number over the rounds of a run.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "wire/stream.h"

namespace dml {

/// One round of a run: `y` over the nodes that have it, the mean time of their lines, and the bytes that all of them had sent.
struct CurvePoint {
  std::uint64_t round = 0;
  double time = 0, bytes = 0, mean = 0, least = 0, most = 0;
  std::size_t nodes = 0;
};

struct Curve {
  std::vector<CurvePoint> points;                          // by round
  bool merged = false;                                     // lines of node -1: all nodes together
};

/// Reads ndjson, gz too; blank lines are skipped and the last line of a (round, node) counts. The curve is of the nodes' lines, or of
/// node -1 where `merged` is set or no node has the metric. Error(input) naming the line that is no metric line, Error(usage) when no line
/// has a number `metric`.
Curve read_curve(std::unique_ptr<ByteSource> source, const std::string& metric, bool merged);

}  // namespace dml
