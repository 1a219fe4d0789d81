#include "train/observer.h"

#include <algorithm>
#include <limits>
#include <string>

#include "objective/vector.h"

namespace dml {
namespace {

constexpr std::size_t kMostOpen = 16;                      // rounds that wait for lines
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

}  // namespace

double consensus_distance(const std::vector<Vec>& models) {
  const auto mean = mean_of(models);
  double sum = 0;
  for (const auto& model : models) sum += squared_distance(model, mean);
  return sum / static_cast<double>(models.size());
}

Vec mean_model(const std::vector<Vec>& models) {
  auto mean = mean_of(models);
  return torch::from_blob(mean.data(), {static_cast<std::int64_t>(mean.size())}, torch::kFloat64).to(models.front().scalar_type(), false, true);
}

MetricLine metric_line(std::uint64_t round, double time, std::int64_t node, Objective::Score score, double consensus, const Traffic& traffic) {
  return {round, time, node,
          {{"loss", score.loss},
           {"accuracy", score.accuracy},
           {"consensus", consensus},
           {"bytes_model", static_cast<double>(traffic.model)},
           {"bytes_control", static_cast<double>(traffic.control)},
           {"bytes_framing", static_cast<double>(traffic.framing)}}};
}

void Observer::keep(std::uint64_t round, std::int64_t node, Vec model) {
  std::lock_guard lock(mutex_);
  if (closed_ <= round) rounds_[round].models[node] = std::move(model);
}

void Observer::line(MetricLine line) {
  sink_.line(line);
  Round complete;
  {
    std::lock_guard lock(mutex_);
    const auto found = rounds_.find(line.round);
    if (found == rounds_.end() || !found->second.models.count(line.node)) return;
    found->second.lines[line.node] = std::move(line);
    const bool oldest = rounds_.size() > kMostOpen;        // nobody will report it any more
    const auto done = found->second.lines.size() >= expected_ ? found : oldest ? rounds_.begin() : rounds_.end();
    if (done == rounds_.end()) return;
    if (done != found) closed_ = done->first + 1;
    complete = std::move(done->second);
    rounds_.erase(done);
    if (complete.lines.empty()) return;
  }
  sink_.line(summarize(complete));
}

void Observer::finish() {
  for (const auto& [number, round] : std::exchange(rounds_, {}))
    if (!round.lines.empty()) sink_.line(summarize(round));
}

MetricLine Observer::summarize(const Round& round) const {
  std::vector<Vec> models;
  for (const auto& [node, model] : round.models) models.push_back(model);
  std::map<std::string, double> sum;
  double least = std::numeric_limits<double>::infinity(), best = -least;
  for (const auto& [node, line] : round.lines)
    for (const auto& [name, value] : line.values) {
      sum[name] += value;
      if (name != "accuracy") continue;
      least = std::min(least, value);
      best = std::max(best, value);
    }
  const auto count = static_cast<double>(round.lines.size());
  const auto merged = objective_->score(mean_model(models), true);
  const auto& first = round.lines.begin()->second;
  auto out = metric_line(first.round, first.time, -1, merged, consensus_distance(models), {});
  for (auto& [name, value] : out.values)
    if (name.starts_with("bytes_")) value = sum[name];
  out.values.insert(out.values.end(), {{"local_loss", sum["loss"] / count},
                                       {"local_accuracy", sum["accuracy"] / count},
                                       {"least_accuracy", least},
                                       {"best_accuracy", best},
                                       {"margin", sum["loss"] / count - merged.loss}});
  return out;
}

void report_metrics(Context& context, const Setup& setup, std::uint64_t round, const Vec& x) {
  if (setup.observer) setup.observer->keep(round, context.self(), x);
  context.metrics().line(metric_line(round, context.now(), context.self(), setup.objective->score(x, true), kUnknown, context.traffic()));
}

}  // namespace dml
