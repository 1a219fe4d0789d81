// RoundNode. ServerRound is in server_round.cpp.
#include "node/shapes.h"

#include <algorithm>

#include "base/error.h"
#include "node/shape_state.h"

namespace dml {

void RoundNode::start(Context& context) {
  self_ = context.self();
  if (finished_) return context.finish();                  // resumed from the state after the last round
  advance(context);
}

void RoundNode::woken(Context& context, int tag) {
  if (tag != kNextRound || finished_ || !produced_ || !inbox_.empty()) return;
  end_round(context);
  advance(context);
}

void RoundNode::receive(Context& context, Message message) {
  if (finished_ || !message.payload || message.round < round_ || message.round >= plan_.rounds || message.from == self_) return;
  if (!produced_ || message.round != round_) {
    const NodeId from = message.from;
    early_[message.round].try_emplace(from, std::move(message));
    return;
  }
  if (missing_ == 0) return;                               // a round without senders, about to end
  take(std::move(message));
  if (missing_ == 0) advance(context);
}

// Goes on until a message is missing or the run is over. The loop turns more than once only when neighbours ran ahead. A round without
// senders ends upon a wake, when the rounds of those who wait can end, too.
void RoundNode::advance(Context& context) {
  while (round_ < plan_.rounds) {
    if (!produced_) begin_round(context);
    if (inbox_.empty()) return context.wake(0, kNextRound);
    if (missing_ > 0) return;
    end_round(context);
  }
  done(context);
  finished_ = true;
  early_.clear();
  context.finish();
}

void RoundNode::begin_round(Context& context) {
  mixing_ = plan_.mixing(round_);
  if (!mixing_ || mixing_->nodes() != context.nodes())
    throw Error(Fault::bug, "the mixing of round " + std::to_string(round_) + " is not one of " + std::to_string(context.nodes()) + " nodes");
  const auto row = mixing_->row(self_);
  const auto senders = static_cast<std::size_t>(std::count_if(row.begin(), row.end(), [&](const auto& entry) { return entry.first != self_; }));
  inbox_.assign(senders, Message{});
  missing_ = senders;

  const Payload payload = produce(context, round_);
  produced_ = true;
  const auto receivers = mixing_->receivers(self_);
  if (!payload && !receivers.empty()) throw Error(Fault::bug, "a node produced no payload for its receivers");
  for (const NodeId to : receivers) context.send(to, round_, payload);

  const auto waiting = early_.find(round_);
  if (waiting == early_.end()) return;
  for (auto& [from, message] : waiting->second) take(std::move(message));
  early_.erase(waiting);
}

// Puts a message of this round into its sender's slot.
void RoundNode::take(Message message) {
  const auto row = mixing_->row(self_);
  const auto entry = std::lower_bound(row.begin(), row.end(), message.from, [](const auto& e, NodeId id) { return e.first < id; });
  if (entry == row.end() || entry->first != message.from) return;
  const auto slot = static_cast<std::size_t>(entry - row.begin()) - (message.from > self_ ? 1 : 0);
  if (inbox_[slot].payload) return;
  inbox_[slot] = std::move(message);
  --missing_;
}

void RoundNode::end_round(Context& context) {
  const auto row = mixing_->row(self_);
  consume(context, round_, {row.begin(), row.end()}, inbox_);
  inbox_.clear();                                          // frees the neighbours' models
  mixing_.reset();
  produced_ = false;
  ++round_;
  context.round_done(round_);
}

Record RoundNode::save() const {
  if (produced_) throw Error(Fault::bug, "a node was to be saved in the middle of round " + std::to_string(round_));
  return wrap_state(state(), "round", {round_, finished_});
}

void RoundNode::load(const Record& state) {
  Record inner;
  const Progress progress = unwrap_state(state, "round", plan_.rounds, inner);
  restore(inner);
  round_ = progress.round;
  finished_ = progress.finished;
  produced_ = false;
  inbox_.clear();
  early_.clear();
}

std::string RoundNode::waiting() const {
  if (!produced_) return {};
  std::vector<NodeId> absent;
  std::size_t slot = 0;
  for (const auto& entry : mixing_->row(self_))
    if (entry.first != self_ && !inbox_[slot++].payload) absent.push_back(entry.first);
  return "round " + std::to_string(round_) + " of " + name_nodes(absent);
}

}  // namespace dml
