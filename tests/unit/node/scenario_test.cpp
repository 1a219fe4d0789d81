#include <doctest/doctest.h>

#include "base/parallel.h"
#include "unit/node/disturbed.h"

using namespace toy;
using dml::test::failure;
using dml::test::says;
using dml::test::ScenarioFile;

namespace {

constexpr std::uint64_t kRounds = 12;

Outcome ring_run(const std::string& text, std::uint64_t rounds = kRounds) { return disturbed(trainers(6, rounds, always(ring(6))), text, rounds); }

std::vector<RunEvent> of_kind(const Outcome& out, const std::string& what) {
  std::vector<RunEvent> found;
  for (const auto& event : out.events)
    if (event.event == what) found.push_back(event);
  return found;
}

// The graph of card disrupted-p2p, check 1, with uniform weights.
const std::vector<std::pair<NodeId, NodeId>> kCardEdges{{0, 1}, {0, 2}, {0, 3}, {1, 4}, {0, 4}, {0, 5}, {4, 5}, {1, 6}, {2, 6}};
std::shared_ptr<const Mixing> card_graph() {
  std::vector<std::vector<std::pair<NodeId, double>>> rows(7);
  for (NodeId i = 0; i < 7; ++i) rows[i].push_back({i, 0});
  for (const auto& [i, j] : kCardEdges) {
    rows[i].push_back({j, 0});
    rows[j].push_back({i, 0});
  }
  for (auto& row : rows) {
    std::sort(row.begin(), row.end());
    for (auto& entry : row) entry.second = 1.0 / static_cast<double>(row.size());
  }
  return mixing(std::move(rows));
}

}  // namespace

TEST_CASE("scenario: a log alone changes nothing, and says what was sent and delivered") {
  const auto plain = ring_run("");
  Nodes nodes = trainers(6, kRounds, always(ring(6)));
  RunOptions run;
  run.seed = 3;
  const auto result = simulate(nodes, run);
  CHECK(models(nodes) == plain.models);
  CHECK(plain.count("send") == 6 * 2 * kRounds);
  CHECK(plain.count("deliver") + plain.count("late") == 6 * 2 * kRounds);
  CHECK(plain.end() == 0);
  CHECK(of_kind(plain, "send")[0].bytes == result.traffic[0].model / 24 + result.traffic[0].control / 24);
  check_conservation(plain);
}

TEST_CASE("scenario: latency and bandwidth only cost time") {
  const auto plain = ring_run("");
  const auto slow = ring_run("latency:mean=0.25");
  CHECK(slow.models == plain.models);
  CHECK(slow.end() == 0.25 * kRounds);
  CHECK(ring_run("latency:mean=0.25,jitter=0.2").models == plain.models);
  const double bytes = static_cast<double>(*of_kind(plain, "send")[0].bytes);
  const auto thin = ring_run("bandwidth:rate=" + std::to_string(static_cast<int>(bytes)));
  CHECK(thin.models == plain.models);
  CHECK(thin.end() == 2.0 * kRounds);                      // two messages of one second each a round
}

TEST_CASE("scenario: losses are made good by repetition, at the price of time and transmissions") {
  const auto plain = ring_run("");
  for (const std::string text : {"loss:p=0.3", "gilbert-elliott:p=0.2,r=0.5", "latency:mean=0.1,jitter=0.1+loss:p=0.5,retry=0.05"}) {
    CAPTURE(text);
    const auto out = ring_run(text);
    CHECK(out.models == plain.models);
    CHECK(out.end() > 0);
    CHECK(out.count("send") > plain.count("send"));
    CHECK(out.count("lost") == 0);
    check_conservation(out);
  }
}

TEST_CASE("scenario: what is lost for good is missed by the one that it was for, and by nobody else") {
  const auto plain = ring_run("");
  const auto out = ring_run("loss:p=0.2,final=true");
  CHECK(out.count("lost") > 10);
  CHECK(out.count("send") == plain.count("send"));         // nothing is repeated
  CHECK(out.models != plain.models);
  for (const auto& node : out.nodes) CHECK(static_cast<const Scalar&>(*node).round() == kRounds);
  check_conservation(out);
  const auto none = ring_run("loss:p=1,final=true");       // everyone alone
  const auto alone = disturbed(trainers(6, kRounds, always(identity(6))), "", kRounds);
  CHECK(none.models == alone.models);
}

