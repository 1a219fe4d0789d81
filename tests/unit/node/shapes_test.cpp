#include <doctest/doctest.h>

#include <cmath>

#include "unit/node/toy.h"

using namespace toy;

namespace {

// A context that only records, so that single messages can be handed to a node.
struct Bench final : Context {
  Bench(NodeId id, std::size_t count, std::optional<std::size_t> quorum = std::nullopt) : id_(id), count_(count) { closing_.quorum = quorum; }
  const Closing& closing() const override { return closing_; }
  NodeId self() const override { return id_; }
  std::size_t nodes() const override { return count_; }
  Seconds now() const override { return 0; }
  void wake(Seconds, int tag) override { wakes.push_back(tag); }
  void send(NodeId to, std::uint64_t round, Payload payload) override { sent.push_back({to, {id_, round, std::move(payload)}}); }
  Rng rng(std::string_view purpose, std::uint64_t round, std::uint32_t draw) const override { return Rng(purpose, 1, id_, round, draw); }
  Metrics& metrics() override { return none_; }
  const Traffic& traffic() const override { return traffic_; }
  void round_done(std::uint64_t round) override { rounds.push_back(round); }
  bool checkpoint_due(std::uint64_t round) const override { return every > 0 && round % every == 0; }
  void finish() override { finished = true; }
  std::vector<std::pair<NodeId, Message>> sent;
  std::vector<int> wakes;
  std::vector<std::uint64_t> rounds;
  bool finished = false;
  std::uint64_t every = 0;

 private:
  NodeId id_;
  std::size_t count_;
  NoMetrics none_;
  Traffic traffic_;
  Closing closing_;
};

Message message(NodeId from, std::uint64_t round, double x) {
  return {from, round, std::make_shared<const Record>(scalar("model", x))};
}

}  // namespace

TEST_CASE("a round node sends, waits for its row, and takes messages in any order") {
  Scalar node({2, always(ring(4))}, {1});
  Bench bench(0, 4);
  node.start(bench);
  REQUIRE(bench.sent.size() == 2);
  CHECK(bench.sent[0].first == 1);
  CHECK(bench.sent[1].first == 3);
  CHECK(bench.sent[0].second.payload == bench.sent[1].second.payload);      // shared, not copied
  CHECK(node.waiting() == "round 0 of nodes 1, 3");
  node.receive(bench, message(3, 0, 10));
  CHECK(node.waiting() == "round 0 of node 1");
  node.receive(bench, message(1, 0, 4));
  CHECK(node.round() == 1);
  CHECK(value(node.model()) == doctest::Approx(5).epsilon(1e-15));
  CHECK(bench.rounds == std::vector<std::uint64_t>{1});
  CHECK(bench.sent.size() == 4);
  CHECK_FALSE(bench.finished);
}

TEST_CASE("duplicates, stale messages, strangers and its own messages change nothing") {
  Scalar node({2, always(ring(5))}, {1});
  Bench bench(0, 5);
  node.start(bench);
  node.receive(bench, message(4, 0, 10));
  node.receive(bench, message(4, 0, 1000));                // duplicate: the first counts
  node.receive(bench, message(2, 0, 1000));                // not in the row
  node.receive(bench, message(0, 0, 1000));                // itself
  node.receive(bench, message(77, 0, 1000));               // no node at all
  node.receive(bench, {1, 0, nullptr});
  node.receive(bench, message(1, 2, 1000));                // past the run
  CHECK(node.round() == 0);
  node.receive(bench, message(1, 0, 4));
  CHECK(value(node.model()) == doctest::Approx(5).epsilon(1e-15));
  Message stale = message(1, 0, 1000);
  const std::weak_ptr<const Record> payload = stale.payload;
  node.receive(bench, std::move(stale));
  CHECK(payload.expired());                                // not even kept
  CHECK(node.round() == 1);
  CHECK(node.waiting() == "round 1 of nodes 1, 4");
}

