#include "node/shapes.h"

#include <algorithm>

#include "base/error.h"
#include "node/shape_state.h"

namespace dml {

void ServerRound::start(Context& context) {
  if (context.nodes() != plan_.clients + 1 || is_server_ != (context.self() == server()))
    throw Error(Fault::bug, "a federated run needs nodes 0.." + std::to_string(plan_.clients) + ", the last one the server");
  if (finished_) return is_server_ ? end_run(context) : context.finish();
  if (is_server_) advance(context);
}

void ServerRound::woken(Context& context, int tag) {
  if (!is_server_ || finished_) return;
  const bool deadline = tag == RoundCloser::kDeadline && broadcast_;
  if (deadline) closer_.woken(context, missing());
  if (tag == kNextRound || deadline) advance(context);
}

void ServerRound::peer(Context& context, NodeId id, PeerEvent event) {
  if (finished_) return;
  closer_.peer(id, event);
  if (is_server_ && broadcast_) return advance(context);
  if (!is_server_ && id == server() && event == PeerEvent::left) throw Error(Fault::system, "the server, node " + std::to_string(id) + ", is gone after round " + std::to_string(round_));
}

void ServerRound::lost(Context& context, NodeId from, std::uint64_t round) {
  if (finished_) return;
  closer_.given_up(from, round);
  if (is_server_ && broadcast_) advance(context);
  if (!is_server_ && from == server() && round == plan_.rounds) end_client(context);   // only the end has this round
}

void ServerRound::undelivered(Context& context, NodeId to, std::uint64_t round) {
  if (is_server_) lost(context, to, round);
}

void ServerRound::receive(Context& context, Message message) {
  if (finished_ || !message.payload) return;
  if (is_server_) return receive_reply(context, std::move(message));
  if (message.from == server()) receive_broadcast(context, message);
}

void ServerRound::advance(Context& context) {
  for (;;) {
    if (round_ >= plan_.rounds) return end_run(context);
    if (!broadcast_) begin_round(context);
    if (!closes(context)) return;
    const bool alone = missing_ == selected_.size();
    end_round(context);
    if (alone && round_ < plan_.rounds) return context.wake(0, kNextRound);
  }
}

void ServerRound::begin_round(Context& context) {
  if (context.closing().quorum == std::size_t{0} && plan_.clients > 0 && closer_.absent() >= plan_.clients)
    throw Error(Fault::method, "no client is left in round " + std::to_string(round_));
  selected_ = select(context, round_);
  for (std::size_t i = 0; i < selected_.size(); ++i)
    if (selected_[i] >= plan_.clients || (i > 0 && selected_[i] <= selected_[i - 1]))
      throw Error(Fault::bug, "the clients of a round are not ascending, or one is no client");
  replies_.assign(selected_.size(), Message{});
  missing_ = selected_.size();
  broadcast_ = true;
  if (selected_.empty()) return;
  const Payload payload = broadcast(context, round_);
  if (!payload) throw Error(Fault::bug, "a server broadcast nothing");
  for (const NodeId to : selected_) context.send(to, round_, payload);
  closer_.begin(context, round_);
}

// Without a single reply there is nothing to update with; only a quorum of 0 does without.
bool ServerRound::closes(Context& context) {
  if (missing_ == 0 || !context.closing().quorum) return missing_ == 0;
  const std::size_t in = selected_.size() - missing_;
  return closer_.closes(context, in, missing()) && (in > 0 || context.closing().quorum == std::size_t{0});
}

std::vector<NodeId> ServerRound::missing() const {
  std::vector<NodeId> absent;
  for (std::size_t i = 0; i < replies_.size(); ++i)
    if (!replies_[i].payload) absent.push_back(selected_[i]);
  return absent;
}

void ServerRound::end_round(Context& context) {
  if (missing_ > 0) {
    closer_.closed_without(missing());
    std::erase_if(replies_, [](const Message& reply) { return !reply.payload; });
  }
  if (!replies_.empty() || selected_.empty()) update(context, round_, replies_);
  replies_.clear();
  broadcast_ = false;
  ++round_;
  context.round_done(round_);
  if (context.checkpoint_due(round_) && round_ < plan_.rounds) tell_all(context, "round");
}

void ServerRound::tell_all(Context& context, const char* kind) {
  const Payload note = std::make_shared<const Record>(Record{kind, {}, {}, {}});
  for (NodeId to = 0; to < server(); ++to) context.send(to, round_, note);
}

// Also after a resume from the very end: clients may still wait to be told.
void ServerRound::end_run(Context& context) {
  tell_all(context, "end");
  if (!finished_) done(context);
  finished_ = true;
  context.finish();
}

void ServerRound::receive_reply(Context& context, Message message) {
  if (message.round > round_) return;
  closer_.arrived(context, message.from, message.round);
  if (!broadcast_ || message.round != round_) return;
  const auto place = std::lower_bound(selected_.begin(), selected_.end(), message.from);
  if (place == selected_.end() || *place != message.from) return;
  auto& slot = replies_[static_cast<std::size_t>(place - selected_.begin())];
  if (slot.payload) return;
  slot = std::move(message);
  --missing_;
  advance(context);
}

void ServerRound::receive_broadcast(Context& context, const Message& message) {
  if (message.round > plan_.rounds) return;
  if (message.payload->kind == "round") return catch_up(context, message.round);
  if (message.payload->kind == "end") return end_client(context);
  if (message.round < round_ || message.round == plan_.rounds) return;   // answered before
  catch_up(context, message.round);
  const Payload reply = client(context, message.round, message);
  if (!reply) throw Error(Fault::bug, "a client replied nothing");
  context.send(server(), message.round, reply);
  round_ = message.round + 1;
  context.round_done(round_);
}

void ServerRound::end_client(Context& context) {
  catch_up(context, plan_.rounds);
  done(context);
  finished_ = true;
  context.finish();
}

// Rounds that passed without this client left its state as it was.
void ServerRound::catch_up(Context& context, std::uint64_t round) {
  while (round_ < round) context.round_done(++round_);
}

Record ServerRound::save() const {
  if (broadcast_) throw Error(Fault::bug, "the server was to be saved in the middle of round " + std::to_string(round_));
  return wrap_state(state(), is_server_ ? "server" : "client", {round_, finished_});
}

void ServerRound::load(const Record& state) {
  Record inner;
  const Progress progress = unwrap_state(state, is_server_ ? "server" : "client", plan_.rounds, inner);
  restore(inner);
  round_ = progress.round;
  finished_ = progress.finished;
  broadcast_ = false;
  closer_ = RoundCloser();
  replies_.clear();
}

std::string ServerRound::waiting() const {
  if (!is_server_) return "the server after round " + std::to_string(round_);
  return broadcast_ ? "round " + std::to_string(round_) + " of " + name_nodes(missing()) : std::string();
}

}  // namespace dml