TEST_CASE("scenario: removing a node as card disrupted-p2p says") {
  const auto run = [](const std::string& text, std::uint64_t rounds = 1) {
    std::vector<Scalar::Options> start;
    for (int i = 0; i < 7; ++i) start.push_back({i + 1.0});
    return disturbed(scalars({rounds, always(card_graph()), false, true}, start), text, rounds, 3, nullptr, [] { return kCardEdges; });
  };
  const auto out = run("crash:fraction=0.15,by=degree,round=0");     // check 2: uniform
  const double wanted[] = {1, 4.6666667, 5, 4, 4.3333333, 5.5, 4};
  for (int i = 0; i < 7; ++i) CHECK(out.models[static_cast<std::size_t>(i)] == doctest::Approx(wanted[i]).epsilon(1e-7));
  CHECK(out.result.gone == std::vector<NodeId>{0});
  CHECK(out.count("send") == 2 * 4);                       // check 4: bytes on live edges only
  CHECK(run("crash:node=0,round=9", 9).models == run("", 9).models); // check 3
  CHECK(run("crash:node=0,round=8", 9).models != run("", 9).models);
  CHECK(says(failure([&] { run("crash:fraction=1,round=3", 9); }), "5: no node is left"));
  const auto late = run("crash:node=0,round=4", 9);
  for (const auto& event : late.events)
    if (event.event == "send") CHECK((*event.round < 4 || (event.from != 0u && event.to != 0u)));
  const auto limit = run("crash:node=0,round=0", 2000);    // check 5: the (d + 1)-weighted mean of a component; node 3 is alone
  CHECK(limit.models[3] == 4);
  for (const NodeId i : {1u, 2u, 4u, 5u, 6u}) CHECK(limit.models[i] == doctest::Approx((3 * 2 + 2 * 3 + 3 * 5 + 2 * 6 + 3 * 7) / 13.0).epsilon(1e-9));
}

TEST_CASE("scenario: a crash at a time is noticed later, and the others go on") {
  const auto out = ring_run("latency:mean=0.1+crash:node=2,time=0.45,detect=0.3");
  CHECK(out.result.gone == std::vector<NodeId>{2});
  REQUIRE(out.count("noticed") == 1);
  CHECK(of_kind(out, "noticed")[0].time == 0.75);
  for (const auto& event : of_kind(out, "send")) CHECK((event.from != 2u || event.time <= 0.45));
  for (const NodeId i : {0u, 1u, 3u, 4u, 5u}) CHECK(static_cast<const Scalar&>(*out.nodes[i]).round() == kRounds);
  CHECK(out.end() > 1.2);                                  // they waited to notice
  CHECK(out.models[0] != ring_run("").models[0]);
  check_conservation(out);
  const auto soon = ring_run("latency:mean=0.1+crash:node=2,time=0.45,detect=0");
  CHECK(soon.end() < out.end());
}

TEST_CASE("scenario: who leaves at a round is missed from that round on, at a time when its last message has come") {
  const auto out = ring_run("leave:node=2,round=5");
  std::uint64_t last = 0;
  for (const auto& event : of_kind(out, "send"))
    if (event.from == 2u) last = std::max(last, *event.round);
  CHECK(last == 4);
  CHECK(ring_run("leave:node=2,round=5").models == ring_run("crash:node=2,round=5").models);
  const auto timed = ring_run("latency:mean=0.1+leave:node=2,time=0.45");
  CHECK(timed.end() == doctest::Approx(1.2));              // nobody waits
  check_conservation(timed);
}

TEST_CASE("scenario: pauses and kills change no bit, but cost time") {
  const auto plain = ring_run("");
  for (const std::string text : {"pause:node=1,round=3,seconds=2", "kill:node=1,round=3,seconds=2", "kill:node=1,round=0,seconds=2",
                                 "latency:mean=0.1+pause:node=0,time=0.35,seconds=2+pause:node=3,time=0.5,seconds=1",
                                 "latency:mean=0.1,jitter=0.1+kill:node=0,time=0.35,seconds=2+kill:node=1,time=0.4,seconds=0.5+loss:p=0.2",
                                 "latency:mean=0.1+kill:node=0,time=0.31,seconds=0.2+kill:node=0,time=0.8,seconds=0.2"}) {
    CAPTURE(text);
    const auto out = ring_run(text);
    CHECK(out.models == plain.models);
    CHECK(out.result.gone.empty());
    CHECK(out.end() > 0.1 * kRounds + 0.19);
    check_conservation(out);
  }
  MetricsLog lines;
  auto options = starts({1, 2, 3, 4, 5, 6});
  for (auto& o : options) o.log = true;
  disturbed(scalars({4, always(ring(6))}, options), "latency:mean=0.1+kill:node=1,time=0.25,seconds=1", 4, 3, &lines);
  std::map<std::pair<std::int64_t, std::uint64_t>, int> seen;
  for (const auto& line : lines.lines()) ++seen[{line.node, line.round}];
  CHECK(seen.size() == 24);
  for (const auto& [what, count] : seen) CHECK(count == 1);          // also of rounds that were computed twice
}

