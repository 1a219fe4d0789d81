#include "node/sim_station.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace dml {

void Station::wake(Seconds after, int tag) {
  if (!(after >= 0)) throw Error(Fault::bug, "node " + std::to_string(self_) + " wakes in the past");
  wakes_.push_back({self_, tag, after, process_});
}

void Station::send(NodeId to, std::uint64_t round, Payload payload) {
  if (to >= run_.nodes || !payload) throw Error(Fault::bug, "node " + std::to_string(self_) + " sends to no node, or nothing");
  if (leaving_ || std::binary_search(absent_.begin(), absent_.end(), to)) return;
  if (payload.get() != measured_) {                        // the same payload goes to several receivers
    measured_ = payload.get();
    size_ = wire_size(*payload);
  }
  traffic_.model += size_.first;
  traffic_.control += size_.second;
  ++traffic_.messages;
  sent_.push_back({to, {self_, round, std::move(payload)}, size_.first + size_.second});
}

// A node that was killed computes rounds again whose lines are out.
void Station::line(MetricLine line) {
  if (!run_.options.metrics || leaving_ || (muted_ > 0 && line.round <= muted_)) return;
  logged_ = std::max(logged_, line.round);
  lines_.push_back(std::move(line));
}

void Station::round_done(std::uint64_t round) {
  round_ = round;
  if (checkpoint_due(round)) save();
  if (keeps) keep_state();
  for (auto& [heir, at] : heirs)
    if (at <= round) bequests.push_back({heir, at, node_.save()});
  std::erase_if(heirs, [&](const auto& heir) { return heir.second <= round; });
  while (!own.empty() && *own.front().round <= round) {
    leaving_ = leaving_ || own.front().what == Upset::crash || own.front().what == Upset::leave;
    begun.push_back(own.front());
    own.erase(own.begin());
  }
  if (!leaving_) notices_of(round);
}

void Station::notices_of(std::uint64_t round) {
  while (notice_ < run_.notices.size() && run_.notices[notice_].round <= round) {
    const auto& notice = run_.notices[notice_++];
    if (notice.node != self_) tell(notice.node, notice.event);
  }
}

void Station::tell(NodeId peer, PeerEvent event) {
  const auto place = std::lower_bound(absent_.begin(), absent_.end(), peer);
  const bool known = place != absent_.end() && *place == peer, goes = event == PeerEvent::down || event == PeerEvent::left;
  if (goes && !known) absent_.insert(place, peer);
  if (!goes && known) absent_.erase(place);
  node_.peer(*this, peer, event);
}

// Rounds close without those that are gone, not without those that are slow. The event log names them.
const Closing& Station::closing() const {
  static const Closing without_the_gone{0, std::nullopt, false, false};
  return run_.options.scenario ? without_the_gone : Context::closing();
}

void Station::finish() {
  finished_ = true;
  if (run_.checkpoints.saving() && round_ && round_ != saved_) save();   // a run's end is always kept
}

void Station::save() {
  run_.checkpoints.save(self_, *round_, node_.save(), traffic_);
  saved_ = round_;
}

void Station::resume(std::uint64_t round) {
  const auto saved = run_.checkpoints.load(self_, round);
  try {
    node_.load(saved.state);
  } catch (const Error& error) {
    throw Error(error.fault(), quote(saved.file) + ": " + error.what(), error.hint());
  }
  traffic_ = saved.traffic;
  round_ = saved_ = round;
}

void Station::handle() {
  for (const auto& [peer, event] : peers_now_)
    if (!finished_ && !leaving_) tell(peer, event);
  if (std::exchange(starts_, false)) node_.start(*this);
  for (const auto& lost : lost_now_) {
    if (finished_ || leaving_) break;
    if (lost.outgoing) node_.undelivered(*this, lost.peer, lost.round);
    else node_.lost(*this, lost.peer, lost.round);
  }
  for (const int tag : tags_now_)
    if (!finished_ && !leaving_) node_.woken(*this, tag);
  for (auto& message : inbox_now_)
    if (!finished_ && !leaving_) node_.receive(*this, std::move(message));
  peers_now_.clear();
  lost_now_.clear();
  tags_now_.clear();
  inbox_now_.clear();
  measured_ = nullptr;                                     // its payload may be freed, and the address used again
}

// `sort`: messages may have come in any order.
bool Station::open_wave(bool sort) {
  queued_ = false;
  if (life != Life::running) return false;
  std::swap(inbox_, inbox_now_);
  std::swap(tags_, tags_now_);
  std::swap(peers_, peers_now_);
  std::swap(lost_, lost_now_);
  if (sort) std::stable_sort(inbox_now_.begin(), inbox_now_.end(), [](const Message& a, const Message& b) { return a.from < b.from; });
  return true;
}

void Station::keep_state() {
  kept = node_.save();
  kept_round = round();
}

void Station::start_again(const Record* state, std::uint64_t round) {
  if (state) {
    node_.load(*state);
    for (const NodeId peer : absent_) node_.peer(*this, peer, PeerEvent::left);   // it forgot them
  }
  round_ = round;
  muted_ = logged_;
  leaving_ = false;
  starts_ = true;
}

void Station::die() {
  ++process_;
  inbox_.clear();
  tags_.clear();
  lost_.clear();
}

void Station::know(const std::map<NodeId, PeerEvent>& others, std::uint64_t round) {
  peers_.clear();
  for (const auto& [id, event] : others) tell(id, event);
  while (notice_ < run_.notices.size() && run_.notices[notice_].round <= round) ++notice_;
}

}  // namespace dml
