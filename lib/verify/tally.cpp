#include "verify/tally.h"

#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

namespace dml {
namespace {

std::string of_job(const std::string& name) { return name.empty() ? "" : " of job " + quote(name); }

std::string kind_of(const FingerprintValue& hash) { return quote(hash.algorithm) + ", " + std::to_string(hash.bits) + " bits"; }

// Distances between all pairs; nullopt where hashes do not compare.
using Distances = std::vector<std::vector<std::optional<std::uint32_t>>>;

Distances all_distances(const std::vector<const FingerprintValue*>& hashes) {
  const std::size_t n = hashes.size();
  Distances out(n, std::vector<std::optional<std::uint32_t>>(n));
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = i; j < n; ++j)
      if (comparable(*hashes[i], *hashes[j])) out[i][j] = out[j][i] = hamming_distance(*hashes[i], *hashes[j], "", "");
  return out;
}

std::vector<std::size_t> in_consensus(const Distances& distances, std::uint32_t tolerance, std::uint32_t least) {
  std::vector<std::size_t> members;
  for (std::size_t i = 0; i < distances.size(); ++i) {
    const auto near = std::count_if(distances[i].begin(), distances[i].end(), [&](const auto& d) { return d && *d <= tolerance; });
    if (near >= least) members.push_back(i);
  }
  return members;
}

// The member with the least sum of distances to the other members; on a tie the lowest node.
std::size_t medoid(const Distances& distances, const std::vector<std::size_t>& members, const std::vector<std::uint32_t>& nodes) {
  std::size_t best = members.front();
  std::optional<std::uint64_t> least;
  for (const auto i : members) {
    std::uint64_t sum = 0;
    for (const auto j : members) sum += distances[i][j].value_or(kMostFingerprintBits);
    if (!least || sum < *least || (sum == *least && nodes[i] < nodes[best])) {
      least = sum;
      best = i;
    }
  }
  return best;
}

}  // namespace

void Tally::drop(const std::string& reason) const {
  if (rule_.strict) throw Error(Fault::input, reason);
  warn(reason + "; it counts as a reject");
}

void Tally::add(const Record& record, const std::string& where) {
  Ballot ballot{where, {}, {}};
  try {
    if (record.kind == "vote") ballot.vote = to_vote(record, where);
    else if (record.kind == "fingerprint") ballot.hash = to_fingerprint(record, where);
  } catch (const Error& error) {
    return drop(error.what());
  }
  if (ballot.vote) {
    if (rule_.peers) throw Error(Fault::input, where + " is a vote, but peers compare fingerprints alone");
    const std::uint32_t verifier = ballot.vote->verifier;
    const std::string job = ballot.vote->job;
    return take(job, std::move(ballot), verifier);
  }
  if (!ballot.hash)
    throw Error(Fault::input, where + " is of kind " + quote(record.kind) + ", not fingerprint or vote", "hash it first: dverify hash");
  const auto node = ballot.hash->node;
  const std::string job = ballot.hash->job;
  take(job, std::move(ballot), node);
}

void Tally::take(const std::string& name, Ballot ballot, std::optional<std::uint32_t> node) {
  if (rule_.job && name != *rule_.job) return drop(ballot.where + " is of job " + quote(name) + ", not " + quote(*rule_.job));
  auto job = std::find_if(jobs_.begin(), jobs_.end(), [&](const Job& candidate) { return candidate.name == name; });
  if (job == jobs_.end()) {
    jobs_.push_back({name, {}, {}, rule_.producer, !node, false});
    job = jobs_.end() - 1;
  }
  if (job->numbered == node.has_value())
    return drop(ballot.where + (node ? " names its node" : " names no node") + ", the first record" + of_job(name) + " does otherwise");
  const std::uint32_t id = node ? *node : static_cast<std::uint32_t>(job->order.size());
  if (ballot.vote) {
    if (!job->producer) job->producer = ballot.vote->producer;
    if (ballot.vote->producer && ballot.vote->producer != job->producer)
      return drop(ballot.where + " is about producer " + std::to_string(*ballot.vote->producer) + ", not " + std::to_string(*job->producer));
    if (job->producer == id) return drop(ballot.where + " is the producer's vote on itself");
  }
  if (const auto earlier = job->by_node.find(id); earlier != job->by_node.end())
    return drop(ballot.where + " comes from node " + std::to_string(id) + ", which spoke before in " + earlier->second.where);
  if (ballot.vote) job->has_votes = true;
  job->by_node.emplace(id, std::move(ballot));
  job->order.push_back(id);
}

