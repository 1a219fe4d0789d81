// Where --metrics lines go. Lines of one run come from one thread at a time, in a deterministic order (see simulate()).
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "node/node.h"
#include "wire/stream.h"

namespace dml {

/// {"round": 3, "time": 0.5, "node": 2, "loss": 0.25, ...}: the values in the line's own order; node -1 stands for all together; NaN
/// and infinity become null.
std::string to_json(const MetricLine& line);

/// Writes ndjson. A regular file appears under its name at close(), and not at all without it.
class MetricsFile final : public Metrics {
 public:
  explicit MetricsFile(const std::string& path);           // Error(system) when it cannot be written
  void line(MetricLine line) override;
  void close();

 private:
  void flush();
  std::unique_ptr<ByteSink> sink_;
  std::string pending_;
};

/// Swallows all lines.
class NoMetrics final : public Metrics {
 public:
  void line(MetricLine) override {}
};

/// Keeps all lines.
class MetricsLog final : public Metrics {
 public:
  void line(MetricLine line) override { lines_.push_back(std::move(line)); }
  const std::vector<MetricLine>& lines() const { return lines_; }

 private:
  std::vector<MetricLine> lines_;
};

}  // namespace dml
