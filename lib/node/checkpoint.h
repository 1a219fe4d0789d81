// Sealed node states on disk: DIR/node-<id>/round-<r>.dml and, written after it, round-<r>.manifest.dml with its size and XXH3-64. Both
// are written beside themselves, flushed to the disk and renamed; a state without a manifest does not count, and one that does not
// match its manifest is refused.
//
// A state of round r was taken when r rounds were complete (Context::round_done). It holds nothing that was in flight to the node: a node resumed
// at round r starts by producing round r again. The simulator resumes all nodes at the same round; over the network each node resumes
// at its own latest one and its peers send again what they kept.
#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "node/runtime.h"

namespace dml {

class Checkpointer {
 public:
  /// `local`: the nodes that this process runs, of `nodes` in all. Touches no file before the first save. Error(usage) when
  /// `options.directory` already holds checkpoints of these nodes and is not what `options.resume` names.
  Checkpointer(const RunOptions& run, std::size_t nodes, std::vector<NodeId> local);

  /// Whether a state of this round is wanted.
  bool due(std::uint64_t round) const { return saving() && options_.every > 0 && round % options_.every == 0; }
  bool saving() const { return !options_.directory.empty(); }

  /// Writes a sealed state; on return it is durable. Different nodes may save at the same time. When all local nodes have a round, what
  /// is older than the complete round before it is removed. Error(system) when it cannot be written.
  /// `in_flight`: tensors about messages on the way (network runtime), kept beside the state under names that start with ~network/.
  void save(NodeId node, std::uint64_t round, const Record& state, const Traffic& traffic, const std::vector<Tensor>& in_flight = {});

  bool resuming() const { return !options_.resume.empty(); }
  /// The latest round that each of `nodes` has sealed in `options.resume`; nullopt when there is none. Error(input) when the folder
  /// cannot be read.
  std::optional<std::uint64_t> latest(const std::vector<NodeId>& nodes) const;

  struct Saved {
    Record state;
    std::vector<Tensor> in_flight;                         // as saved, without the prefix; the simulator has no use for them
    Traffic traffic;                                       // of the rounds before; a resumed run counts on
    std::string file;                                      // for messages
  };
  /// Verified against its manifest. Error(input) naming the file when it is damaged, or of another program, seed, node or number of nodes.
  Saved load(NodeId node, std::uint64_t round) const;

 private:
  void completed(std::uint64_t round);

  CheckpointOptions options_;
  std::string program_;
  std::uint64_t seed_ = 0, nodes_ = 0;
  std::vector<NodeId> local_;
  std::mutex mutex_;
  std::map<std::uint64_t, std::size_t> saved_;             // round -> how many local nodes have it
  std::optional<std::uint64_t> complete_;                  // the latest round that all of them have
};

}  // namespace dml
