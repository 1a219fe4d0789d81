#include "node/sim_fates.h"

#include <algorithm>

#include "base/error.h"
#include "base/log.h"

namespace dml {
namespace {

bool by_round(const Happening& a, const Happening& b) { return *a.round < *b.round; }

}  // namespace

SimFates::SimFates(SimHost& host, SimRun& run, std::vector<Station>& stations, SimLinks& links)
    : host_(host), run_(run), stations_(stations), links_(links) {}

void SimFates::begin() {
  if (!run_.options.scenario) return;
  kills_left_.resize(stations_.size());
  for (const NodeId id : run_.options.scenario->absent()) {
    stations_[id].set_life(Life::gone);
    add_notice(0, id, PeerEvent::left);
  }
  for (const auto& happening : run_.options.scenario->happenings()) {
    if (happening.what == Upset::kill) ++kills_left_[happening.node];
    if (happening.what == Upset::join && !stations_[happening.node].node().joins_by_transfer())
      births_.emplace(happening.node, stations_[happening.node].node().save());
    if (!happening.round) continue;
    if (happening.what == Upset::join) {
      planned_.push_back(happening);
      add_notice(*happening.round, happening.node, PeerEvent::joined);
    } else if (*happening.round < run_.options.scenario->rounds()) {
      stations_[happening.node].own.push_back(happening);
      if (happening.what == Upset::crash) add_notice(*happening.round, happening.node, PeerEvent::down);
      if (happening.what == Upset::leave) add_notice(*happening.round, happening.node, PeerEvent::left);
    } else {
      log(happening, true);
    }
  }
  std::stable_sort(planned_.begin(), planned_.end(), by_round);
  for (NodeId id = 0; id < stations_.size(); ++id) {
    Station& station = stations_[id];
    std::stable_sort(station.own.begin(), station.own.end(), by_round);
    station.keeps = kills_left_[id] > 0;
    if (station.keeps) station.keep_state();
    if (!station.is_out()) station.read_notices();
    while (!station.own.empty() && *station.own.front().round == 0) {
      start(station.own.front());
      station.own.erase(station.own.begin());
    }
  }
  for (const auto& happening : run_.options.scenario->happenings())
    if (!happening.round) host_.at(happening.time, [this, happening] { start(happening); });
  after_wave({});
}

void SimFates::after_wave(const std::vector<NodeId>& active) {
  for (const NodeId id : active) {
    Station& station = stations_[id];
    latest_ = std::max(latest_, station.round());
    for (auto& [heir, round, state] : station.bequests) {
      log("transfer", id, round);
      std::erase_if(joins_, [heir = heir](const Join& join) { return join.node == heir; });
      links_.transfer(id, heir, round, std::make_shared<const Record>(std::move(state)));
    }
    station.bequests.clear();
    for (const auto& happening : std::exchange(station.begun, {})) start(happening);
    if (station.keeps) links_.settled(id, station.kept_round);
  }
  while (!planned_.empty() && *planned_.front().round <= latest_ + 1) {
    const Happening next = planned_.front();
    planned_.erase(planned_.begin());
    join(next);
  }
  for (auto& join : joins_)
    if (!join.donor || is_gone(*join.donor) || stations_[*join.donor].finished()) find_donor(join);
  std::erase_if(joins_, [&](const Join& join) { return stations_[join.node].life != Life::joining; });
}

bool SimFates::possible(const Happening& happening) const {
  const Station& station = stations_[happening.node];
  if (happening.what == Upset::join) return station.is_out();
  if (station.finished() || station.is_out()) return false;
  return happening.what == Upset::crash || happening.what == Upset::leave || station.life == Life::running;
}

void SimFates::start(const Happening& happening) {
  if (happening.what == Upset::kill && --kills_left_[happening.node] == 0 && !possible(happening)) stations_[happening.node].keeps = false;
  if (!possible(happening)) return log(happening, true);
  switch (happening.what) {
    case Upset::crash: case Upset::leave: return stop(happening);
    case Upset::pause: case Upset::kill: return hold(happening);
    case Upset::join: return join(happening);
  }
}

void SimFates::stop(const Happening& happening) {
  log(happening, false);
  Station& station = stations_[happening.node];
  station.set_life(Life::gone);
  station.said_goodbye = happening.what == Upset::leave;
  station.keeps = false;
  station.die();
  if (happening.round) return;                             // the others read it at their own begin of that round
  const bool crash = happening.what == Upset::crash;
  const Seconds when = crash ? host_.now() + happening.seconds : links_.quiet_at(happening.node);
  host_.at(when, [this, id = happening.node, crash, number = station.life_number] {
    if (stations_[id].life_number != number) return;       // it joined again before anybody noticed
    tell_all(id, crash ? PeerEvent::down : PeerEvent::left);
    if (crash) log("noticed", id);
  });
}

void SimFates::hold(const Happening& happening) {
  log(happening, false);
  Station& station = stations_[happening.node];
  station.set_life(happening.what == Upset::pause ? Life::paused : Life::dead);
  if (happening.what == Upset::kill) station.die();
  host_.at(host_.now() + happening.seconds, [this, happening, number = station.life_number] {
    if (stations_[happening.node].life_number == number) come_back(happening.node, happening.what);
  });
}

void SimFates::come_back(NodeId id, Upset from) {
  Station& station = stations_[id];
  station.set_life(Life::running);
  if (from == Upset::kill) {
    log("restarted", id, station.kept_round);
    station.die();                                         // what reached the dead process
    if (kills_left_[id] == 0) station.keeps = false;
    station.start_again(&*station.kept, station.kept_round);
    links_.restarted(id, station.kept_round);
  } else {
    log("resumed", id);
  }
  links_.runs_again(id);
  host_.stirred(id);
}

void SimFates::join(const Happening& happening) {
  if (!possible(happening)) return log(happening, true);
  const bool over = std::all_of(stations_.begin(), stations_.end(), [](const Station& s) { return s.finished() || s.is_out(); });
  log(happening, over);
  if (over) return;
  Station& station = stations_[happening.node];
  station.set_life(Life::joining);
  station.said_goodbye = false;
  const std::uint64_t round = happening.round.value_or(next_round());
  auto& done = done_before_[happening.node];
  done.clear();
  for (const auto& other : stations_)
    if (other.finished()) done.push_back(other.self());
  if (!happening.round) add_notice(round, happening.node, PeerEvent::joined);
  if (round == 0 || !station.node().joins_by_transfer()) return admit(happening.node, round);
  joins_.push_back({happening.node, round, std::nullopt});
  find_donor(joins_.back());
}

// That nobody has begun, but for those that are done: a node that is left alone needs no time for its rounds.
std::uint64_t SimFates::next_round() const {
  std::uint64_t latest = 0;
  for (const auto& station : stations_)
    if (!station.is_out() && !station.finished()) latest = std::max(latest, station.round());
  return latest + 1;
}

// The next node that has not completed that round yet. Nobody: the others must not wait for the joiner.
void SimFates::find_donor(Join& join) {
  if (stations_[join.node].life != Life::joining) return;
  const auto count = stations_.size();
  for (std::size_t step = 1; step < count; ++step) {
    const auto id = static_cast<NodeId>((join.node + step) % count);
    Station& station = stations_[id];
    if (station.is_out() || station.life == Life::joining || station.finished() || station.round() >= join.round) continue;
    if (!station.own.empty() && *station.own.front().round <= join.round && station.own.front().what != Upset::pause) continue;
    join.donor = id;
    station.heirs.emplace_back(join.node, join.round);
    return;
  }
  warn("node " + std::to_string(join.node) + " cannot join in round " + std::to_string(join.round) + ": nobody is left to give it a state");
  stations_[join.node].set_life(Life::gone);
  tell_all(join.node, PeerEvent::down);
}

void SimFates::state_arrived(NodeId id, const Record& state, std::uint64_t round) {
  if (stations_[id].life != Life::joining) return;
  stations_[id].start_again(&state, round);
  admit(id, round);
}

// Tells a joiner who is there, and lets it start.
void SimFates::admit(NodeId id, std::uint64_t round) {
  Station& station = stations_[id];
  if (const auto birth = births_.find(id); birth != births_.end()) station.start_again(&birth->second, 0);
  else if (round == 0) station.start_again(nullptr, 0);
  if (station.keeps) station.keep_state();
  catch_up(station, round);
  station.set_life(Life::running);
  log("joined", id, round);
  host_.stirred(id);
}

void SimFates::catch_up(Station& station, std::uint64_t round) {
  std::map<NodeId, PeerEvent> last;
  for (const auto& change : changes_)
    if (change.node != station.self() && (!change.round || *change.round <= round)) last[change.node] = change.event;
  for (const NodeId id : done_before_[station.self()]) last[id] = PeerEvent::left;      // they will not send to the joiner
  station.know(last, round);
}

void SimFates::tell_all(NodeId about, PeerEvent event) {
  changes_.push_back({about, event, std::nullopt});
  for (auto& station : stations_) {
    if (station.self() == about || station.is_out() || station.finished() || station.life == Life::joining) continue;
    station.deliver(about, event);
    host_.stirred(station.self());
  }
}

// Nobody has completed `round` rounds yet, so nobody has read past its place.
void SimFates::add_notice(std::uint64_t round, NodeId node, PeerEvent event) {
  changes_.push_back({node, event, round});
  const auto place = std::upper_bound(run_.notices.begin(), run_.notices.end(), round, [](std::uint64_t r, const RoundNotice& n) { return r < n.round; });
  run_.notices.insert(place, {round, node, event});
}

bool SimFates::is_gone(NodeId id) const {
  const Station& station = stations_[id];
  if (station.is_out()) return true;
  return !station.own.empty() && *station.own.front().round <= latest_ &&
         (station.own.front().what == Upset::crash || station.own.front().what == Upset::leave);
}

void SimFates::end() {
  for (const auto& station : stations_)
    for (const auto& happening : station.own) log(happening, station.is_out() || !is_gone(station.self()));   // it took no part in that round
  for (const auto& happening : planned_) log(happening, true);
}

void SimFates::log(const char* what, NodeId node, std::optional<std::uint64_t> round) {
  RunEvent event;
  event.time = host_.now();
  event.event = what;
  event.node = node;
  event.round = round;
  host_.log(event);
}

void SimFates::log(const Happening& happening, bool skipped) {
  RunEvent event;
  event.time = host_.now();
  event.event = to_string(happening.what);
  event.node = happening.node;
  event.before = happening.round;
  if (!happening.round) event.at = happening.time;
  event.seconds = happening.seconds;
  event.skipped = skipped;
  host_.log(event);
}

}  // namespace dml