std::uint32_t Tally::tolerance(const Job& job, const FingerprintValue& hash) const {
  const std::uint32_t tolerance = rule_.tolerance.value_or(usual_tolerance(hash));
  if (is_loose(tolerance, hash.bits))
    warn("tolerance " + std::to_string(tolerance) + " is a quarter of the " + std::to_string(hash.bits) + " bits" + of_job(job.name) +
         " or more: outputs that differ begin to pass");
  return tolerance;
}

void Tally::check_seats(const Job& job, std::size_t nodes) const {
  if (nodes > rule_.of)
    throw Error(Fault::input, std::to_string(nodes) + (job.producer || job.has_votes ? " verifiers" : " peers") + " came" + of_job(job.name) +
                                  ", there are " + std::to_string(rule_.of) + " seats",
                "which of them count is not the tool's choice: pass those alone, or raise --of");
}

Verdict Tally::blank(const Job& job) const {
  Verdict verdict;
  verdict.job = job.name;
  verdict.of = rule_.of;
  verdict.producer = job.producer;
  verdict.tolerance = rule_.tolerance;
  return verdict;
}

Verdict Tally::about_producer(const Job& job) const {
  Verdict verdict = blank(job);
  const Ballot* produced = nullptr;
  if (job.producer)
    if (const auto it = job.by_node.find(*job.producer); it != job.by_node.end()) produced = &it->second;
  check_seats(job, job.order.size() - (produced ? 1 : 0));
  if (produced) verdict.tolerance = tolerance(job, produced->hash->hash);
  for (const auto node : job.order) {
    const Ballot& ballot = job.by_node.at(node);
    if (&ballot == produced) continue;
    Vote vote;
    if (ballot.vote) {
      vote = *ballot.vote;
      vote.accept = vote.accept && !(rule_.tolerance && vote.distance > *rule_.tolerance);
    } else if (!produced) {
      drop(ballot.where + " has no hash of a producer to stand against");
      continue;
    } else if (!comparable(ballot.hash->hash, produced->hash->hash)) {
      drop(ballot.where + " is " + kind_of(ballot.hash->hash) + ", the producer's is " + kind_of(produced->hash->hash));
      continue;
    } else {
      const std::uint32_t distance = hamming_distance(produced->hash->hash, ballot.hash->hash, produced->where, ballot.where);
      vote = {job.name, node, distance <= *verdict.tolerance, static_cast<double>(distance), job.producer, verdict.tolerance};
    }
    verdict.accepts += vote.accept;
    verdict.votes.push_back(std::move(vote));
  }
  verdict.accept = verdict.accepts >= majority(rule_.of);
  return verdict;
}

Verdict Tally::among_peers(const Job& job) const {
  check_seats(job, job.order.size());
  Verdict verdict = blank(job);
  std::vector<const FingerprintValue*> hashes;
  for (const auto node : job.order) {
    const Ballot& ballot = job.by_node.at(node);
    hashes.push_back(&ballot.hash->hash);
    if (!comparable(*hashes.front(), *hashes.back()))
      drop(ballot.where + " is " + kind_of(*hashes.back()) + ", the first record is " + kind_of(*hashes.front()));
  }
  verdict.tolerance = tolerance(job, *hashes.front());
  const auto distances = all_distances(hashes);
  const auto members = in_consensus(distances, *verdict.tolerance, majority(rule_.of));
  verdict.accepts = static_cast<std::uint32_t>(members.size());
  verdict.accept = !members.empty();
  if (members.empty()) return verdict;
  const std::size_t centre = medoid(distances, members, job.order);
  verdict.agreed = job.order[centre];
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    const auto& distance = distances[centre][i];
    if (!distance) continue;
    const bool member = std::find(members.begin(), members.end(), i) != members.end();
    verdict.votes.push_back({job.name, job.order[i], member, static_cast<double>(*distance), verdict.agreed, verdict.tolerance});
  }
  return verdict;
}

std::vector<Verdict> Tally::verdicts() const {
  if (jobs_.empty()) throw Error(Fault::input, "no valid fingerprint or vote" + of_job(rule_.job.value_or("")) + " came in");
  std::vector<Verdict> out;
  bool produced = !rule_.producer;
  for (const auto& job : jobs_) produced = produced || job.has_votes || job.by_node.count(*rule_.producer);
  if (!produced) throw Error(Fault::input, "no fingerprint of producer " + std::to_string(*rule_.producer) + " came in");
  for (const auto& job : jobs_) {
    const bool mixed = job.has_votes && !rule_.producer &&
                       std::any_of(job.by_node.begin(), job.by_node.end(), [](const auto& pair) { return pair.second.hash.has_value(); });
    if (mixed) throw Error(Fault::usage, "both votes and hashes came" + of_job(job.name), "name the producer: --producer NODE");
    out.push_back(rule_.producer || job.has_votes ? about_producer(job) : among_peers(job));
  }
  return out;
}

}  // namespace dml
