// When a round closes without some of its messages: the rules by hand, on a node whose events this test makes.
#include <doctest/doctest.h>

#include "base/log.h"
#include "toy.h"

using namespace toy;

namespace {

// A runtime of one node: the test is everybody else, and the clock.
struct Desk final : Context {
  Closing rules;
  Seconds time = 0;
  std::vector<std::pair<Seconds, int>> wakes;
  std::vector<std::uint64_t> done;
  std::vector<std::string> said;
  bool finished = false;
  std::size_t count;
  NodeId id;
  NoMetrics no_metrics;
  Traffic none;
  Desk(std::size_t nodes, NodeId self, Closing closing) : rules(closing), count(nodes), id(self) {
    set_log_sink([this](Level, const std::string& line) { said.push_back(line); });
  }
  ~Desk() { set_log_sink({}); }
  NodeId self() const override { return id; }
  std::size_t nodes() const override { return count; }
  Seconds now() const override { return time; }
  void wake(Seconds after, int tag) override { wakes.emplace_back(time + after, tag); }
  void send(NodeId, std::uint64_t, Payload) override {}
  Rng rng(std::string_view purpose, std::uint64_t round, std::uint32_t draw) const override { return Rng(purpose, 1, id, static_cast<std::uint32_t>(round), draw); }
  Metrics& metrics() override { return no_metrics; }
  const Traffic& traffic() const override { return none; }
  void round_done(std::uint64_t round) override { done.push_back(round); }
  const Closing& closing() const override { return rules; }
  void finish() override { finished = true; }
  /// Lets the clock go on to `until` and rings what is due.
  void pass(Node& node, Seconds until) {
    time = until;
    const auto all = std::exchange(wakes, {});
    for (const auto& [at, tag] : all) {
      if (at <= time) node.woken(*this, tag);
      else wakes.emplace_back(at, tag);
    }
  }
  bool heard(const std::string& text) const {
    return std::any_of(said.begin(), said.end(), [&](const auto& line) { return line.find(text) != std::string::npos; });
  }
};

Payload number(double x) { return std::make_shared<const Record>(scalar("model", x)); }
Closing quorum(std::size_t q, std::optional<Seconds> deadline = std::nullopt) { return {q, deadline, false}; }

// Node 0 of four that all hear each other, with x = 1: each round ends in the mean.
struct Mean : Scalar {
  explicit Mean(std::uint64_t rounds = 3, bool carry = false) : Scalar({rounds, always(complete(4)), carry}, {1.0}) {}
  double x() const { return value(model()); }
};

}  // namespace

TEST_CASE("without a quorum a round waits for everybody, but a deadline names who is late") {
  Desk desk(4, 0, {std::nullopt, 2.0, false});
  Mean node;
  node.start(desk);
  node.receive(desk, {1, 0, number(5)});
  node.receive(desk, {2, 0, number(6)});
  node.peer(desk, 3, PeerEvent::down);
  desk.pass(node, 5);
  CHECK(desk.done.empty());
  node.peer(desk, 3, PeerEvent::up);
  node.receive(desk, {3, 0, number(8)});
  CHECK(desk.done == std::vector<std::uint64_t>{1});
  CHECK(node.x() == 5);                                    // (1 + 5 + 6 + 8) / 4
  desk.pass(node, 8);
  CHECK(desk.heard("node 1 is late in round 1: nothing came in 2.000 s"));
}

TEST_CASE("a quorum closes the round when the missing are lost; their weight stays with the node") {
  Desk desk(4, 0, quorum(2));
  Mean node;
  node.start(desk);
  node.peer(desk, 3, PeerEvent::down);
  node.receive(desk, {1, 0, number(5)});
  CHECK(desk.done.empty());                                // one of two
  node.receive(desk, {2, 0, number(6)});
  CHECK(desk.done == std::vector<std::uint64_t>{1});
  CHECK(node.x() == 3.25);                                 // 1/4 (5 + 6) + 1/2 1
  CHECK(desk.heard("node 3 is lost: round 0 closes without it"));
  node.receive(desk, {1, 1, number(5)});
  node.receive(desk, {2, 1, number(6)});
  CHECK(desk.done.size() == 2);
  CHECK(std::count_if(desk.said.begin(), desk.said.end(), [](const auto& line) { return line.find("node 3") != std::string::npos; }) == 1);
  node.peer(desk, 3, PeerEvent::up);                       // it came back: it is waited for again
  node.receive(desk, {1, 2, number(5)});
  node.receive(desk, {2, 2, number(6)});
  CHECK_FALSE(desk.finished);
  node.receive(desk, {3, 2, number(8)});
  CHECK(desk.finished);
  CHECK(desk.heard("node 3 is in time again in round 2"));
}

