// Options that parts share: when something happens to a node, and how a lost message is sent again.
#pragma once
#include <optional>
#include <string>

#include "scenario/scenario.h"

namespace dml {

struct WhenOptions {
  std::optional<std::uint64_t> round;
  std::optional<double> time;
};
template <class T>
Options<T> with_when(Options<T> options) {
  return options.add("round", static_cast<std::optional<std::uint64_t> T::*>(&T::round), "before which round it happens, from 0")
      .add("time", static_cast<std::optional<double> T::*>(&T::time), "or at which second of virtual time", at_least(0));
}
/// Error(usage) naming `part` unless exactly one of round and time is given.
Happening happening_at(const WhenOptions& when, Upset what, NodeId node, double seconds, const std::string& part);

/// One thing that happens to one node.
struct OneNodeOptions : WhenOptions { std::uint64_t node = required; };
template <class T>
Options<T> with_node(Options<T> options) {
  return with_when(options.add("node", static_cast<std::uint64_t T::*>(&T::node), "whom it happens to"));
}

struct RetryOptions {
  double retry = 0.2;
  bool final = false;
};
template <class T>
Options<T> with_retry(Options<T> options) {
  return options.add("retry", static_cast<double T::*>(&T::retry), "seconds after which a lost message is sent again", above(0))
      .add("final", static_cast<bool T::*>(&T::final), "lost for good: it is given up then instead");
}
inline void lose(Transit& transit, const RetryOptions& options) {
  transit.lost = true;
  transit.retry = options.retry;
  transit.final = transit.final || options.final;
}

/// A part that only has a timeline.
class Timeline final : public Disturbance {
 public:
  explicit Timeline(std::vector<Happening> happenings) : happenings_(std::move(happenings)) {}
  std::vector<Happening> happenings() const override { return happenings_; }

 private:
  std::vector<Happening> happenings_;
};

}  // namespace dml
