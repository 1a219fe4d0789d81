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
  if (finished_ || !produced_) return;
  if (tag == RoundCloser::kDeadline && !inbox_.empty()) {
    closer_.woken(context, missing());
    return advance(context);
  }
  if (tag != kNextRound || !inbox_.empty()) return;
  end_round(context);
  advance(context);
}

void RoundNode::peer(Context& context, NodeId id, PeerEvent event) {
  closer_.peer(id, event);
  if (!finished_ && produced_ && !inbox_.empty()) advance(context);
}

void RoundNode::lost(Context& context, NodeId from, std::uint64_t round) {
  closer_.given_up(from, round);
  if (!finished_ && produced_ && !inbox_.empty()) advance(context);
}

void RoundNode::receive(Context& context, Message message) {
  if (finished_ || !message.payload || message.round >= plan_.rounds || message.from == self_) return;
  const NodeId from = message.from;
  closer_.arrived(context, from, message.round);
  if (message.round < round_) {
    if (plan_.carry_late && context.closing().quorum) late_.insert_or_assign(from, std::move(message));
    return;
  }
  if (!produced_ || message.round != round_) early_[message.round].try_emplace(from, std::move(message));
  else if (missing_ > 0) take(std::move(message));
  if (produced_ && !inbox_.empty()) advance(context);      // a round without senders ends upon its wake
}

// Goes on until a message is missing or the run is over. The loop turns more than once only when neighbours ran ahead. A round without
// senders ends upon a wake, when the rounds of those who wait can end, too.
void RoundNode::advance(Context& context) {
  while (round_ < plan_.rounds) {
    if (!produced_) begin_round(context);
    if (inbox_.empty()) return context.wake(0, kNextRound);
    if (missing_ > 0 && !(context.closing().quorum && closer_.closes(context, inbox_.size() - missing_, missing()))) return;
    end_round(context);
  }
  done(context);
  finished_ = true;
  early_.clear();
  late_.clear();
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

  if (senders > 0) closer_.begin(context, round_);
  const auto waiting = early_.find(round_);
  if (waiting == early_.end()) return;
  for (auto& [from, message] : waiting->second) {
    closer_.arrived(context, from, round_);
    take(std::move(message));
  }
  early_.erase(waiting);
}

// Puts a message of this round into its sender's slot.
void RoundNode::take(Message message) {
  const auto row = mixing_->row(self_);
  const auto entry = std::lower_bound(row.begin(), row.end(), message.from, [](const auto& e, NodeId id) { return e.first < id; });
  if (entry == row.end() || entry->first != message.from) return;
  const auto slot = static_cast<std::size_t>(entry - row.begin()) - (message.from > self_ ? 1 : 0);
  if (inbox_[slot].payload) return;
  if (!late_.empty()) late_.erase(message.from);
  inbox_[slot] = std::move(message);
  --missing_;
}

void RoundNode::end_round(Context& context) {
  const auto row = mixing_->row(self_);
  if (missing_ == 0) consume(context, round_, {row.begin(), row.end()}, inbox_);
  else consume_without(context, missing());
  inbox_.clear();                                          // frees the neighbours' models
  mixing_.reset();
  produced_ = false;
  ++round_;
  context.round_done(round_);
}

void RoundNode::consume_without(Context& context, const std::vector<NodeId>& missing) {
  closer_.closed_without(missing);
  std::vector<NodeId> absent;
  const auto row = mixing_->row(self_);
  std::size_t slot = 0;
  for (const auto& entry : row) {
    if (entry.first == self_) continue;
    Message& message = inbox_[slot++];
    if (message.payload) continue;
    if (const auto late = late_.find(entry.first); late != late_.end()) {
      message = std::move(late->second);
      late_.erase(late);
    } else {
      absent.push_back(entry.first);
    }
  }
  std::erase_if(inbox_, [](const Message& message) { return !message.payload; });
  consume(context, round_, row_without({row.begin(), row.end()}, self_, absent, plan_.spreads), inbox_);
}

std::vector<NodeId> RoundNode::missing() const {
  std::vector<NodeId> absent;
  std::size_t slot = 0;
  for (const auto& entry : mixing_->row(self_))
    if (entry.first != self_ && !inbox_[slot++].payload) absent.push_back(entry.first);
  return absent;
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
  closer_ = RoundCloser();
  inbox_.clear();
  early_.clear();
  late_.clear();
}

std::string RoundNode::waiting() const {
  if (!produced_) return {};
  return "round " + std::to_string(round_) + " of " + name_nodes(missing());
}

}  // namespace dml