TEST_CASE("scenario: a late joiner starts from another's state, and all agree from which round on") {
  const auto out = ring_run("latency:mean=0.1+join:node=4,round=6");
  CHECK(out.result.gone.empty());
  CHECK(out.count("transfer") == 1);
  CHECK(of_kind(out, "transfer")[0].node == 5u);           // the next one
  for (const auto& event : of_kind(out, "send"))
    if (event.from == 4u || (event.to == 4u && event.from != 5u)) CHECK(*event.round >= 6);
  // By hand: five nodes for six rounds, node 4 takes what node 5 has then.
  std::vector<Scalar::Options> five;
  for (const NodeId i : {0u, 1u, 2u, 3u, 5u}) five.push_back({0.1 * i * i, 3.0 - i, 0, 0});
  std::vector<Scalar::Options> six;
  for (NodeId i = 0; i < 6; ++i) six.push_back({0.1 * i * i, 3.0 - i, 0, 0});
  const auto plain = disturbed(scalars({kRounds, always(ring(6))}, six), "join:node=4,round=6", kRounds);
  const double third = 1.0 / 3, two = third + third;       // node 4 stands alone, its weight at its neighbours
  const auto without = mixing({{{0, third}, {1, third}, {5, third}}, {{0, third}, {1, third}, {2, third}}, {{1, third}, {2, third}, {3, third}},
                               {{2, third}, {3, two}}, {{4, 1.0}}, {{0, third}, {5, two}}});
  const auto first = disturbed(scalars({6, always(without)}, six), "", 6);
  std::vector<Scalar::Options> second = six;
  for (NodeId i = 0; i < 6; ++i) second[i].x = first.models[i == 4 ? 5 : i];
  CHECK(plain.models == disturbed(scalars({6, always(ring(6))}, second), "", 6).models);
  // At a time: from the first round that nobody has begun. A crash in between, and a comeback.
  const ScenarioFile trace("0.15,1,crash\n0.55,1,join\n0.62,3,join\n0.9,0,leave\n");
  const auto churned = ring_run("latency:mean=0.1+churn:file=" + trace.path + ",detect=0.1", 20);
  CHECK(churned.result.gone == std::vector<NodeId>{0});
  CHECK(churned.count("transfer") == 2);
  for (const NodeId i : {1u, 2u, 3u, 4u, 5u}) CHECK(static_cast<const Scalar&>(*churned.nodes[i]).round() == 20);
  check_conservation(churned);
}

TEST_CASE("scenario: a join after the end, and happenings that cannot happen, are skipped") {
  const ScenarioFile trace("50,1,join\n");
  const auto out = ring_run("latency:mean=0.1+churn:file=" + trace.path);
  CHECK(out.result.gone == std::vector<NodeId>{1});
  REQUIRE(of_kind(out, "join").size() == 1);
  CHECK(of_kind(out, "join")[0].skipped);
  const auto odd = ring_run("crash:node=1,round=3+pause:node=1,round=3,seconds=1+kill:node=1,round=7,seconds=1+crash:node=2,round=400");
  CHECK(odd.count("crash") == 1);
  CHECK(odd.count("pause") + odd.count("kill") == 0);      // it was gone
}

TEST_CASE("scenario: a federated run") {
  const std::vector<double> targets{1, -4, 9, 2, 0.5, 30};
  const auto run = [&](const std::string& text) { return disturbed(federation(20, targets), text, 20); };
  const auto plain = run("");
  for (const std::string text : {"latency:mean=0.1,jitter=0.1", "loss:p=0.3", "kill:node=6,round=4,seconds=2", "pause:node=6,round=3,seconds=1",
                                 "latency:mean=0.1+kill:node=6,time=0.75,seconds=1+kill:node=2,time=1.05,seconds=0.5+loss:p=0.2",
                                 "chaos:seed=1", "chaos:seed=2"}) {
    CAPTURE(text);
    const auto out = run(text);
    CHECK(out.models == plain.models);
    for (NodeId i = 0; i < 6; ++i) CHECK(static_cast<const Federated&>(*out.nodes[i]).times() == static_cast<const Federated&>(*plain.nodes[i]).times());
    check_conservation(out);
  }
  const auto fewer = run("crash:node=5,round=8");
  CHECK(fewer.result.gone == std::vector<NodeId>{5});
  CHECK(fewer.models[6] != plain.models[6]);
  CHECK(static_cast<const Federated&>(*fewer.nodes[5]).times() < static_cast<const Federated&>(*plain.nodes[5]).times());
  for (const auto& event : of_kind(fewer, "send")) CHECK((event.to != 5u || *event.round < 8));
  const auto later = run("join:node=5,round=8");
  CHECK(later.count("transfer") == 0);                     // the server's broadcast is all it needs
  CHECK(later.models[6] != plain.models[6]);
  CHECK(static_cast<const Federated&>(*later.nodes[5]).times() > 0);
  const auto lossy = run("loss:p=0.3,final=true");
  CHECK(lossy.models[6] != plain.models[6]);
  CHECK(says(failure([&] { run("crash:node=6,round=8"); }), "5: the run cannot go on without those that are gone"));
  CHECK(says(failure([&] { run("crash:fraction=0.99,round=8"); }), "5: "));
}

