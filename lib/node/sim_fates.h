// What happens to the nodes of a simulation: plays a scenario's happenings, tells the others, and fetches a state for late joiners.
//
// A happening that belongs to round R begins for its node when that has completed R rounds, and the others hear of it at their own begin
// of round R, so that all agree who takes part in which round. One that belongs to a time begins then; a crash is noticed later, a leave
// when what the node sent before has come, and a join counts from the first round that nobody has begun. Pauses and kills are not told.
#pragma once
#include <map>
#include <vector>

#include "node/sim_links.h"

namespace dml {

class SimFates {
 public:
  SimFates(SimHost& host, SimRun& run, std::vector<Station>& stations, SimLinks& links);

  /// Before the first wave: who is absent, what is planned, and what is told before round 0.
  void begin();
  /// After every wave, `active` in node order: what began in it, and joins whose round is near.
  void after_wave(const std::vector<NodeId>& active);
  /// A late joiner got its state.
  void state_arrived(NodeId id, const Record& state, std::uint64_t round);
  /// Also a node whose round to go has come, though it took no part in it.
  bool is_gone(NodeId id) const;
  /// Logs what never came to pass.
  void end();

 private:
  struct Join { NodeId node; std::uint64_t round; std::optional<NodeId> donor; };
  struct Change { NodeId node; PeerEvent event; std::optional<std::uint64_t> round; };

  void start(const Happening& happening);
  bool possible(const Happening& happening) const;
  void stop(const Happening& happening);
  void hold(const Happening& happening);
  void come_back(NodeId id, Upset from);
  void join(const Happening& happening);
  void admit(NodeId id, std::uint64_t round);
  void find_donor(Join& join);
  std::uint64_t next_round() const;
  void catch_up(Station& station, std::uint64_t round);
  void tell_all(NodeId about, PeerEvent event);
  void add_notice(std::uint64_t round, NodeId node, PeerEvent event);
  void log(const char* what, NodeId node, std::optional<std::uint64_t> round = std::nullopt);
  void log(const Happening& happening, bool skipped);

  SimHost& host_;
  SimRun& run_;
  std::vector<Station>& stations_;
  SimLinks& links_;
  std::vector<std::size_t> kills_left_;                    // per node
  std::vector<Happening> planned_;                         // joins that belong to rounds, by rising round
  std::vector<Join> joins_;                                // that wait for a state
  std::vector<Change> changes_;                            // all that was or will be told, for those who come late
  std::map<NodeId, std::vector<NodeId>> done_before_;      // who had finished when a late joiner came
  std::map<NodeId, Record> births_;                        // first states of nodes that join without another's state
  std::uint64_t latest_ = 0;                               // most rounds that a node has completed
};

}  // namespace dml