TEST_CASE("a quorum alone closes nothing while the missing are alive; the deadline makes them late") {
  Desk desk(4, 0, quorum(2, 2.0));
  Mean node;
  node.start(desk);
  for (const NodeId from : {1u, 2u}) node.receive(desk, {from, 0, number(5)});
  desk.pass(node, 1.9);
  CHECK(desk.done.empty());
  desk.pass(node, 2.0);
  CHECK(desk.done.size() == 1);
  CHECK(node.x() == 3);
  desk.pass(node, 3.9);                                    // the next round has a deadline of its own
  node.receive(desk, {1, 1, number(5)});
  desk.pass(node, 4.0);
  CHECK(desk.done.size() == 1);                            // late or not, one of two is no quorum
  node.receive(desk, {3, 1, number(5)});
  CHECK(desk.done.size() == 2);
}

TEST_CASE("late messages are dropped, or stand in once where the method carries them") {
  for (const bool carry : {false, true}) {
    Desk desk(4, 0, quorum(2, 2.0));
    Mean node(4, carry);
    node.start(desk);
    for (const NodeId from : {1u, 2u}) node.receive(desk, {from, 0, number(1)});
    desk.pass(node, 2);
    node.receive(desk, {3, 0, number(9)});                 // for round 0, which is over
    for (const NodeId from : {1u, 2u}) node.receive(desk, {from, 1, number(1)});
    desk.pass(node, 4);
    CHECK(node.x() == (carry ? 3 : 1));                    // (1 + 1 + 1 + 9) / 4
    for (const NodeId from : {1u, 2u}) node.receive(desk, {from, 2, number(node.x())});
    desk.pass(node, 6);
    CHECK(node.x() == (carry ? 3 : 1));                    // not twice
  }
}

TEST_CASE("a node that fell behind catches up: who is past its round sends nothing of it any more") {
  Desk desk(4, 0, quorum(3));
  Mean node(6);
  node.start(desk);
  for (const NodeId from : {1u, 2u, 3u}) node.receive(desk, {from, 4, number(5)});
  CHECK(desk.done == std::vector<std::uint64_t>{1, 2, 3, 4, 5});
  CHECK(node.x() == 4);
}

TEST_CASE("a quorum that cannot be reached any more is an error, not a wait for ever") {
  Desk desk(4, 0, quorum(2));
  Mean node;
  node.start(desk);
  node.receive(desk, {1, 0, number(5)});
  node.peer(desk, 2, PeerEvent::left);
  const Error error = error_of([&] { node.peer(desk, 3, PeerEvent::left); });
  CHECK(error.fault() == Fault::system);
  CHECK(has(error, "round 0 has 1 of the 2 messages that --quorum asks for, and nodes 2, 3 are gone"));
}

TEST_CASE("a server closes its round early, but not without a reply") {
  Desk desk(5, 4, quorum(1, 1.0));
  Federated server({2, 4}, 4, 0, ~0ull, 1.0);
  server.start(desk);
  desk.pass(server, 1);
  CHECK(desk.done.empty());
  server.receive(desk, {2, 0, number(3)});
  CHECK(desk.done.size() == 1);
  CHECK(value(server.model()) == 3);                       // the mean of one reply
  server.receive(desk, {1, 0, number(7)});                 // too late
  desk.pass(server, 1.5);
  server.receive(desk, {1, 1, number(2)});
  server.receive(desk, {0, 1, number(4)});
  CHECK_FALSE(desk.finished);
  desk.pass(server, 2);
  CHECK(desk.finished);
  CHECK(value(server.model()) == 6);
  Desk client_desk(5, 1, quorum(1));
  Federated client({2, 4}, 1, 0);
  client.start(client_desk);
  CHECK(has(error_of([&] { client.peer(client_desk, 4, PeerEvent::left); }), "the server, node 4, is gone"));
}

TEST_CASE("an automatic deadline: median and median deviation of what arrived") {
  Punctuality few;
  for (int i = 0; i < 7; ++i) few.arrived(1);
  CHECK_FALSE(few.deadline());
  few.arrived(1);
  CHECK(few.deadline() == 1);
  Punctuality skewed;
  for (const double after : {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 60.0}) skewed.arrived(after);
  CHECK(*skewed.deadline() == doctest::Approx(0.45 + 6 * 0.2));   // deviations .35 .25 .15 .05 .05 .15 .25 59.55
  Punctuality prompt;
  for (int i = 0; i < 300; ++i) prompt.arrived(i < 40 ? 5 : 0);   // the first are forgotten, and 0 is no deadline
  CHECK(prompt.deadline() == 0.05);

  Desk desk(4, 0, {2, std::nullopt, true});
  Mean node(5);
  node.start(desk);
  for (std::uint64_t round = 0; round < 4; ++round) {
    desk.pass(node, desk.time + (round < 3 ? 1 : 0.5));
    for (const NodeId from : {1u, 2u, 3u})
      if (round < 3 || from < 3) node.receive(desk, {from, round, number(1)});
  }
  CHECK(desk.done.size() == 3);                            // nine arrivals after one second each: late is after one second
  desk.pass(node, desk.time + 0.5);
  CHECK(desk.done.size() == 4);
  CHECK(desk.heard("node 3 is late"));
}