TEST_CASE("scenario: attackers on the wire") {
  const auto plain = ring_run("");
  const auto out = ring_run("attack:rule=sign-flip,nodes=2,from=11");
  for (const NodeId i : {0u, 2u, 4u, 5u}) CHECK(out.models[i] == plain.models[i]);      // only its neighbours, in the last round
  CHECK(out.models[1] != plain.models[1]);
  CHECK(out.models[3] != plain.models[3]);
}

TEST_CASE("scenario: the log of a run replays to the same bits and the same log") {
  const ScenarioFile churn("0.1,3,pause\n0.15,1,crash\n0.4,3,resume\n0.55,1,join\n0.6,2,kill\n0.9,2,restart\n1.5,0,leave\n");
  for (const std::string text : {"chaos:seed=7", "latency:mean=0.1,jitter=0.05+loss:p=0.2", "loss:p=0.2,final=true+chaos:seed=1",
                                 "latency:mean=0.1,law=log-normal,jitter=0.2+bandwidth:rate=5000+gilbert-elliott:p=0.1,r=0.5+crash:node=2,round=5+join:node=4,round=3"}) {
    CAPTURE(text);
    const auto first = ring_run(text);
    const ScenarioFile log(first.log());
    const auto second = ring_run("replay:file=" + log.path);
    CHECK(second.models == first.models);
    CHECK(second.log() == first.log());
    CHECK(second.result.gone == first.result.gone);
  }
  const auto first = ring_run("latency:mean=0.1,jitter=0.1+churn:file=" + churn.path, 20);
  const ScenarioFile log(first.log());
  CHECK(ring_run("replay:file=" + log.path, 20).log() == first.log());
  CHECK(says(failure([&] { ring_run("replay:file=" + log.path, 21); }), "is of another run"));
}

TEST_CASE("scenario: checkpoints and simulated scenarios exclude each other") {
  Folder folder;
  Nodes nodes = trainers(6, 3, always(ring(6)));
  const auto parts = dml::test::scenario("loss:p=0.1", dml::test::scenario_setup(6));
  RunOptions run;
  run.scenario = parts.get();
  run.checkpoint = {folder.path, 1, "", opening()};
  CHECK(failure([&] { simulate(nodes, run); }).starts_with("2: a simulated scenario has no checkpoints"));
}

TEST_CASE("chaos: nothing is lost, whatever is killed, paused, delayed, dropped, repeated or corrupted") {
  const auto plain = ring_run("", 24);
  const MixingFunction pull = [](std::uint64_t round) { return random_pull(6, round); };
  const auto pulled = disturbed(trainers(6, 24, pull), "", 24);
  for (int seed = 0; seed < 5; ++seed) {                   // tests/soak/chaos.sh runs as many as one likes
    CAPTURE(seed);
    const auto out = ring_run("chaos:seed=" + std::to_string(seed), 24);
    CHECK(out.models == plain.models);
    check_conservation(out);
    CHECK(out.count("kill") >= 1);
    CHECK(out.count("pause") >= 1);
    CHECK(out.count("restarted") == out.count("kill"));
    std::size_t delayed = 0, dropped = 0, repeated = 0, corrupt = 0;
    for (const auto& event : of_kind(out, "send")) {
      delayed += event.delay > 0 && !event.lost;
      dropped += event.lost;
      repeated += !event.copies.empty();
      corrupt += event.corrupt;
    }
    CHECK(delayed >= 1);
    CHECK(dropped >= 1);
    CHECK(repeated >= 1);
    CHECK(corrupt >= 1);
    CHECK(disturbed(trainers(6, 24, pull), "chaos:p=0.2,seed=" + std::to_string(seed), 24).models == pulled.models);
  }
}
