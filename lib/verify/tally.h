// Majority votes over fingerprints. Source: E. Kim et al., arXiv 2307.01898; card gen-ai-consensus, section B.
//
// With a producer P and an odd number V of verifiers: a verifier accepts iff its hash is within the tolerance T of P's, and P is
// accepted iff at least floor(V/2) + 1 verifiers accept. What is missing, invalid or said twice counts as a reject: there are V
// seats, whoever shows up. Without a producer all V nodes are peers: a node is in consensus iff it is within T of at least
// floor(V/2) + 1 nodes (itself included); the output agreed on is that of the medoid of those in consensus (the least sum of
// distances to the others, tie: the lowest node).
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "verify/fingerprint.h"
#include "verify/vote.h"

namespace dml {

struct VoteRule {
  std::uint32_t of = 3;                                    // V, odd
  std::optional<std::uint32_t> producer;
  std::optional<std::uint32_t> tolerance;                  // none: usual_tolerance()
  std::optional<std::string> job;                          // none: a verdict for every job that occurs
  bool peers = false;                                      // refuse votes, only hashes count
  bool strict = false;                                     // what would be dropped is an error
};

/// Collects fingerprints and votes and decides, job by job.
class Tally {
 public:
  explicit Tally(VoteRule rule) : rule_(std::move(rule)) {}

  /// Drops what is malformed, of another job or about another producer, and all but the first that a node says, with a warning each.
  /// Error(input) when the record is neither a fingerprint nor a vote.
  void add(const Record& record, const std::string& where);

  /// In order of the jobs' first records. Error(input) when there is nothing to decide or a job has more nodes than seats.
  std::vector<Verdict> verdicts() const;

 private:
  // What one node said about a job: the hash of its own output, or its vote.
  struct Ballot {
    std::string where;
    std::optional<FingerprintRecord> hash;
    std::optional<Vote> vote;
  };
  struct Job {
    std::string name;
    std::map<std::uint32_t, Ballot> by_node;
    std::vector<std::uint32_t> order;                      // nodes by arrival
    std::optional<std::uint32_t> producer;
    bool numbered = false;                                 // its records name no node: they are counted 0, 1, 2, ...
    bool has_votes = false;
  };

  void drop(const std::string& reason) const;
  void take(const std::string& name, Ballot ballot, std::optional<std::uint32_t> node);
  std::uint32_t tolerance(const Job& job, const FingerprintValue& hash) const;
  void check_seats(const Job& job, std::size_t nodes) const;
  Verdict about_producer(const Job& job) const;
  Verdict among_peers(const Job& job) const;
  Verdict blank(const Job& job) const;

  VoteRule rule_;
  std::vector<Job> jobs_;
};

}  // namespace dml
