#include "node/metrics.h"

#include <span>

#include "base/text.h"

namespace dml {

std::string to_json(const MetricLine& line) {
  Json json;
  json.begin_object().field("round", line.round).field("time", line.time).field("node", line.node);
  for (const auto& [name, value] : line.values) json.field(name, value);
  return json.end_object().str();
}

MetricsFile::MetricsFile(const std::string& path) : sink_(open_file_sink(path)) {}

void MetricsFile::line(MetricLine line) {
  constexpr std::size_t kPending = 16 << 10;
  pending_ += to_json(line) + "\n";
  if (pending_.size() >= kPending) flush();
}

void MetricsFile::flush() {
  sink_->write(std::as_bytes(std::span(pending_)));
  pending_.clear();
}

void MetricsFile::close() {
  flush();
  sink_->commit();
}

}  // namespace dml
