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

namespace dml {

struct CheckpointOptions {
  std::string directory;                                   // --checkpoint; empty: none
  std::uint64_t every = 0;                                 // --every rounds
  std::string resume;                                      // --resume; empty: start afresh
  OpenOptions open;                                        // formats (dml is needed) and the header of what is written
};

struct RunOptions {
  std::uint64_t seed = 0;
  Metrics* metrics = nullptr;
  CheckpointOptions checkpoint;
  std::string program;                                     // "dsgd:...": resolved method options; a checkpoint of another is refused
};

struct RunResult {
  std::vector<Traffic> traffic;                            // per node
};

/// Runs until every node finished. Events are processed in waves of equal virtual time, nodes of a wave in parallel: equal bits for any
/// number of threads. What a wave sends or wakes without delay is the next wave. A node handles its events of a wave in this order: wakes
/// as they were set, then messages by sender and, of one sender, as they were sent. Metric lines come out wave by wave in node order.
/// Traffic is what the wire would carry, wire_size() of each message; framing stays 0. Error(bug) names the nodes that wait for ever.
RunResult simulate(std::vector<std::unique_ptr<Node>>& nodes, const RunOptions& options);

struct Peer { NodeId id = 0; std::string endpoint; std::string public_key; };
/// `ID ENDPOINT [PUBLIC_KEY]` a line, # comments; ids 0..n-1 complete, once each. Error(input) with the line number.
std::vector<Peer> read_peers(const std::string& path);

struct NetworkOptions {
  RunOptions run;
  NodeId self = 0;
  std::vector<Peer> peers;
  std::string run_id;                                      // digest of program, seed and peers: all must agree
  std::string model_digest;                                // of the initial model
  double timeout = 30;                                     // seconds without a sign of life before Error(system) names the peer
  bool insecure = false;
};
RunResult run_network(Node& node, const NetworkOptions& options);

}  // namespace dml
