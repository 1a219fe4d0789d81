// Runtimes: what drives nodes. simulate() is deterministic and runs all nodes in this process; run_network() drives one node among
// processes that talk over ZeroMQ.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "node/node.h"
#include "wire/endpoint.h"
#include "wire/socket_keys.h"

namespace dml {

struct CheckpointOptions {
  std::string directory;                                   // --checkpoint; empty: none
  std::uint64_t every = 0;                                 // --every rounds
  std::string resume;                                      // --resume; empty: start afresh
  OpenOptions open;                                        // formats (dml is needed) and the header of what is written
};

class Disturbances;
class EventLog;

/// How far a run is, for people.
struct RunProgress {
  std::uint64_t round = 0;                                 // complete at this node, or at all nodes of a simulation
  std::size_t alive = 0, peers = 0;                        // of the other nodes
  std::uint64_t bytes = 0;                                 // sent, all together
};

struct RunOptions {
  std::uint64_t seed = 0;
  std::function<void(const RunProgress&)> progress;        // called a few times a second; may be empty
  Metrics* metrics = nullptr;
  Disturbances* scenario = nullptr;                        // simulations only, and not with checkpoints; not owned
  EventLog* events = nullptr;                              // simulations only
  CheckpointOptions checkpoint;
  std::string program;                                     // "dsgd:...": resolved method options; a checkpoint of another is refused
};

struct RunResult {
  std::vector<Traffic> traffic;                            // per node
  std::vector<NodeId> gone;                                // who was not there at the end, ascending: it has no model to show
};

/// Runs until every node finished. Events are processed in waves of equal virtual time, nodes of a wave in parallel: equal bits for any
/// number of threads. What a wave sends or wakes without delay is the next wave. A node handles its events of a wave in this order: wakes
/// as they were set, then messages by sender and, of one sender, as they were sent. Metric lines come out wave by wave in node order.
/// When stop_requested(), all nodes save the same round where there is a checkpoint folder, and Stopped is thrown.
/// Traffic is what the wire would carry, wire_size() of each message; framing stays 0. Error(bug) names the nodes that wait for ever.
///
/// With a scenario, messages take their way through it (sim_links.h) and its happenings take place (sim_fates.h), both between waves and
/// in node order. One that belongs to a round takes place when the node itself has completed so many rounds, and the others hear of a
/// crash, a leave or a join at their own begin of that round. Rounds close without peers that are gone and without messages that are lost
/// for good (a quorum of 0). Error(method) when nodes wait for ever for those that are gone, or none is left.
RunResult simulate(std::vector<std::unique_ptr<Node>>& nodes, const RunOptions& options);

struct Peer { NodeId id = 0; std::string endpoint; std::string public_key; };
/// `ID ENDPOINT [PUBLIC_KEY]` a line, # comments; ids 0..n-1 complete, once each. Error(input) with the line number.
std::vector<Peer> read_peers(const std::string& path);
std::vector<Peer> read_peers(std::unique_ptr<ByteSource> source);

struct NetworkOptions {
  RunOptions run;
  NodeId self = 0;
  std::vector<Peer> peers;
  std::string run_id;                                      // digest of program, seed and peers: all must agree
  std::string model_digest;                                // of the initial model
  double timeout = 30;                                     // seconds without a sign of life before Error(system) names the peer
  bool insecure = false;
  std::shared_ptr<const SocketKeys> keys;                  // encrypts all links; then each peer needs its public key, and is only who has it
  Closing closing;
  int connections = 1;                                     // to each peer
};
/// When stop_requested(), this node's last round is saved where there is a checkpoint folder, and Stopped is thrown; its peers wait for
/// it as for one that was killed, or are told when it keeps no checkpoints. With closing.quorum peers that are gone are no error as long
/// as the node's rounds can be closed without them. Error(usage) for a quorum with a node of no rounds, for keys that do not fit.
RunResult run_network(Node& node, const NetworkOptions& options);

}  // namespace dml
