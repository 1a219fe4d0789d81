#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/log.h"
#include "unit/scenario/scenario_helpers.h"

using namespace dml;
using namespace dml::test;

namespace {

std::vector<double> delays(const std::string& text, int count, const ScenarioSetup& setup = scenario_setup()) {
  const auto parts = scenario(text, setup);
  std::vector<double> out;
  for (int i = 0; i < count; ++i) {
    Transit t = transit(1, 2, static_cast<std::uint32_t>(i));
    parts->pass(t);
    CHECK_FALSE(t.lost);
    out.push_back(t.delay);
  }
  return out;
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

double deviation(const std::vector<double>& values) {
  const double m = mean(values);
  double sum = 0;
  for (const double v : values) sum += (v - m) * (v - m);
  return std::sqrt(sum / static_cast<double>(values.size()));
}

// Which of `count` transmissions over one link are lost.
std::vector<bool> losses(const std::string& text, int count) {
  const auto parts = scenario(text);
  std::vector<bool> out;
  for (int i = 0; i < count; ++i) {
    Transit t = transit(0, 3, static_cast<std::uint32_t>(i));
    parts->pass(t);
    out.push_back(t.lost);
  }
  return out;
}

double share(const std::vector<bool>& bits) {
  return static_cast<double>(std::count(bits.begin(), bits.end(), true)) / static_cast<double>(bits.size());
}

}  // namespace

TEST_CASE("scenario latency: constant, uniform, log-normal") {
  for (const double d : delays("latency:mean=0.25", 5)) CHECK(d == 0.25);
  const auto flat = delays("latency:mean=2,jitter=0.5", 20000);
  for (const double d : flat) CHECK((d >= 1.5 && d <= 2.5));
  CHECK(mean(flat) == doctest::Approx(2).epsilon(0.005));
  CHECK(deviation(flat) == doctest::Approx(0.5 / std::sqrt(3.0)).epsilon(0.02));
  auto skewed = delays("latency:mean=2,jitter=3,law=log-normal", 60000);
  CHECK(mean(skewed) == doctest::Approx(2).epsilon(0.03));
  CHECK(deviation(skewed) == doctest::Approx(3).epsilon(0.15));
  std::sort(skewed.begin(), skewed.end());                 // the median is m / sqrt(1 + s^2 / m^2)
  CHECK(skewed[30000] == doctest::Approx(2 / std::sqrt(1 + 9.0 / 4)).epsilon(0.03));
  CHECK(delays("latency:mean=2,jitter=0.5", 5) == delays("latency:mean=2,jitter=0.5", 5));
  CHECK(delays("latency:mean=2,jitter=0.5", 5, scenario_setup(4, 20, 4)) != delays("latency:mean=2,jitter=0.5", 5));
}

TEST_CASE("scenario latency: a matrix per link, and what is wrong with it, by file and line") {
  const ScenarioFile good("# seconds\n0 1 2\n3 0 4\n\n5 6 0\n");
  const auto parts = scenario("latency:file=" + good.path, scenario_setup(3));
  const double wanted[3][3] = {{0, 1, 2}, {3, 0, 4}, {5, 6, 0}};
  for (NodeId i = 0; i < 3; ++i)
    for (NodeId j = 0; j < 3; ++j) {
      Transit t = transit(i, j, 0);
      parts->pass(t);
      CHECK(t.delay == wanted[i][j]);
    }
  const auto wrong = [&](const std::string& text) {
    const ScenarioFile file(text);
    return failure([&] { scenario("latency:file=" + file.path, scenario_setup(2)); });
  };
  CHECK(says(wrong("0 1\n1 x\n"), "'x' is no latency"));
  CHECK(says(wrong("0 1\n1 x\n"), "3: line 2 of "));
  CHECK(says(wrong("0 1\n1 -2\n"), "'-2' is no latency"));
  CHECK(says(wrong("0 1 2\n1 0 3\n"), "line 1 of "));
  CHECK(says(wrong("0 1\n1 0\n0 0\n"), "line 3 of "));
  CHECK(says(wrong("0 1\n"), "has 1 rows, not one for each of 2 nodes"));
  CHECK(says(failure([] { scenario("latency:file=/no/such"); }), "3: "));
  CHECK(says(failure([] { scenario("latency:mean=1,jitter=2"); }), "2: latency:jitter is 2, more than the mean 1"));
  CHECK(says(failure([] { scenario("latency:law=cauchy"); }), "2: "));
}

TEST_CASE("scenario bandwidth: bytes take time and wait for each other") {
  const auto at = [](Disturbances& parts, NodeId from, NodeId to, double time) {
    Transit t = transit(from, to, 0, time);
    parts.pass(t);
    return t.delay;
  };
  const auto sender = scenario("bandwidth:rate=100");      // 100 bytes: one second each
  CHECK(at(*sender, 0, 1, 0) == 1);
  CHECK(at(*sender, 0, 2, 0.5) == 1.5);                    // waits for half a second
  CHECK(at(*sender, 1, 2, 0.5) == 1);                      // a line of its own
  CHECK(at(*sender, 0, 1, 9) == 1);                        // the line is free again
  const auto link = scenario("bandwidth:rate=50,per=link");
  CHECK(at(*link, 0, 1, 0) == 2);
  CHECK(at(*link, 0, 2, 0) == 2);
  CHECK(at(*link, 0, 1, 0) == 4);
  const auto receiver = scenario("bandwidth:rate=100,per=receiver");
  CHECK(at(*receiver, 0, 2, 0) == 1);
  CHECK(at(*receiver, 1, 2, 0) == 2);
  CHECK(at(*receiver, 1, 3, 0) == 1);
}

TEST_CASE("scenario loss: Bernoulli, with a retry, or for good") {
  const auto lost = losses("loss:p=0.3", 20000);
  CHECK(share(lost) == doctest::Approx(0.3).epsilon(0.04));
  std::size_t pairs = 0;
  for (std::size_t i = 1; i < lost.size(); ++i) pairs += lost[i] && lost[i - 1];
  CHECK(static_cast<double>(pairs) / 20000 == doctest::Approx(0.09).epsilon(0.08));     // independent
  CHECK(share(losses("loss:p=0", 100)) == 0);
  Transit t = transit(0, 1, 0);
  scenario("loss:p=1,final=true,retry=0.7")->pass(t);
  CHECK((t.lost && t.final && t.retry == 0.7));
  CHECK(says(failure([] { scenario("loss:p=1"); }), "2: loss:p is 1"));
  CHECK(says(failure([] { scenario("loss:p=1.5"); }), "2: option 'loss:p' is 1.5"));
  CHECK(says(failure([] { scenario("loss"); }), "2: option 'loss:p' is required"));
}

TEST_CASE("scenario gilbert-elliott: long-run loss and length of bursts") {
  const auto lost = losses("gilbert-elliott:p=0.1,r=0.4,k=0.99,h=0.3", 60000);
  CHECK(share(lost) == doctest::Approx(0.01 * 0.8 + 0.7 * 0.2).epsilon(0.04));
  const auto bursts = losses("gilbert-elliott:p=0.05,r=0.25", 60000);   // Gilbert's: all or nothing
  CHECK(share(bursts) == doctest::Approx(0.05 / 0.3).epsilon(0.05));
  std::size_t runs = 0;
  for (std::size_t i = 1; i < bursts.size(); ++i) runs += bursts[i] && !bursts[i - 1];
  CHECK(share(bursts) * 60000 / static_cast<double>(runs) == doctest::Approx(4).epsilon(0.06));
  CHECK(share(losses("gilbert-elliott:p=0,r=1", 1000)) == 0);
  CHECK(says(failure([] { scenario("gilbert-elliott:p=0.1,r=0"); }), "2: gilbert-elliott would lose everything"));
}

TEST_CASE("scenario parts pass a transmission on: delays add, what is lost stays lost") {
  Transit t = transit(0, 1, 0);
  scenario("latency:mean=0.5+bandwidth:rate=100+loss:p=1,final=true+latency:mean=0.25")->pass(t);
  CHECK(t.delay == 1.75);
  CHECK(t.lost);
}

TEST_CASE("scenario crash: who") {
  ScenarioSetup setup = scenario_setup(7);
  setup.edges = [] { return std::vector<std::pair<NodeId, NodeId>>{{0, 1}, {0, 2}, {0, 3}, {1, 4}, {0, 4}, {0, 5}, {4, 5}, {1, 6}, {2, 6}}; };
  const auto who = [&](const std::string& text) {
    std::vector<NodeId> nodes;
    const auto parts = scenario(text, setup);
    for (const auto& h : parts->happenings()) nodes.push_back(h.node);
    return nodes;
  };
  CHECK(who("crash:fraction=0.15,by=degree,round=5") == std::vector<NodeId>{0});       // disrupted-p2p check 1
  CHECK(who("crash:fraction=0.43,by=degree,round=5") == std::vector<NodeId>{0, 1, 4});
  CHECK(who("crash:fraction=0.6,by=degree,round=5") == std::vector<NodeId>{0, 1, 2, 4});   // ties by the smaller id
  CHECK(who("crash:fraction=0.43,time=5").size() == 3);
  CHECK(who("crash:fraction=0.43,time=5") == who("crash:fraction=0.43,round=2"));
  CHECK(who("crash:node=3,time=5") == std::vector<NodeId>{3});
  const auto happening = scenario("crash:node=3,time=5,detect=2", setup)->happenings().at(0);
  CHECK((happening.time == 5 && happening.seconds == 2 && !happening.round));
  std::vector<std::string> warnings;
  set_log_sink([&](Level, const std::string& line) { warnings.push_back(line); });
  CHECK(who("crash:fraction=0.01,time=5").empty());
  set_log_sink({});
  CHECK(warnings == std::vector<std::string>{"scenario crash: no node crashes, 7 nodes are too few for that fraction"});
  CHECK(says(failure([&] { scenario("crash:node=7,round=1", setup); }), "2: scenario crash names node 7, but the run has 7 nodes"));
  CHECK(says(failure([&] { scenario("crash:node=1", setup); }), "2: scenario crash needs round or time"));
  CHECK(says(failure([&] { scenario("crash:round=1", setup); }), "2: scenario crash needs node or fraction"));
  CHECK(says(failure([&] { scenario("kill:node=1,round=1,time=2,seconds=1", setup); }), "2: scenario kill needs round or time, and not both"));
  setup.edges = {};
  CHECK(says(failure([&] { scenario("crash:fraction=0.5,by=degree,round=1", setup); }), "2: crash:by=degree needs a program with a graph"));
}

TEST_CASE("scenario churn: a trace, and what is wrong with one, by file and line") {
  const ScenarioFile good("# time,node,event\n0.5,1,pause\n 1, 2 ,crash\n1.5,1,resume   # half awake\n2,3,join\n2,0,kill\n2.25,0,restart\n9,2,join\n");
  const auto parts = scenario("churn:file=" + good.path + ",detect=0.1");
  const auto& found = parts->happenings();
  REQUIRE(found.size() == 5);
  CHECK((found[0].what == Upset::pause && found[0].node == 1 && found[0].time == 0.5 && found[0].seconds == 1));
  CHECK((found[1].what == Upset::crash && found[1].node == 2 && found[1].seconds == 0.1));
  CHECK((found[3].what == Upset::kill && found[3].seconds == 0.25));
  CHECK((found[4].what == Upset::join && found[4].time == 9));
  CHECK(parts->absent() == std::vector<NodeId>{3});

  const std::pair<const char*, const char*> bad[] = {
      {"1,2,crash\n0,1,leave\n", "line 2 of "}, {"1,2,crash\n0,1,leave\n", "time 0 lies before"}, {"1,9,crash\n", "node 9 is not among 0..3"},
      {"1,2,explode\n", "'explode' is no event"}, {"1,2\n", "'1,2' is no event"}, {"1;2;crash\n", "is no event"}, {"x,2,crash\n", "'x' is no time"},
      {"-1,2,crash\n", "'-1' is no time"}, {"1,two,crash\n", "'two' is no node number"}, {"1,2,resume\n", "node 2 was not paused"},
      {"1,2,restart\n", "node 2 was not killed"}, {"1,2,crash\n2,2,leave\n", "line 2 of "}, {"1,2,crash\n2,2,leave\n", "node 2 cannot leave: it is not there"},
      {"1,2,pause\n2,2,kill\n", "node 2 cannot kill: it is paused"}, {"1,2,pause\n", "line 1 of "}, {"1,2,pause\n", "node 2 never resumes"},
      {"1,2,kill\n", "node 2 never restarts"}, {"1,2,crash\n2,2,join\n3,2,join\n", "line 3 of "}, {"# nothing\n", "holds no event"},
      {"1,2,kill\n2,2,join\n", "was killed and has not restarted"}};
  for (const auto& [text, message] : bad) {
    const ScenarioFile file(text);
    const auto found_message = failure([&, &text = text] { scenario("churn:file=" + file.path); });
    CHECK_MESSAGE(says(found_message, message), text << " -> " << found_message);
    CHECK(found_message.starts_with("3: "));
    CHECK(says(found_message, file.path));
  }
  CHECK(says(failure([] { scenario("churn:file=/no/such"); }), "3: "));
}

TEST_CASE("scenario chaos: every seed has its trace") {
  const auto trace = [](const std::string& text) {
    const auto parts = scenario(text, scenario_setup(5, 16));
    std::vector<double> out;
    for (const auto& h : parts->happenings()) out.insert(out.end(), {static_cast<double>(h.what), static_cast<double>(h.node), static_cast<double>(*h.round), h.seconds});
    for (std::uint32_t k = 0; k < 30; ++k)
      for (NodeId from = 0; from < 5; ++from) {
        Transit t = transit(from, (from + 1) % 5, k);
        parts->pass(t);
        out.insert(out.end(), {t.delay, double(t.lost), double(t.corrupt), t.retry, static_cast<double>(t.copies.size())});
        CHECK_FALSE(t.final);
      }
    return out;
  };
  CHECK(trace("chaos:seed=1") == trace("chaos:seed=1"));
  CHECK(trace("chaos:seed=1") != trace("chaos:seed=2"));
  CHECK(trace("chaos:seed=1") != trace("chaos:seed=1,p=0.2"));
  CHECK(trace("chaos:seed=1") != trace("chaos:seed=1,seconds=2"));
  for (int seed = 0; seed < 50; ++seed) {
    std::set<NodeId> killed, paused;
    const auto parts = scenario("chaos:p=0,seed=" + std::to_string(seed), scenario_setup(5, 16));
    for (const auto& h : parts->happenings())
      (h.what == Upset::kill ? killed : paused).insert(h.node);
    CHECK((!killed.empty() && !paused.empty()));
  }
}

TEST_CASE("scenario attack: messages of some nodes, from a round on") {
  const auto parts = scenario("attack:rule=sign-flip,nodes=1,2,from=5");
  const auto honest = std::make_shared<const Record>(Record{"model", {}, {make_tensor<double>("x", {3.0, -1.0})}, {}});
  const auto sent = [&](NodeId from, std::uint64_t round) {
    Transit t = transit(from, 0, 0);
    t.round = round;
    return parts->alter(t, honest)->at("x", "a test").as<double>()[0];
  };
  CHECK(sent(0, 9) == 3);
  CHECK(sent(1, 4) == 3);
  CHECK(sent(1, 5) < 0);
  CHECK(sent(2, 9) < 0);
  CHECK(says(failure([] { scenario("attack:rule=sign-flip,nodes=9"); }), "2: scenario attack names node 9"));
  CHECK(says(failure([] { scenario("attack:rule=flattery,nodes=1"); }), "2: "));
  CHECK(says(failure([] { scenario("attack:rule=sign-flip"); }), "2: attack:nodes is required"));
}

TEST_CASE("event lines come back as they were; anything else is refused") {
  RunEvent event;
  event.time = 0.1 + 0.2;
  event.event = "send";
  event.from = 3;
  event.to = 0;
  event.round = 7;
  event.bytes = 640;
  event.number = 11;
  event.delay = 1e-9;
  event.corrupt = true;
  event.retry = 1.0 / 3;
  event.copies = {0.5, 0.75};
  CHECK(read_event(to_json(event), "here") == event);
  RunEvent kill;
  kill.event = "kill";
  kill.node = 2;
  kill.before = 5;
  kill.seconds = 0.25;
  kill.skipped = true;
  CHECK(read_event(to_json(kill), "here") == kill);
  CHECK(to_json(kill) == "{\"time\": 0, \"event\": \"kill\", \"node\": 2, \"before\": 5, \"seconds\": 0.25, \"skipped\": true}");
  const std::string whole = to_json(event);
  for (std::size_t cut = 0; cut < whole.size(); ++cut) CHECK(failure([&] { read_event(whole.substr(0, cut), "line 4 of 'x'"); }).starts_with("3: line 4 of 'x' is no event"));
  for (const char* bad : {"{}", "[]", "{\"event\": \"send\"} {", "{\"event\": \"a\\\"b\"}", "{\"event\": \"send\", \"from\": -1}", "{\"event\": \"send\", \"from\": 4294967296}",
                          "{\"event\": \"send\", \"delay\": -1}", "{\"event\": \"send\", \"delay\": nan}", "{\"event\": \"send\", \"lost\": 1}", "{\"event\": \"send\", \"x\": 1}"})
    CHECK_MESSAGE(failure([&] { read_event(bad, "here"); }).starts_with("3: here is no event"), bad);
}

TEST_CASE("scenario replay refuses logs that are broken or of another run") {
  const auto wrong = [](const std::string& text) {
    const ScenarioFile file(text);
    return failure([&] { scenario("replay:file=" + file.path); });
  };
  CHECK(says(wrong("{\"time\": 0, \"event\": \"send\"}\n"), "3: line 1 of "));
  CHECK(says(wrong("{\"event\": \"kill\", \"node\": 9, \"before\": 1}\n"), "node 9 is not among 0..3"));
  CHECK(says(wrong("{\"event\": \"kill\", \"node\": 1}\n"), "without when"));
  CHECK(says(wrong("hello\n"), "is no event of a log"));
  const std::string send = "{\"event\": \"send\", \"from\": 0, \"to\": 1, \"round\": 0, \"bytes\": 100, \"number\": 0, \"delay\": 0.5}\n";
  CHECK(says(wrong(send + send), "line 2 of "));
  const ScenarioFile file(send);
  const auto parts = scenario("replay:file=" + file.path);
  Transit t = transit(0, 1, 0);
  parts->pass(t);
  CHECK(t.delay == 0.5);
  CHECK(says(failure([&] { Transit other = transit(0, 1, 1); parts->pass(other); }), "is of another run: it has no transmission 1"));
  CHECK(says(failure([&] { Transit other = transit(0, 1, 0, 0, 99); parts->pass(other); }), "is of another run"));
}
