// When a round closes without some of its messages (--quorum, --deadline), for the shapes. A sender is missing for one of these reasons:
//   late    the deadline of the round is over, or a message of a later round came from it: messages of one sender come in order
//   lost    its heart does not beat; it may come back
//   gone    it is done, or was given up
// or this one message of it is given up.
// A round closes when the quorum is in and every missing sender is late, lost or gone. A node that came back and finds that all missing
// senders are past its round closes it with what it has, to catch up. Everything here only concerns runs with Context::closing().
#pragma once
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "node/node.h"

namespace dml {

/// --deadline auto: the median of how long messages took to arrive plus 6 median absolute deviations, over the last 256 of them; at
/// least 50 ms, and none before 8 arrived.
class Punctuality {
 public:
  void arrived(Seconds after);
  std::optional<Seconds> deadline() const;

 private:
  std::deque<Seconds> taken_;
};

class RoundCloser {
 public:
  static constexpr int kDeadline = -2;                     // the tag of its wakes

  /// A round begins that waits for others; wakes the node at the round's deadline.
  void begin(Context& context, std::uint64_t round);
  /// A message of `from` came, of any round.
  void arrived(Context& context, NodeId from, std::uint64_t round);
  void peer(NodeId id, PeerEvent event);
  /// The message of `from` for `round` will not come.
  void given_up(NodeId from, std::uint64_t round) { given_up_[round].insert(from); }
  /// How many peers are lost or gone.
  std::size_t absent() const { return lost_.size() + gone_.size(); }
  /// A wake came. Names those who are late, once each, when it is that of the open round.
  void woken(Context& context, const std::vector<NodeId>& missing);
  /// Whether the round may close though these are missing and `in` others are there. Error(system) when the quorum cannot be reached.
  bool closes(Context& context, std::size_t in, const std::vector<NodeId>& missing);
  /// The round closes without these: names them, once each.
  void closed_without(const std::vector<NodeId>& missing);

 private:
  bool passed(NodeId id) const;
  bool is_given_up(NodeId id) const;
  std::string reason(NodeId id) const;
  void name(NodeId id, const std::string& what);
  std::uint64_t round_ = 0;
  std::map<std::uint64_t, Seconds> began_;                 // the last rounds
  std::optional<Seconds> due_;                             // when the open round's deadline is
  bool late_ = false;                                      // it is over
  Punctuality punctuality_;
  std::set<NodeId> lost_, gone_, named_;
  bool names_ = true;
  std::map<std::uint64_t, std::set<NodeId>> given_up_;     // messages that will not come, of this round and later ones
  std::map<NodeId, std::uint64_t> latest_;                 // the highest round that came from a sender
};

}  // namespace dml
