#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdio>

#include "base/parallel.h"
#include "unit/node/toy.h"

using namespace toy;

namespace {

std::vector<double> after(std::uint64_t rounds, const MixingFunction& mix, std::vector<Scalar::Options> options, RunOptions run = {}) {
  Nodes nodes = scalars({rounds, mix}, options);
  simulate(nodes, run);
  return models(nodes);
}

void check_close(const std::vector<double>& found, const std::vector<double>& wanted, double tolerance = 1e-12) {
  REQUIRE(found.size() == wanted.size());
  for (std::size_t i = 0; i < found.size(); ++i) CHECK(std::abs(found[i] - wanted[i]) <= tolerance);
}

std::vector<Scalar::Options> noisy(NodeId n) {
  std::vector<Scalar::Options> options;
  for (NodeId i = 0; i < n; ++i) options.push_back({0.1 * i * i, 3.0 - i, 0.2, 0.5});
  return options;
}

}  // namespace

TEST_CASE("ring of 4 averages as the card says") {         // gossip-topologies check 2
  check_close(after(1, always(ring(4)), starts({4, 0, 0, 0})), {4.0 / 3, 4.0 / 3, 0, 4.0 / 3});
  check_close(after(2, always(ring(4)), starts({4, 0, 0, 0})), {4.0 / 3, 8.0 / 9, 8.0 / 9, 8.0 / 9});
  check_close(after(4, always(ring(4)), starts({4, 0, 0, 0})), {1.0370370, 0.9876543, 0.9876543, 0.9876543}, 5e-8);
}

TEST_CASE("the complete graph averages in one round") {
  check_close(after(1, always(complete(5)), starts({1, 2, 3, 4, 90})), {20, 20, 20, 20, 20});
}

TEST_CASE("adapt then combine on path 3 as the card says") {   // gossip-topologies check 4
  const std::vector<Scalar::Options> half{{1, 3, 0.5}, {2, 0, 0.5}, {3, -6, 0.5}}, tenth{{1, 3, 0.1}, {2, 0, 0.1}, {3, -6, 0.1}};
  check_close(after(1, always(path3()), half), {5.0 / 3, 0.5, -2.0 / 3});
  check_close(after(200, always(path3()), half), {1.25, -1, -3.25});
  check_close(after(2000, always(path3()), tenth), {-0.25, -1, -1.75});
}

TEST_CASE("the identity is isolated training, bit for bit") {
  auto options = noisy(5);
  const auto together = after(50, always(identity(5)), options);
  for (NodeId i = 0; i < 5; ++i) {                         // alone as node i: the others stand still
    auto alone = options;
    for (NodeId j = 0; j < 5; ++j)
      if (j != i) alone[j] = {};
    CHECK(after(50, always(identity(5)), alone)[i] == together[i]);
  }
  CHECK(after(50, always(complete(5)), options) != together);
}

TEST_CASE("one node, n = 1, sends nothing") {
  Nodes nodes = scalars({10, always(complete(1))}, starts({3}));
  const auto result = simulate(nodes, {});
  CHECK(models(nodes) == std::vector<double>{3});
  CHECK(result.traffic[0].messages == 0);
  Nodes none;
  CHECK(simulate(none, {}).traffic.empty());
}

TEST_CASE("any delivery order and any number of threads give the same bits") {
  const MixingFunction mixes[] = {always(ring(7)), always(complete(7)), [](std::uint64_t round) { return random_pull(7, round); },
                                  [](std::uint64_t round) { return round % 3 ? identity(7) : ring(7); }};
  const int before = threads();
  for (const auto& mix : mixes) {
    RunOptions run;
    run.seed = 5;
    set_threads(1);
    const auto one = after(40, mix, noisy(7), run);
    set_threads(2);
    CHECK(after(40, mix, noisy(7), run) == one);
    set_threads(5);
    CHECK(after(40, mix, noisy(7), run) == one);
    for (std::uint64_t order = 0; order < 10; ++order) {
      Nodes nodes = scalars({40, mix}, noisy(7));
      Shuffled shuffled(nodes, 5, order);
      shuffled.run();
      CHECK(shuffled.finished);
      CHECK(models(nodes) == one);
    }
    run.seed = 6;
    CHECK(after(40, mix, noisy(7), run) != one);
  }
  set_threads(before);
}

TEST_CASE("a federated run: same bits in any delivery order and for any number of threads") {
  const std::vector<double> targets{1, -4, 9, 2, 0.5, 30};
  const int before = threads();
  RunOptions run;
  run.seed = 3;
  set_threads(1);
  Nodes nodes = federation(25, targets);
  const auto result = simulate(nodes, run);
  const auto one = models(nodes);
  CHECK(one[6] > -4);
  CHECK(one[6] < 30);
  CHECK(result.traffic[6].messages > 25);                  // the last 6 of them say "end"
  set_threads(2);
  Nodes again = federation(25, targets);
  simulate(again, run);
  CHECK(models(again) == one);
  int repeated = 0;
  for (std::uint64_t order = 0; order < 10; ++order) {
    Nodes shaken = federation(25, targets);
    Shuffled shuffled(shaken, 3, order);
    shuffled.run();
    CHECK(shuffled.finished);
    CHECK(models(shaken) == one);
    repeated += shuffled.repeated;
  }
  CHECK(repeated > 100);
  set_threads(before);
}

