#include <doctest/doctest.h>

#include <limits>

#include "base/error.h"
#include "base/log.h"
#include "base/random.h"
#include "verify/tally.h"

using namespace dml;

namespace {

// A fingerprint of 64 bits whose first `ones` bits are set: distances are differences.
Record print_of(unsigned ones, std::optional<std::uint32_t> node, const std::string& job = "", const std::string& algorithm = "test") {
  std::vector<std::uint8_t> value(8);
  for (unsigned k = 0; k < ones; ++k) value[k / 8] |= 0x80u >> (k % 8);
  return to_record({{algorithm, 64, value}, "out", node, job});
}

Record vote_of(std::uint32_t verifier, bool accept, std::uint32_t producer = 0, const std::string& job = "") {
  return to_record(Vote{job, verifier, accept, accept ? 1.0 : 30.0, producer, {}});
}

struct Heard {
  std::vector<std::string> lines;
  Heard() { set_log_sink([this](Level, const std::string& line) { lines.push_back(line); }); }
  ~Heard() { set_log_sink({}); }
};

VoteRule rule(std::uint32_t of, std::optional<std::uint32_t> producer, std::optional<std::uint32_t> tolerance) { return {of, producer, tolerance, {}, false, false}; }

std::vector<Verdict> decide(VoteRule how, const std::vector<Record>& records) {
  Tally tally(how);
  for (std::size_t i = 0; i < records.size(); ++i) tally.add(records[i], "record " + std::to_string(i));
  return tally.verdicts();
}
Verdict one(VoteRule how, const std::vector<Record>& records) {
  auto all = decide(std::move(how), records);
  REQUIRE(all.size() == 1);
  return all[0];
}

}  // namespace

TEST_CASE("a producer needs floor(V/2) + 1 verifiers within the tolerance") {
  const auto verdict = one(rule(3, 7, 4), {print_of(10, 1), print_of(10, 7), print_of(14, 2), print_of(15, 3)});
  CHECK(verdict.accept);
  CHECK(verdict.accepts == 2);
  CHECK(verdict.of == 3);
  CHECK(*verdict.producer == 7);
  CHECK(*verdict.tolerance == 4);
  REQUIRE(verdict.votes.size() == 3);
  CHECK(verdict.votes[1].verifier == 2);
  CHECK(verdict.votes[1].distance == 4);
  CHECK(verdict.votes[1].accept);
  CHECK_FALSE(verdict.votes[2].accept);
  CHECK_FALSE(one(rule(3, 7, 3), {print_of(10, 1), print_of(10, 7), print_of(14, 2), print_of(15, 3)}).accept);
  CHECK_FALSE(one(rule(5, 7, 4), {print_of(10, 1), print_of(10, 7), print_of(14, 2), print_of(15, 3)}).accept);   // two of five
}

TEST_CASE("missing verifiers are rejects") {
  CHECK(one(rule(3, 0, 0), {print_of(1, 0), print_of(1, 1), print_of(1, 2)}).accept);
  CHECK_FALSE(one(rule(3, 0, 0), {print_of(1, 0), print_of(1, 1)}).accept);
  CHECK_FALSE(one(rule(3, 0, 0), {print_of(1, 0)}).accept);
  CHECK(one(rule(1, 0, 0), {print_of(1, 0), print_of(1, 1)}).accept);
}

TEST_CASE("a verifier votes once: its second record counts as a reject, whatever it says") {
  Heard heard;
  CHECK_FALSE(one(rule(3, 0, 0), {print_of(1, 0), print_of(1, 1), print_of(1, 1), print_of(1, 1)}).accept);
  REQUIRE(heard.lines.size() == 2);
  CHECK(heard.lines[0] == "record 2 comes from node 1, which spoke before in record 1; it counts as a reject");
  CHECK_FALSE(one(rule(3, 0, 0), {print_of(1, 0), print_of(9, 1), print_of(1, 1), print_of(1, 2)}).accept);      // the first word stands
  CHECK_FALSE(one(rule(3, 0, 0), {print_of(1, 0), print_of(1, 0), print_of(1, 0)}).accept);                      // nor may a producer vote
  auto strict = rule(3, 0, 0);
  strict.strict = true;
  CHECK_THROWS_AS(decide(strict, {print_of(1, 0), print_of(1, 1), print_of(1, 1)}), Error);
}

