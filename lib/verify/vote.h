// Votes and verdicts as records. Source: E. Kim et al., arXiv 2307.01898; card gen-ai-consensus, section A (unsigned here).
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wire/record.h"

namespace dml {

/// What one verifier says of a producer's output. Record of kind `vote`: meta {job, verifier, accept, distance, producer?, tolerance?}.
struct Vote {
  std::string job;                                         // "" when there is but one
  std::uint32_t verifier = 0;
  bool accept = false;
  double distance = 0;                                     // bits; other checks may have fractions
  std::optional<std::uint32_t> producer, tolerance;
};
Record to_record(const Vote& vote);
/// Checks kind, keys and types, and that an accepting vote keeps its own tolerance. Error(input) naming `where`.
Vote to_vote(const Record& record, const std::string& where);

/// What the majority says. Record of kind `verdict`: meta {job, of, accepts, accept, verifiers, distances, tolerance?, producer?, agreed?}.
struct Verdict {
  std::string job;
  std::uint32_t of = 0;                                    // V: seats
  std::uint32_t accepts = 0;                               // accepting verifiers, or peers in consensus
  bool accept = false;
  std::optional<std::uint32_t> tolerance;                  // unknown where only votes were counted
  std::optional<std::uint32_t> producer;
  std::optional<std::uint32_t> agreed;                     // peers: the node whose output stands for all
  std::vector<Vote> votes;                                 // those that count, in order of arrival
};
Record to_record(const Verdict& verdict);

/// floor(V / 2) + 1.
inline std::uint32_t majority(std::uint32_t verifiers) { return verifiers / 2 + 1; }

}  // namespace dml