TEST_CASE("traffic counts what the wire would carry") {
  Nodes nodes = scalars({3, always(path3())}, starts({1, 2, 3}));
  const auto result = simulate(nodes, {});
  const auto [data, head] = wire_size(scalar("model", 1));
  CHECK(data == 8);
  CHECK(head > 50);
  CHECK((data + head) % 64 == 0);
  CHECK(result.traffic[0].messages == 3);
  CHECK(result.traffic[1].messages == 6);
  CHECK(result.traffic[1].model == 6 * data);
  CHECK(result.traffic[1].control == 6 * head);
  CHECK(result.traffic[1].framing == 0);
}

namespace {

// Sends one scalar in even rounds, a thousand in odd ones, each time at the same address.
class Uneven : public RoundNode {
 public:
  using RoundNode::RoundNode;
  Record model() const override { return {}; }

 protected:
  Payload produce(Context&, std::uint64_t round) override {
    sent_ = {"model", {}, {make_tensor("x", std::vector<double>(round % 2 ? 1000 : 1))}, {}};
    return Payload(&sent_, [](const Record*) {});
  }
  void consume(Context&, std::uint64_t, const std::vector<std::pair<NodeId, double>>&, const std::vector<Message>&) override {}
  Record state() const override { return {}; }
  void restore(const Record&) override {}

 private:
  Record sent_;
};

}  // namespace

TEST_CASE("every payload is measured, though memory is used again") {
  Nodes nodes;
  for (int i = 0; i < 4; ++i) nodes.push_back(std::make_unique<Uneven>(RoundNode::Plan{100, always(ring(4))}));
  for (const auto& traffic : simulate(nodes, {}).traffic) {
    CHECK(traffic.messages == 200);
    CHECK(traffic.model == 2 * 50 * 8 * 1001);
  }
}

TEST_CASE("metric lines come round by round in node order, and say the same for any number of threads") {
  const int before = threads();
  std::vector<std::string> seen;
  for (const int count : {1, 3}) {
    set_threads(count);
    MetricsLog log;
    RunOptions run;
    run.metrics = &log;
    std::vector<Scalar::Options> options = starts({1, 2, 3, 4, 5});
    for (auto& o : options) o.log = true;
    after(3, [](std::uint64_t round) { return round == 1 ? random_pull(5, 1) : ring(5); }, options, run);
    std::vector<std::string> text;
    for (const auto& line : log.lines()) text.push_back(to_json(line));
    REQUIRE(text.size() == 15);
    for (std::size_t i = 0; i < 15; ++i) {
      CHECK(log.lines()[i].round == i / 5 + 1);
      CHECK(log.lines()[i].node == static_cast<std::int64_t>(i % 5));
    }
    if (count > 1) CHECK(text == seen);
    seen = text;
  }
  set_threads(before);
}

namespace {

// Logs what it hears as digits: wakes 1..9 by tag, messages as 10 * sender + round.
class Listener : public Node {
 public:
  using Act = std::function<void(Context&)>;
  Listener(Act start, std::size_t until) : start_(std::move(start)), until_(until) {}
  void start(Context& context) override { start_(context); if (until_ == 0) context.finish(); }
  void receive(Context& context, Message message) override { hear(context, 10 * static_cast<int>(message.from) + static_cast<int>(message.round)); }
  void woken(Context& context, int tag) override { hear(context, tag); }
  Record model() const override { return {}; }
  Record save() const override { return {}; }
  void load(const Record&) override {}
  std::vector<int> heard;
  std::vector<double> times;

 private:
  void hear(Context& context, int what) {
    heard.push_back(what);
    times.push_back(context.now());
    if (heard.size() == until_) context.finish();
  }
  Act start_;
  std::size_t until_;
};

Payload note() { return std::make_shared<const Record>(Record{"note", {}, {}, {}}); }

}  // namespace