TEST_CASE("a verifier with another kind of hash is a reject, never distance 0") {
  Heard heard;
  const auto verdict = one(rule(3, 0, 64), {print_of(1, 0), print_of(1, 1, "", "other"), print_of(1, 2)});
  CHECK_FALSE(verdict.accept);
  CHECK(verdict.accepts == 1);
  CHECK(heard.lines.size() == 2);                          // and that 64 of 64 bits is a loose tolerance
}

TEST_CASE("malformed records are dropped, other kinds are refused") {
  Heard heard;
  auto broken = print_of(1, 1);
  broken.meta["bits"] = "64";
  CHECK_FALSE(one(rule(3, 0, 0), {print_of(1, 0), broken, print_of(1, 2)}).accept);
  CHECK(heard.lines.size() == 1);
  CHECK_THROWS_AS(decide(rule(3, 0, 0), {Record{"model", {}, {}, {}}}), Error);
}

TEST_CASE("more nodes than seats, or nothing to judge, is an error") {
  CHECK_THROWS_WITH_AS(decide(rule(1, 0, 0), {print_of(1, 0), print_of(1, 1), print_of(1, 2)}), "2 verifiers came, there are 1 seats", Error);
  CHECK_THROWS_WITH_AS(decide(rule(1, {}, 0), {print_of(1, 0), print_of(1, 1)}), "2 peers came, there are 1 seats", Error);
  CHECK_THROWS_WITH_AS(decide(rule(3, 9, 0), {print_of(1, 0)}), "no fingerprint of producer 9 came in", Error);
  CHECK_THROWS_AS(decide(rule(3, {}, 0), {}), Error);
}

TEST_CASE("records without nodes are numbered by arrival; a mixture is not") {
  CHECK(one(rule(3, 1, 0), {print_of(5, {}), print_of(5, {}), print_of(5, {})}).accept);
  CHECK_FALSE(one(rule(3, 1, 0), {print_of(5, {}), print_of(6, {}), print_of(5, {})}).accept);
  Heard heard;
  CHECK_FALSE(one(rule(3, 0, 0), {print_of(5, {}), print_of(5, 1), print_of(5, {})}).accept);
  CHECK(heard.lines.size() == 1);
}

TEST_CASE("peers: consensus, medoid and ties") {
  // Distances 0 1 3 (10, 11, 13) and 40: with T = 2 node 5 sees 5 and 6, node 6 sees all three, node 7 sees 6 and 7.
  const auto verdict = one(rule(5, {}, 2), {print_of(40, 9), print_of(13, 7), print_of(11, 6), print_of(10, 5)});
  CHECK(verdict.accept);
  CHECK(verdict.accepts == 1);                             // of 5, three are needed: only node 6 sees that many
  CHECK(*verdict.agreed == 6);
  const auto three = one(rule(3, {}, 2), {print_of(40, 9), print_of(11, 6), print_of(10, 5)});
  CHECK(three.accepts == 2);
  CHECK(*three.agreed == 5);                               // a tie goes to the lowest node
  CHECK(three.votes.size() == 3);
  CHECK_FALSE(three.votes[0].accept);
  CHECK_FALSE(one(rule(3, {}, 2), {print_of(40, 9), print_of(20, 6), print_of(10, 5)}).accept);
  CHECK_FALSE(one(rule(3, {}, 2), {print_of(10, 5)}).accept);
  // Sums of distances: 10 -> 2 + 4, 12 -> 2 + 2, 14 -> 4 + 2.
  CHECK(*one(rule(3, {}, 4), {print_of(10, 1), print_of(12, 8), print_of(14, 0)}).agreed == 8);
}

TEST_CASE("peers with other kinds of hash do not count") {
  Heard heard;
  CHECK_FALSE(one(rule(3, {}, 0), {print_of(1, 0), print_of(1, 1, "", "b"), print_of(1, 2, "", "c")}).accept);
  CHECK(heard.lines.size() == 2);
}

TEST_CASE("each job has its own verdict; --job keeps one") {
  const std::vector<Record> both{print_of(1, 0, "a"), print_of(1, 0, "b"), print_of(1, 1, "a"), print_of(9, 1, "b"), print_of(1, 2, "a"), print_of(9, 2, "b")};
  const auto verdicts = decide(rule(3, 0, 0), both);
  REQUIRE(verdicts.size() == 2);
  CHECK(verdicts[0].job == "a");
  CHECK(verdicts[0].accept);
  CHECK_FALSE(verdicts[1].accept);
  Heard heard;
  auto only = rule(3, 0, 0);
  only.job = "b";
  CHECK(one(only, both).job == "b");
  CHECK(heard.lines.size() == 3);
  only.job = "c";
  CHECK_THROWS_AS(decide(only, both), Error);
}

