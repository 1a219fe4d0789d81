// Runs toy nodes over the network: each node in a thread of its own, in this process.
#pragma once
#include <atomic>
#include <thread>

#include "toy.h"

namespace toy {

/// Thrown by a node to vanish without a word, as under kill -9.
struct Vanish {};

/// Peers over ipc in a folder (short names).
inline std::vector<Peer> ipc_peers(const Folder& folder, std::size_t n) {
  std::vector<Peer> peers;
  for (NodeId id = 0; id < n; ++id) peers.push_back({id, "ipc://" + (folder / std::to_string(id)), ""});
  return peers;
}

inline NetworkOptions over_network(const std::vector<Peer>& peers, NodeId self, double timeout = 20) {
  NetworkOptions options;
  options.run.seed = 7;
  options.run.program = "toy";
  options.self = self;
  options.peers = peers;
  options.run_id = "run";
  options.model_digest = "model";
  options.timeout = timeout;
  return options;
}

struct Outcome {
  std::string error;                                       // empty: it finished
  int fault = 0;
  bool vanished = false;
  Traffic traffic;
};

inline Outcome run_one(Node& node, const NetworkOptions& options) {
  Outcome outcome;
  try {
    outcome.traffic = run_network(node, options).traffic[options.self];
  } catch (const Error& error) {
    outcome.error = error.what();
    outcome.fault = static_cast<int>(error.fault());
  } catch (const Vanish&) {
    outcome.vanished = true;
  }
  return outcome;
}

/// All nodes at once; `adjust(id, options)` may change a node's options.
template <class Adjust>
std::vector<Outcome> run_threads(Nodes& nodes, const std::vector<Peer>& peers, Adjust adjust) {
  std::vector<Outcome> outcomes(nodes.size());
  std::vector<std::jthread> threads;
  for (NodeId id = 0; id < nodes.size(); ++id)
    threads.emplace_back([&, id] {
      if (!nodes[id]) return;                              // never starts
      NetworkOptions options = over_network(peers, id);
      adjust(id, options);
      outcomes[id] = run_one(*nodes[id], options);
    });
  for (auto& thread : threads) thread.join();
  return outcomes;
}
inline std::vector<Outcome> run_threads(Nodes& nodes, const std::vector<Peer>& peers) {
  return run_threads(nodes, peers, [](NodeId, NetworkOptions&) {});
}

}  // namespace toy
