// What disturbs a run: parts that delay, drop, repeat, corrupt or change messages, and parts that make nodes crash, leave, join, pause, or
// die and come back. A part is one file; --scenario chains them with +. They know nothing of training, sockets or threads: a runtime asks
// them about every transmission, one at a time and in its own fixed order, and plays their timeline.
//
// Random numbers are keyed by (part, seed, from, to, number on the link), so what happens to the k-th transmission of a link does not
// depend on what happens elsewhere.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "entry/registry.h"
#include "topology/topology.h"
#include "wire/record.h"

namespace dml {

/// One transmission of a message over a link, and what becomes of it. Times are virtual seconds.
struct Transit {
  NodeId from = 0, to = 0;
  std::uint64_t round = 0, bytes = 0;
  std::uint32_t number = 0;                                // of the link's transmissions, repetitions included, from 0
  double time = 0;                                         // when it leaves

  double delay = 0;                                        // until it arrives; parts add to it
  bool lost = false;                                       // does not arrive
  bool corrupt = false;                                    // arrives, and is refused for its checksum
  double retry = 0.2;                                      // seconds after which a lost or corrupt one is sent again
  bool final = false;                                      // ... or given up: the message is lost for good
  std::vector<double> copies;                              // it arrives again, after these delays
};

enum class Upset {
  crash,    // stops for good; the others notice after `seconds`
  leave,    // stops for good and says so
  join,     // is there from now on; a node that joins before anything else happens to it is absent from the start
  pause,    // does nothing for `seconds`
  kill,     // loses what it did since its last complete round, and starts again from there after `seconds`
};
std::string to_string(Upset upset);
std::optional<Upset> read_upset(std::string_view word);

/// Something that happens to a node: before its round `round` begins, or at a time.
struct Happening {
  Upset what = Upset::crash;
  NodeId node = 0;
  std::optional<std::uint64_t> round;
  double time = 0;
  double seconds = 0;
};

/// What a part may know of the run.
struct ScenarioSetup {
  std::size_t nodes = 0;                                   // participants, a server included
  std::uint64_t seed = 0, rounds = 0;
  std::function<std::vector<std::pair<NodeId, NodeId>>()> edges;   // the graph's, if it is fixed; absent: the program has no graph
  const Families* families = nullptr;                      // for parts that use entries of other families
};

/// A part at work in one run; may keep state from transmission to transmission.
class Disturbance {
 public:
  virtual ~Disturbance() = default;
  virtual std::vector<Happening> happenings() const { return {}; }
  virtual void pass(Transit&) {}
  /// What travels in place of `payload`; asked once a message, not again when it is sent again.
  virtual std::shared_ptr<const Record> alter(const Transit&, std::shared_ptr<const Record> payload) { return payload; }
};

/// An entry: a part as it was typed.
class Scenario {
 public:
  virtual ~Scenario() = default;
  virtual std::unique_ptr<Disturbance> begin(const ScenarioSetup& setup) const = 0;
};

void register_scenarios(Registry<Scenario>& registry);

/// The whole chain at work. Parts pass a transmission on from left to right: their delays add up, and one that is lost stays lost.
class Disturbances {
 public:
  /// Error(usage or input) when a part does not fit the run, or a happening names a node that there is not.
  Disturbances(const Registry<Scenario>& registry, const Chain& chain, const ScenarioSetup& setup);
  /// In the order of the chain, each part's as it lists them.
  const std::vector<Happening>& happenings() const { return happenings_; }
  std::uint64_t rounds() const { return rounds_; }
  /// The nodes that are not there when the run starts.
  std::vector<NodeId> absent() const;
  void pass(Transit& transit);
  std::shared_ptr<const Record> alter(const Transit& transit, std::shared_ptr<const Record> payload);

 private:
  std::uint64_t rounds_;
  std::vector<std::unique_ptr<Disturbance>> parts_;
  std::vector<Happening> happenings_;
};

/// The random numbers of a part about one transmission.
inline Rng transit_rng(std::uint64_t key, const Transit& transit) { return Rng(key, transit.from, transit.number, transit.to); }
/// Error(usage) naming `owner` unless `node` is one of the run's.
NodeId checked_node(std::uint64_t node, const ScenarioSetup& setup, const std::string& owner);

}  // namespace dml
