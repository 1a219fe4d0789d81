// Every scenario entry: the same run gives the same bits and the same log, for any number of threads; every option changes what happens.
#include <doctest/doctest.h>

#include "base/parallel.h"
#include "unit/node/disturbed.h"

using namespace toy;
using dml::test::ScenarioFile;

namespace {

struct Sample {
  std::string text;
  std::vector<std::string> changes;                        // one for each option, in any order: "name=value"
};

const ScenarioFile& matrix() {
  static const ScenarioFile file("0 1 2 3 4\n1 0 1 2 3\n2 1 0 1 2\n3 2 1 0 1\n4 3 2 1 0\n");
  return file;
}
const ScenarioFile& trace() {
  static const ScenarioFile file("0.5,1,crash\n0.6,2,pause\n0.9,2,resume\n");
  return file;
}
const ScenarioFile& other_trace() {
  static const ScenarioFile file("0.5,3,crash\n");
  return file;
}

Outcome run(const std::string& text) {
  const auto edges = [] { return std::vector<std::pair<NodeId, NodeId>>{{0, 1}, {1, 2}, {2, 3}, {3, 4}, {0, 4}, {1, 3}}; };
  return disturbed(trainers(5, 8, always(ring(5))), text, 8, 3, nullptr, edges);
}

// A log of the same run, and one of a run that goes otherwise.
const ScenarioFile& log_of(const std::string& text) {
  static std::map<std::string, std::unique_ptr<ScenarioFile>> files;
  auto& file = files[text];
  if (!file) file = std::make_unique<ScenarioFile>(run(text).log());
  return *file;
}

std::map<std::string, Sample> samples() {
  return {{"attack", {"attack:rule=sign-flip,nodes=1", {"rule=gaussian", "nodes=2", "from=4"}}},
          {"bandwidth", {"bandwidth:rate=1e4", {"rate=1e3", "per=receiver"}}},
          {"chaos", {"chaos", {"seed=1", "p=0.3", "seconds=1"}}},
          {"churn", {"latency:mean=0.1+churn:file=" + trace().path, {"file=" + other_trace().path, "detect=1"}}},
          {"crash", {"latency:mean=0.1+crash:fraction=0.4,time=0.3", {"fraction=0.8", "by=degree", "detect=1", "time=0.5", "round=5", "node=4"}}},
          {"gilbert-elliott", {"gilbert-elliott:p=0.3,r=0.5", {"p=0.6", "r=0.9", "k=0.5", "h=0.5", "retry=0.5", "final=true"}}},
          {"join", {"latency:mean=0.1+join:node=1,round=3", {"node=2", "round=5", "time=0.4"}}},
          {"kill", {"latency:mean=0.1+kill:node=1,round=3,seconds=1", {"node=2", "round=5", "time=0.25", "seconds=2"}}},
          {"latency", {"latency:jitter=0.02", {"mean=0.2", "jitter=0.01", "law=log-normal", "file=" + matrix().path}}},
          {"leave", {"latency:mean=0.1+leave:node=1,round=3", {"node=2", "round=5", "time=0.45"}}},
          {"loss", {"loss:p=0.3", {"p=0.1", "retry=0.5", "final=true"}}},
          {"pause", {"latency:mean=0.1+pause:node=1,round=3,seconds=1", {"node=2", "round=5", "time=0.25", "seconds=2"}}},
          {"replay", {"replay:file=" + log_of("chaos").path, {"file=" + log_of("chaos:seed=1").path}}}};
}

// The last component of `text` with one option set otherwise. An option that excludes another takes its place.
std::string changed(const std::string& text, const std::string& change) {
  static const std::map<std::string, std::string> excludes{{"time", "round"}, {"round", "time"}, {"node", "fraction"}};
  Chain chain = parse_chain(text);
  auto& settings = chain.back().settings;
  const std::string name = change.substr(0, change.find('='));
  settings[name] = change.substr(change.find('=') + 1);
  if (const auto other = excludes.find(name); other != excludes.end()) settings.erase(other->second);
  return to_string(chain);
}

}  // namespace

TEST_CASE("every scenario entry: same run, same bits, same log, for any number of threads") {
  const int before = threads();
  const auto all = samples();
  for (const auto& info : dml::test::scenario_families().get<Scenario>().entries()) {
    CAPTURE(info.card.name);
    REQUIRE(all.count(info.card.name) == 1);
    const auto& sample = all.at(info.card.name);
    set_threads(1);
    const auto one = run(sample.text), again = run(sample.text);
    set_threads(3);
    const auto three = run(sample.text);
    CHECK(one.log() == again.log());
    CHECK(one.models == again.models);
    CHECK(one.log() == three.log());
    CHECK(one.models == three.models);
    check_conservation(one);
    CHECK((one.log() != run("").log() || one.models != run("").models));     // it does something
  }
  set_threads(before);
}

TEST_CASE("every option of every scenario entry changes what happens") {
  const auto all = samples();
  for (const auto& info : dml::test::scenario_families().get<Scenario>().entries()) {
    const auto& sample = all.at(info.card.name);
    const auto base = run(sample.text);
    for (const auto& option : info.options) {
      CAPTURE(info.card.name);
      CAPTURE(option.name);
      const auto change = std::find_if(sample.changes.begin(), sample.changes.end(), [&](const auto& c) { return c.starts_with(option.name + "="); });
      REQUIRE(change != sample.changes.end());
      const auto other = run(changed(sample.text, *change));
      CHECK((other.log() != base.log() || other.models != base.models));
    }
  }
}