TEST_CASE("a neighbour that runs ahead waits, first message kept, strangers dropped") {
  Scalar node({3, always(ring(5))}, {0});
  Bench bench(0, 5);
  node.start(bench);
  for (const std::uint64_t round : {2, 1, 0}) {
    node.receive(bench, message(4, round, 3.0 * static_cast<double>(round + 1)));
    node.receive(bench, message(4, round, -500));
    node.receive(bench, message(3, round, -500));
  }
  CHECK(node.round() == 0);
  node.receive(bench, message(1, 0, 0));                   // (0+3+0)/3 = 1
  node.receive(bench, message(1, 1, 2));                   // (1+6+2)/3 = 3
  CHECK(node.round() == 2);
  CHECK(value(node.model()) == doctest::Approx(3).epsilon(1e-15));
  node.receive(bench, message(1, 2, 0));                   // (3+9+0)/3 = 4
  CHECK(value(node.model()) == doctest::Approx(4).epsilon(1e-15));
  CHECK(bench.finished);
  CHECK(node.done_calls == 1);
  node.receive(bench, message(1, 2, 0));
  CHECK(node.done_calls == 1);
}

TEST_CASE("several rounds that wait are taken in one go") {
  Scalar node({3, always(path3())}, {0});
  Bench bench(0, 3);
  node.start(bench);
  node.receive(bench, message(1, 2, 9));
  node.receive(bench, message(1, 1, 3));
  node.receive(bench, message(1, 0, 3));                   // 1, then 5/3, then 2/3*5/3 + 3
  CHECK(bench.finished);
  CHECK(value(node.model()) == doctest::Approx(10.0 / 9 + 3).epsilon(1e-15));
}

TEST_CASE("with a quorum of 0 a round closes without peers that are gone, and their weight stays at the node") {
  Scalar node({3, always(ring(5))}, {1});
  Bench bench(0, 5, 0);
  node.peer(bench, 4, PeerEvent::down);                    // before the start
  node.start(bench);
  CHECK(node.waiting() == "round 0 of nodes 1, 4");
  node.receive(bench, message(1, 0, 4));
  CHECK(value(node.model()) == doctest::Approx(2.0 / 3 + 4.0 / 3).epsilon(1e-15));
  node.peer(bench, 4, PeerEvent::up);                      // in the middle of round 1: it is waited for again
  node.receive(bench, message(1, 1, 5));
  CHECK(node.waiting() == "round 1 of node 4");
  node.peer(bench, 4, PeerEvent::down);
  CHECK(value(node.model()) == doctest::Approx(2 * 2.0 / 3 + 5.0 / 3).epsilon(1e-15));
  CHECK_FALSE(bench.finished);
  node.peer(bench, 1, PeerEvent::left);
  CHECK(bench.finished);
  CHECK(value(node.model()) == doctest::Approx(3).epsilon(1e-15));
  CHECK(bench.sent.size() == 6);                           // who is told that a peer is gone sends on; runtimes know better
}

TEST_CASE("what a peer sent before it went counts; means stay means") {
  Scalar node({2, always(complete(4)), false, true}, {1});
  Bench bench(0, 4, 0);
  node.start(bench);
  node.receive(bench, message(3, 0, 9));
  node.receive(bench, message(3, 1, 100));                 // it was ahead
  node.peer(bench, 3, PeerEvent::down);
  node.receive(bench, message(1, 0, 2));
  node.peer(bench, 2, PeerEvent::down);
  CHECK(value(node.model()) == doctest::Approx(4).epsilon(1e-15));        // (1 + 2 + 9) / 3
  CHECK(node.waiting() == "round 1 of nodes 1, 2");
  node.receive(bench, message(1, 1, -20));
  CHECK(value(node.model()) == doctest::Approx(28).epsilon(1e-15));       // (4 - 20 + 100) / 3
}

TEST_CASE("a message that is lost for good is not waited for, now or later") {
  Scalar node({3, always(ring(5))}, {3});
  Bench bench(0, 5, 0);
  node.start(bench);
  node.lost(bench, 1, 1);                                  // a later round
  node.lost(bench, 2, 0);                                  // a stranger
  node.lost(bench, 1, 0);
  node.receive(bench, message(1, 0, 30));                  // comes after all, before the round closes
  CHECK(node.round() == 0);
  node.receive(bench, message(4, 0, 0));
  CHECK(value(node.model()) == doctest::Approx(11).epsilon(1e-15));
  CHECK(node.round() == 1);
  node.lost(bench, 4, 1);
  CHECK(node.round() == 2);
  CHECK(value(node.model()) == doctest::Approx(11).epsilon(1e-15));
  CHECK_FALSE(bench.finished);
}