TEST_CASE("events of a node come in the documented order: time, then wakes as set, then messages by sender and as sent") {
  Nodes nodes;
  nodes.push_back(std::make_unique<Listener>([](Context& c) { c.send(1, 7, note()); c.send(1, 3, note()); }, 0));
  nodes.push_back(std::make_unique<Listener>([](Context& c) {
    c.wake(2.5, 5);
    c.wake(0, 2);
    c.wake(1, 4);
    c.send(1, 8, note());
    c.wake(0, 1);
    c.wake(2.5, 3);
  }, 9));
  nodes.push_back(std::make_unique<Listener>([](Context& c) { c.send(1, 1, note()); c.send(0, 1, note()); }, 0));
  simulate(nodes, {});
  const auto& listener = static_cast<const Listener&>(*nodes[1]);
  CHECK(listener.heard == std::vector<int>{2, 1, 7, 3, 18, 21, 4, 5, 3});
  CHECK(listener.times == std::vector<double>{0, 0, 0, 0, 0, 0, 1, 2.5, 2.5});
  CHECK(static_cast<const Listener&>(*nodes[0]).heard.empty());   // it had finished
}

TEST_CASE("a run that hangs is told, with the nodes and what they wait for") {
  const auto whole = ring(6);
  std::vector<std::vector<Mixing::Entry>> rows;            // as node 2 sees it, 3 takes nothing from it
  for (std::size_t i = 0; i < 6; ++i) rows.emplace_back(whole->row(i).begin(), whole->row(i).end());
  rows[3] = {{3, 1.0 / 3}, {4, 2.0 / 3}};
  Nodes nodes = scalars({5, always(whole)}, starts({1, 2, 3, 4, 5, 6}));
  nodes[2] = std::make_unique<Scalar>(RoundNode::Plan{5, always(mixing(rows))}, Scalar::Options{3});
  const Error error = error_of([&] { simulate(nodes, {}); });
  CHECK(error.fault() == Fault::bug);
  CHECK(has(error, "node 3 for round 0 of node 2"));
  CHECK(has(error, "and 2 more"));
  Nodes silent;
  silent.push_back(std::make_unique<Listener>([](Context&) {}, 1));
  CHECK(has(error_of([&] { simulate(silent, {}); }), "node 0 for nothing it names"));
}

TEST_CASE("errors of nodes come out, the smallest node first; sending to nobody is a bug") {
  auto options = starts({1, 2, 3, 4});
  options[2].crash_at = options[3].crash_at = 1;
  const Error error = error_of([&] { after(5, always(ring(4)), options); });
  CHECK(error.fault() == Fault::method);
  Nodes nodes;
  nodes.push_back(std::make_unique<Listener>([](Context& c) { c.send(1, 0, note()); }, 0));
  CHECK(error_of([&] { simulate(nodes, {}); }).fault() == Fault::bug);
  Nodes past;
  past.push_back(std::make_unique<Listener>([](Context& c) { c.wake(-1, 0); }, 0));
  CHECK(error_of([&] { simulate(past, {}); }).fault() == Fault::bug);
}

namespace {

// Sends the four tensors of an MLP 784-64-10 without touching them; counts how many payloads are alive.
class Carrier : public RoundNode {
 public:
  Carrier(Plan plan, std::vector<Tensor> tensors) : RoundNode(std::move(plan)), tensors_(std::move(tensors)) {}
  Record model() const override { return {"model", {}, tensors_, {}}; }
  static inline std::atomic<long> alive{0}, most{0};

 protected:
  Payload produce(Context&, std::uint64_t round) override {
    const long now = ++alive;
    if (now > most) most = now;
    return Payload(new Record{"model", {{"node", 1}, {"round", round}}, tensors_, {}}, [](const Record* r) { --alive; delete r; });
  }
  void consume(Context&, std::uint64_t, const std::vector<std::pair<NodeId, double>>&, const std::vector<Message>&) override {}
  Record state() const override { return {}; }
  void restore(const Record&) override {}

 private:
  std::vector<Tensor> tensors_;
};

}  // namespace

TEST_CASE("payloads are freed as they are consumed; the overhead of a node-step is printed") {
  const std::vector<Tensor> tensors{make_tensor("0.bias", std::vector<float>(64)), make_tensor("0.weight", std::vector<float>(64 * 784), {64, 784}),
                                    make_tensor("1.bias", std::vector<float>(10)), make_tensor("1.weight", std::vector<float>(640), {10, 64})};
  for (const auto& [n, rounds] : {std::pair<NodeId, std::uint64_t>{16, 2000}, {1000, 20}}) {
    Nodes nodes;
    for (NodeId i = 0; i < n; ++i) nodes.push_back(std::make_unique<Carrier>(RoundNode::Plan{rounds, always(ring(n))}, tensors));
    Carrier::most = 0;
    const auto begin = std::chrono::steady_clock::now();
    const auto result = simulate(nodes, {});
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    CHECK(result.traffic[0].messages == 2 * rounds);
    CHECK(Carrier::alive == 0);
    CHECK(Carrier::most <= 2 * static_cast<long>(n));      // this round's and the next one's
    std::printf("simulator: %u nodes, ring, 4 tensors: %.2f us of overhead a node-step\n", n, 1e6 * seconds / (static_cast<double>(n) * static_cast<double>(rounds)));
  }
}
