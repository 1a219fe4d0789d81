// Metrics of a run. A node logs its own model's loss and accuracy; in a simulation the Observer stands between the nodes and the sink of
// their lines, keeps the models of a round, and adds the line of the whole: what merging them now would give, and how far apart they are.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "train/program.h"

namespace dml {

/// (1/n) sum_k ||x_k - mean||^2 with the mean in double, in order of the models.
double consensus_distance(const std::vector<Vec>& models);
/// Their plain mean, accumulated in double and rounded once.
Vec mean_model(const std::vector<Vec>& models);

class Observer final : public Metrics {
 public:
  /// `expected`: how many nodes report each round (the honest ones).
  Observer(Metrics& sink, std::shared_ptr<const Objective> objective, std::size_t expected)
      : sink_(sink), objective_(std::move(objective)), expected_(expected) {}

  /// From any thread, before the node's line of that round: shares `model` until the round is complete.
  void keep(std::uint64_t round, std::int64_t node, Vec model);
  /// Passes the line on. After the last node's line of a round follows that of node -1: loss and accuracy of the mean model, consensus
  /// Xi^2, bytes summed, then local_loss, local_accuracy (means), least_accuracy, best_accuracy, margin = local_loss - loss (above 0:
  /// mergeable with uniform weights, card single-merge).
  void line(MetricLine line) override;
  /// The lines of the whole of rounds that not all nodes reported, as some were gone. They cover those that did. (Before that such a line
  /// comes when more than sixteen rounds wait.)
  void finish();

 private:
  struct Round {
    std::map<std::int64_t, Vec> models;
    std::map<std::int64_t, MetricLine> lines;
  };
  MetricLine summarize(const Round& round) const;
  Metrics& sink_;
  std::shared_ptr<const Objective> objective_;
  std::size_t expected_;
  std::mutex mutex_;
  std::map<std::uint64_t, Round> rounds_;
  std::uint64_t closed_ = 0;                               // rounds below are told
};

/// The report of an honest node after `round` rounds: evaluates x on the test set, logs the node's line, tells the observer.
void report_metrics(Context& context, const Setup& setup, std::uint64_t round, const Vec& x);

/// A line in the fixed order: loss, accuracy, consensus (NaN: unknown), bytes_model, bytes_control, bytes_framing.
MetricLine metric_line(std::uint64_t round, double time, std::int64_t node, Objective::Score score, double consensus, const Traffic& traffic);

}  // namespace dml
