#include "node/closing.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "node/shape_state.h"

namespace dml {
namespace {

constexpr std::size_t kRemembered = 256, kFew = 8, kRounds = 64;
constexpr double kDeviations = 6, kShortest = 0.05;

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

}  // namespace

const Closing& Context::closing() const {
  static const Closing never;
  return never;
}

void Punctuality::arrived(Seconds after) {
  if (taken_.size() == kRemembered) taken_.pop_front();
  taken_.push_back(after);
}

std::optional<Seconds> Punctuality::deadline() const {
  if (taken_.size() < kFew) return std::nullopt;
  std::vector<double> values(taken_.begin(), taken_.end());
  const double middle = median(values);
  for (auto& value : values) value = std::abs(value - middle);
  return std::max(kShortest, middle + kDeviations * median(values));
}

void RoundCloser::begin(Context& context, std::uint64_t round) {
  const Closing& closing = context.closing();
  round_ = round;
  names_ = closing.named;
  given_up_.erase(given_up_.begin(), given_up_.lower_bound(round));
  began_[round] = context.now();
  if (began_.size() > kRounds) began_.erase(began_.begin());
  late_ = false;
  const auto deadline = closing.automatic ? punctuality_.deadline() : closing.deadline;
  due_.reset();
  if (!deadline) return;
  due_ = began_[round] + *deadline;
  context.wake(*deadline, kDeadline);
}

void RoundCloser::arrived(Context& context, NodeId from, std::uint64_t round) {
  const Closing& closing = context.closing();
  if (!closing.quorum && !closing.deadline && !closing.automatic) return;
  auto& latest = latest_[from];
  latest = std::max(latest, round);
  const auto began = began_.find(round);
  if (closing.automatic && began != began_.end()) punctuality_.arrived(context.now() - began->second);
  if (round >= round_ && named_.erase(from) && round == round_) log(Level::note, "node " + std::to_string(from) + " is in time again in round " + std::to_string(round));
}

void RoundCloser::peer(NodeId id, PeerEvent event) {
  if (event == PeerEvent::down) lost_.insert(id);
  else if (event == PeerEvent::left) gone_.insert(id);
  if (event == PeerEvent::down || event == PeerEvent::left) return;
  lost_.erase(id);
  gone_.erase(id);
}

void RoundCloser::woken(Context& context, const std::vector<NodeId>& missing) {
  if (!due_ || late_ || context.now() < *due_) return;     // an earlier round's
  late_ = true;
  for (const NodeId id : missing)
    if (!lost_.count(id) && !gone_.count(id))
      name(id, "is late in round " + std::to_string(round_) + ": nothing came in " + format_fixed(*due_ - began_[round_], 3) + " s");
}

bool RoundCloser::passed(NodeId id) const {
  const auto latest = latest_.find(id);
  return latest != latest_.end() && latest->second > round_;
}

bool RoundCloser::closes(Context& context, std::size_t in, const std::vector<NodeId>& missing) {
  const auto& quorum = context.closing().quorum;
  if (!quorum || missing.empty()) return missing.empty();
  if (std::all_of(missing.begin(), missing.end(), [&](NodeId id) { return passed(id); })) return true;
  const std::size_t wanted = std::min(*quorum, in + missing.size());
  if (in >= wanted)
    return std::all_of(missing.begin(), missing.end(), [&](NodeId id) { return late_ || passed(id) || lost_.count(id) || gone_.count(id) || is_given_up(id); });
  if (std::all_of(missing.begin(), missing.end(), [&](NodeId id) { return gone_.count(id) && !passed(id); }))
    throw Error(Fault::system, "round " + std::to_string(round_) + " has " + std::to_string(in) + " of the " + std::to_string(wanted) +
                                   " messages that --quorum asks for, and " + name_nodes(missing) + (missing.size() == 1 ? " is gone" : " are gone"));
  return false;
}

bool RoundCloser::is_given_up(NodeId id) const {
  const auto round = given_up_.find(round_);
  return round != given_up_.end() && round->second.count(id) != 0;
}

std::string RoundCloser::reason(NodeId id) const {
  return gone_.count(id) ? "gone" : lost_.count(id) ? "lost" : "late";
}

void RoundCloser::closed_without(const std::vector<NodeId>& missing) {
  for (const NodeId id : missing) name(id, "is " + reason(id) + ": round " + std::to_string(round_) + " closes without it");
}

void RoundCloser::name(NodeId id, const std::string& what) {
  if (names_ && named_.insert(id).second) warn("node " + std::to_string(id) + " " + what);
}

}  // namespace dml
