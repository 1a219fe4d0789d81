#include "verify/vote.h"

#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "verify/fingerprint.h"

namespace dml {
namespace {

// Hamming distances are whole numbers and stay so.
bool is_whole(double distance) { return distance < 1e15 && std::floor(distance) == distance; }

}  // namespace

Record to_record(const Vote& vote) {
  Record record;
  record.kind = "vote";
  record.meta = {{"job", vote.job}, {"verifier", vote.verifier}, {"accept", vote.accept}};
  if (is_whole(vote.distance)) record.meta["distance"] = static_cast<std::uint64_t>(vote.distance);
  else record.meta["distance"] = vote.distance;
  if (vote.producer) record.meta["producer"] = *vote.producer;
  if (vote.tolerance) record.meta["tolerance"] = *vote.tolerance;
  return record;
}

Vote to_vote(const Record& record, const std::string& where) {
  if (record.kind != "vote") throw Error(Fault::input, where + " is of kind " + quote(record.kind) + ", not vote");
  Vote out;
  out.job = optional_text(record.meta, "job", where);
  out.verifier = required_u32(record.meta, "verifier", where);
  out.producer = optional_u32(record.meta, "producer", where);
  out.tolerance = optional_u32(record.meta, "tolerance", where);
  const auto accept = get_bool(record.meta, "accept");
  if (!accept) throw Error(Fault::input, where + " has no key 'accept' that is true or false");
  out.accept = *accept;
  out.distance = get_number(record.meta, "distance").value_or(-1);
  if (!std::isfinite(out.distance) || out.distance < 0)
    throw Error(Fault::input, where + " has no key 'distance' that is a finite number, 0 or more");
  if (out.accept && out.tolerance && out.distance > *out.tolerance)
    throw Error(Fault::input, where + " accepts at distance " + format_number(out.distance) + " with tolerance " + std::to_string(*out.tolerance));
  return out;
}

Record to_record(const Verdict& verdict) {
  Record record;
  record.kind = "verdict";
  ValueList verifiers, distances;
  for (const auto& vote : verdict.votes) {
    verifiers.emplace_back(vote.verifier);
    if (is_whole(vote.distance)) distances.emplace_back(static_cast<std::uint64_t>(vote.distance));
    else distances.emplace_back(vote.distance);
  }
  record.meta = {{"job", verdict.job}, {"of", verdict.of}, {"accepts", verdict.accepts}, {"accept", verdict.accept},
                 {"verifiers", std::move(verifiers)}, {"distances", std::move(distances)}};
  if (verdict.tolerance) record.meta["tolerance"] = *verdict.tolerance;
  if (verdict.producer) record.meta["producer"] = *verdict.producer;
  if (verdict.agreed) record.meta["agreed"] = *verdict.agreed;
  return record;
}

}  // namespace dml