TEST_CASE("a server goes on without clients that fall out") {
  Federated server({3, 3}, 3, 0, ~std::uint64_t{0}, 1.0);
  Bench bench(3, 4, 0);
  server.start(bench);
  CHECK(bench.sent.size() == 3);
  server.receive(bench, message(0, 0, 2));
  server.undelivered(bench, 1, 0);
  server.peer(bench, 2, PeerEvent::down);
  CHECK(value(server.model()) == 2);                       // the mean of one reply
  server.lost(bench, 0, 1);
  CHECK(server.round() == 1);
  server.lost(bench, 1, 1);
  CHECK(server.round() == 2);
  CHECK(value(server.model()) == 2);                       // nobody replied
  REQUIRE(bench.wakes.size() == 1);
  server.peer(bench, 2, PeerEvent::joined);
  server.woken(bench, bench.wakes[0]);
  CHECK(server.waiting() == "round 2 of nodes 0, 1, 2");
  for (const NodeId id : {0u, 1u}) server.peer(bench, id, PeerEvent::left);
  server.receive(bench, message(2, 2, 6));
  CHECK(value(server.model()) == 8);
  CHECK(bench.finished);

  Federated lonely({3, 1}, 1, 0);
  Bench empty(1, 2, 0);
  lonely.peer(empty, 0, PeerEvent::left);
  CHECK(error_of([&] { lonely.start(empty); }).fault() == Fault::method);
}

TEST_CASE("idle rounds go on by a wake, not by recursion") {
  Scalar node({100000, always(identity(2))}, {1, 0, 1e-5});
  Bench bench(0, 2);
  node.start(bench);
  CHECK(node.round() == 0);
  node.woken(bench, 5);                                    // not its own wake
  node.receive(bench, message(1, 0, 7));                   // a stranger does not set a second one
  CHECK(node.round() == 0);
  std::uint64_t turns = 0;
  while (!bench.finished && bench.wakes.size() == 1) {
    const int tag = std::exchange(bench.wakes, {})[0];
    node.woken(bench, tag);
    ++turns;
  }
  CHECK(bench.finished);
  CHECK(turns == 100000);
  CHECK(node.round() == 100000);
  CHECK(bench.sent.empty());
  CHECK(value(node.model()) == doctest::Approx(std::exp(-1.0)).epsilon(1e-4));
}

TEST_CASE("zero rounds finish at once") {
  Scalar node({0, always(ring(4))}, {7});
  Bench bench(2, 4);
  node.start(bench);
  CHECK(bench.finished);
  CHECK(bench.sent.empty());
  CHECK(value(node.model()) == 7);
}

TEST_CASE("a state goes on where it was") {
  Scalar node({3, always(ring(4))}, {1});
  Bench bench(0, 4);
  CHECK(error_of([&] { node.start(bench); node.save(); }).fault() == Fault::bug);    // mid-round
  Scalar fresh({3, always(ring(4))}, {1});
  const Record state = fresh.save();
  CHECK(state.kind == "state");
  Record moved = state;
  moved.meta["round"] = std::uint64_t{2};
  moved.tensors = {make_tensor<double>("x", {6})};
  Scalar other({3, always(ring(4))}, {1});
  other.load(moved);
  Bench second(0, 4);
  other.start(second);
  REQUIRE(second.sent.size() == 2);
  CHECK(second.sent[0].second.round == 2);
  CHECK(value(*second.sent[0].second.payload) == 6);
  other.receive(second, message(1, 2, 0));
  other.receive(second, message(3, 2, 0));
  CHECK(second.finished);
  CHECK(other.done_calls == 1);

  Scalar last({3, always(ring(4))}, {1});
  last.load(other.save());                                 // after the end: nothing is done twice
  Bench third(0, 4);
  last.start(third);
  CHECK(third.finished);
  CHECK(third.sent.empty());
  CHECK(last.done_calls == 0);
  CHECK(value(last.model()) == 2);
}