TEST_CASE("votes count like hashes") {
  CHECK(one(rule(3, {}, {}), {vote_of(1, true), vote_of(2, false), vote_of(3, true)}).accept);
  CHECK_FALSE(one(rule(3, {}, {}), {vote_of(1, true), vote_of(2, false)}).accept);
  CHECK(one(rule(3, 0, 0), {print_of(1, 0), print_of(1, 1), vote_of(2, true)}).accepts == 1);       // at distance 1 with tolerance 0
  CHECK(one(rule(3, 0, 1), {print_of(1, 0), print_of(1, 1), vote_of(2, true)}).accepts == 2);
  CHECK_THROWS_AS(decide(rule(3, {}, 0), {print_of(1, 0), vote_of(2, true)}), Error);               // who is the producer?
  auto peers = rule(3, {}, 0);
  peers.peers = true;
  CHECK_THROWS_AS(decide(peers, {vote_of(1, true)}), Error);
  Heard heard;
  CHECK_FALSE(one(rule(3, 0, {}), {vote_of(1, true), vote_of(1, true), vote_of(2, true, 5), vote_of(0, true), vote_of(3, false)}).accept);
  CHECK(heard.lines.size() == 3);                          // a replay, another producer, the producer itself
}

TEST_CASE("a vote record is checked") {
  const auto good = vote_of(3, true);
  CHECK(to_vote(good, "here").accept);
  const auto refused = [&](const std::string& key, Value wrong) {
    auto record = good;
    record.meta[key] = std::move(wrong);
    CHECK_THROWS_AS(to_vote(record, "here"), Error);
  };
  refused("accept", 1);
  refused("verifier", -1);
  refused("verifier", "3");
  refused("distance", std::numeric_limits<double>::quiet_NaN());
  refused("distance", -1.0);
  refused("distance", "1");
  refused("producer", 1.5);
  refused("tolerance", 0);                                 // accepts at distance 1
  for (const auto* key : {"accept", "distance", "verifier"}) {
    auto none = good;
    none.meta.erase(key);
    CHECK_THROWS_AS(to_vote(none, "here"), Error);
  }
}

TEST_CASE("the default tolerance is 4, and 0 for sha256") {
  CHECK(one(rule(1, 0, {}), {print_of(1, 0), print_of(5, 1)}).accept);
  CHECK_FALSE(one(rule(1, 0, {}), {print_of(1, 0), print_of(6, 1)}).accept);
  CHECK_FALSE(one(rule(1, 0, {}), {print_of(1, 0, "", "sha256:of=file"), print_of(2, 1, "", "sha256:of=file")}).accept);
}

TEST_CASE("exact check 4: with T = 0 and sha256 the vote is one on equal bytes") {
  Registry<Fingerprint> all("fingerprint");
  register_fingerprints(all);
  const auto sha = all.make("sha256");
  Rng rng("tally test", 1);
  int accepted = 0;
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string> outputs;
    for (int node = 0; node < 4; ++node) outputs.push_back(rng.below(2) ? "same" : "other " + std::to_string(rng.below(3)));
    std::vector<Record> records;
    int equal = 0;
    for (std::uint32_t node = 0; node < 4; ++node) {
      records.push_back(to_record({sha->of_bytes(*memory_source(std::as_bytes(std::span(outputs[node])), "out")), "out", node, ""}));
      equal += node > 0 && outputs[node] == outputs[0];
    }
    const bool accept = one(rule(3, 0, 0), records).accept;
    CHECK(accept == (equal >= 2));
    accepted += accept;
  }
  CHECK(accepted > 20);
  CHECK(accepted < 180);
}

TEST_CASE("a verdict says what it is made of") {
  const auto record = to_record(one(rule(3, 0, 4), {print_of(1, 0, "j"), print_of(1, 1, "j"), print_of(9, 2, "j")}));
  CHECK(record.kind == "verdict");
  CHECK(to_json(record.meta) == R"({"accept": false, "accepts": 1, "distances": [0, 8], "job": "j", "of": 3, "producer": 0, "tolerance": 4, "verifiers": [1, 2]})");
}
