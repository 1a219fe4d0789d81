// What the tests of the rules share: a registry, small inputs with known answers, and ways to run a rule on them.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "aggregate/aggregator.h"
#include "base/log.h"

namespace dml::samples {

using Matrix = std::vector<std::vector<double>>;

/// Seven points in the plane, the last two far outliers: mean, median, trimmed mean and both Krums all differ.
inline const Matrix kSkewed{{0, 0}, {1, 0}, {0, 2}, {2, 1}, {1, 3}, {10, -10}, {12, 8}};
/// The example of ByzFL's documentation.
inline const Matrix kByzfl{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}};

inline const Registry<Aggregator>& rules() {
  static const auto* registry = [] {
    auto* made = new Registry<Aggregator>("aggregator");
    register_aggregators(*made);
    return made;
  }();
  return *registry;
}

template <class T>
std::vector<double> combine(const Aggregator& rule, const Matrix& matrix, const AggregationContext& context = {}) {
  std::vector<std::vector<T>> rows;
  for (const auto& row : matrix) rows.emplace_back(row.begin(), row.end());
  Rows<T> view;
  view.columns = matrix.empty() ? 0 : matrix[0].size();
  for (const auto& row : rows) view.row.push_back(row.data());
  std::vector<T> out(view.columns);
  rule.combine(view, out.data(), context);
  return {out.begin(), out.end()};
}

template <class T>
std::vector<double> combine(const std::string& rule, const Matrix& matrix, const AggregationContext& context = {}) {
  return combine<T>(*rules().make(rule), matrix, context);
}

/// One tensor 'w' from `sender`.
template <class T>
Record update(std::uint64_t sender, const std::vector<T>& values) {
  return {"update", {{"sender", Value(sender)}, {"round", Value(std::uint64_t{3})}}, {make_tensor("w", values)}, {}};
}

/// Warnings of its lifetime.
class Warnings {
 public:
  Warnings() {
    set_log_sink([this](Level level, const std::string& line) {
      if (level == Level::warning) lines.push_back(line);
    });
  }
  ~Warnings() { set_log_sink(nullptr); }
  Warnings(const Warnings&) = delete;
  Warnings& operator=(const Warnings&) = delete;
  std::vector<std::string> lines;
};

}  // namespace dml::samples