TEST_CASE("a foreign state is refused") {
  Scalar node({3, always(ring(4))}, {1});
  const Record good = node.save();
  const auto refuses = [&](const std::function<void(Record&)>& spoil, const std::string& text) {
    Record bad = good;
    spoil(bad);
    const Error error = error_of([&] { node.load(bad); });
    CHECK(error.fault() == Fault::input);
    CHECK(has(error, text));
  };
  refuses([](Record& r) { r.kind = "model"; }, "no state");
  for (const char* key : {"shape", "round", "finished", "method"}) {
    refuses([&](Record& r) { r.meta.erase(key); }, "no state");
    refuses([&](Record& r) { r.meta[key] = 0.5; }, "no state");
  }
  refuses([](Record& r) { r.meta["shape"] = "server"; }, "shape 'server'");
  refuses([](Record& r) { r.meta["round"] = std::uint64_t{4}; }, "round 4, the run has 3");
  refuses([](Record& r) { r.tensors.clear(); }, "x");
  CHECK(error_of([&] { Federated(ServerRound::Plan{3, 4}, 4, 0).load(good); }).fault() == Fault::input);
}

TEST_CASE("a mixing of another size, or a missing payload, is a bug that is told") {
  Scalar node({3, always(ring(5))}, {1});
  Bench bench(0, 4);
  CHECK(error_of([&] { node.start(bench); }).fault() == Fault::bug);
}

TEST_CASE("federated server: selection, replies in any order, duplicates, strangers, end") {
  Federated server({1, 3}, 3, 0, ~std::uint64_t{0}, 1.0);  // all three clients
  Bench bench(3, 4);
  server.start(bench);
  REQUIRE(bench.sent.size() == 3);
  CHECK(server.waiting() == "round 0 of nodes 0, 1, 2");
  server.receive(bench, message(2, 0, 3));
  server.receive(bench, message(2, 0, 300));
  server.receive(bench, message(3, 0, 300));
  server.receive(bench, message(9, 0, 300));
  server.receive(bench, message(0, 1, 300));
  server.receive(bench, message(0, 0, 6));
  CHECK(server.waiting() == "round 0 of node 1");
  server.receive(bench, message(1, 0, 12));
  CHECK(value(server.model()) == doctest::Approx(7).epsilon(1e-15));
  CHECK(bench.finished);
  REQUIRE(bench.sent.size() == 6);
  CHECK(bench.sent[5].second.payload->kind == "end");
  CHECK(bench.sent[5].second.round == 1);
}

TEST_CASE("federated client: replies once, catches up, ends") {
  Federated client({9, 3}, 1, 8);
  Bench bench(1, 4);
  client.start(bench);
  CHECK(bench.sent.empty());
  client.receive(bench, message(0, 2, 1));                 // not from the server
  CHECK(bench.sent.empty());
  client.receive(bench, message(3, 2, 1));
  REQUIRE(bench.sent.size() == 1);
  CHECK(bench.sent[0].first == 3);
  CHECK(bench.sent[0].second.round == 2);
  CHECK(bench.rounds == std::vector<std::uint64_t>{1, 2, 3});
  client.receive(bench, message(3, 2, 1));                 // again
  client.receive(bench, message(3, 1, 1));                 // late
  CHECK(bench.sent.size() == 1);
  client.receive(bench, {3, 5, std::make_shared<const Record>(Record{"round", {}, {}, {}})});
  CHECK(bench.rounds.back() == 5);
  CHECK(client.times() == 1);
  client.receive(bench, {3, 9, std::make_shared<const Record>(Record{"end", {}, {}, {}})});
  CHECK(bench.rounds.back() == 9);
  CHECK(bench.finished);
}

TEST_CASE("a federated server tells clients of checkpointed rounds") {
  Federated server({4, 2}, 2, 0, ~std::uint64_t{0}, 0.0);  // selects nobody: four empty rounds
  Bench bench(2, 3);
  bench.every = 2;
  server.start(bench);
  while (!bench.finished) {
    REQUIRE(bench.wakes.size() == 1);
    const int tag = bench.wakes[0];
    bench.wakes.clear();
    server.woken(bench, tag);
  }
  std::vector<std::string> kinds;
  for (const auto& [to, sent] : bench.sent) kinds.push_back(sent.payload->kind + std::to_string(sent.round) + ":" + std::to_string(to));
  CHECK(kinds == std::vector<std::string>{"round2:0", "round2:1", "end4:0", "end4:1"});
}
