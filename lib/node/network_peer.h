// What a mesh knows of one peer: the link out, the link in, and signs of life.
#pragma once
#include <optional>
#include <string>

#include "node/network_mesh.h"

namespace dml {

inline constexpr double kBeat = 0.1;                       // seconds between the heartbeats that a peer hears
inline constexpr double kLost = 1.0;                       // as long without one, and it is lost until the next
inline constexpr double kHello = 0.1;                      // the first greeting is repeated after; then more and more slowly
inline constexpr double kNoConnection = 0.02;
inline constexpr std::size_t kMostLanes = 64;

inline std::string number(NodeId id) { return "node " + std::to_string(id); }

/// Bytes that ZeroMQ puts in front of a message.
inline std::uint64_t zmtp_head(std::size_t size) { return size > 255 ? 9 : 2; }

/// The id of one lane of a stream.
inline StreamId lane_of(StreamId id, std::size_t lane) {
  id.bytes[0] = static_cast<std::uint8_t>(id.bytes[0] ^ lane);
  return id;
}

// Who says hello.
struct Mesh::Greeting {
  std::string run_id, model;
  std::uint64_t seed = 0, nodes = 0, from = 0, to = 0, lanes = 0;
  Standing standing;
};

struct Mesh::Peer {
  NodeId id = 0;
  std::size_t link = 0;                                    // of its first lane
  OutLink out;
  StreamId out_id = StreamId::random();
  bool met = false;                                        // it welcomed this process once
  Standing standing;                                       // as last heard
  double heard = 0, greeted = 0, hello = kHello;
  std::vector<double> probed = std::vector<double>(1);     // by lane
  std::vector<std::uint64_t> highest_sent = std::vector<std::uint64_t>(1);   // by lane: chunks below were sent before
  std::uint64_t finish_probe = 0;                          // the first probe that said "finished"
  bool knows_finished = false;                             // it was told that this node is done
  bool left = false;                                       // it said bye, or was given up
  bool lost = false;                                       // its heart does not beat
  std::string trouble;                                     // what else is known when it stays silent

  std::optional<InLink> in;                                // from the first hello on
  bool fed = false;                                        // there was one before the present stream
  StreamId in_id;
  Standing in_standing;
  std::string route;
  std::vector<bool> unanswered = std::vector<bool>(1);     // by lane: an acknowledgement is due
  double in_heard = 0;
  Standing challenger;                                     // another process that claims this id
  double challenged = 0;

  double last_sign() const { return in && in_standing.same_process(standing) ? std::max(heard, in_heard) : heard; }
};

}  // namespace dml
