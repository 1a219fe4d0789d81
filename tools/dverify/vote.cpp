// dverify vote [INPUT...]: let a majority of verifiers decide on a producer's output, or a majority of peers agree on one.
// Reads fingerprints (and votes that verifiers wrote). With --producer NODE the others are the verifiers, --of of them; without it
// the --of nodes are peers. Exit 0 accepted, 1 a truthful no. -o writes the verdict of each job, then the votes that counted.
#include <ostream>

#include "base/error.h"
#include "base/text.h"
#include "entry/verb.h"
#include "verify/tally.h"

namespace dml {
namespace {

struct VoteOptions {
  int of = 3;
  std::optional<std::uint64_t> producer, tolerance;
  std::optional<std::string> job;
  bool peer = false;
};

VoteRule to_rule(const VoteOptions& options, bool strict) {
  if (options.of % 2 == 0)
    throw Error(Fault::usage, "option '--of' is " + std::to_string(options.of) + ", must be odd: an even number of verifiers can tie");
  if (options.peer && options.producer) throw Error(Fault::usage, "options '--peer' and '--producer' exclude each other");
  VoteRule rule;
  rule.of = static_cast<std::uint32_t>(options.of);
  if (options.producer) rule.producer = static_cast<std::uint32_t>(*options.producer);
  if (options.tolerance) rule.tolerance = static_cast<std::uint32_t>(*options.tolerance);
  rule.job = options.job;
  rule.peers = options.peer;
  rule.strict = strict;
  return rule;
}

class VoteVerb final : public Verb {
 public:
  explicit VoteVerb(VoteOptions options) : options_(std::move(options)) {}

  int run(Invocation& call) override {
    Tally tally(to_rule(options_, call.common().strict));
    const auto reader = call.reader();
    while (const auto record = reader->next()) tally.add(*record, reader->where());
    const auto verdicts = tally.verdicts();
    std::unique_ptr<RecordWriter> writer;
    if (!call.common().output.empty()) writer = call.writer();
    bool all = true;
    for (const auto& verdict : verdicts) {
      all = all && verdict.accept;
      print(call, verdict);
      if (!writer) continue;
      writer->write(to_record(verdict));
      for (const auto& vote : verdict.votes) writer->write(to_record(vote));
    }
    if (writer) writer->close(call.environment());
    return all ? 0 : 1;
  }

 private:
  static void print(Invocation& call, const Verdict& verdict) {
    if (call.common().json) return print_json(call, verdict);
    const bool peers = !verdict.producer && (verdict.agreed || verdict.votes.empty());
    for (const auto& vote : verdict.votes)
      call.out() << (peers ? "peer " : "verifier ") << vote.verifier << "  distance " << format_number(vote.distance) << (vote.accept ? "  accept\n" : "  reject\n");
    call.out() << (verdict.accept ? "accepted" : "rejected") << ": " << verdict.accepts << " of " << verdict.of << (peers ? " peers agree" : " verifiers accept");
    if (verdict.producer) call.out() << " producer " << *verdict.producer;
    if (verdict.agreed) call.out() << " on the output of node " << *verdict.agreed;
    if (verdict.tolerance) call.out() << ", tolerance " << *verdict.tolerance;
    if (!verdict.job.empty()) call.out() << ", job " << plain_or_quoted(verdict.job);
    call.out() << '\n';
  }

  static void print_json(Invocation& call, const Verdict& verdict) {
    Json json;
    json.begin_object().field("job", verdict.job).field("of", std::uint64_t{verdict.of}).field("accepts", std::uint64_t{verdict.accepts}).field("accept", verdict.accept);
    if (verdict.tolerance) json.field("tolerance", std::uint64_t{*verdict.tolerance});
    if (verdict.producer) json.field("producer", std::uint64_t{*verdict.producer});
    if (verdict.agreed) json.field("agreed", std::uint64_t{*verdict.agreed});
    json.key("votes").begin_array();
    for (const auto& vote : verdict.votes)
      json.begin_object().field("verifier", std::uint64_t{vote.verifier}).field("distance", vote.distance).field("accept", vote.accept).end_object();
    call.out() << json.end_array().end_object().str() << '\n';
  }

  VoteOptions options_;
};

}  // namespace

void register_vote(Verbs& verbs) {
  verbs.add<VoteVerb>(
      {"vote", "majority over fingerprints: exit 0 accepted, 1 rejected", "Kim et al., arXiv 2307.01898"},
      {"[INPUT...]", 0, kAnyNumber, Output::report, reads_and_writes({"json", "strict"})},
      Options<VoteOptions>()
          .add("of", &VoteOptions::of, "verifiers (peers without a producer); odd, those missing count as rejects", between(1, 99999))
          .add("producer", &VoteOptions::producer, "node whose output is judged by all others; without it all are peers", between(0, 4294967295.0))
          .add("tolerance", &VoteOptions::tolerance, "bits that may differ; without it 4, and 0 for sha256", at_least(0), at_most(65536))
          .add("job", &VoteOptions::job, "decide on this job alone, drop records of others")
          .add("peer", &VoteOptions::peer, "all are peers: compare fingerprints alone, refuse votes"));
}

}  // namespace dml
