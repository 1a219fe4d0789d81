// Runs of toy nodes under a scenario.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "node/event_log.h"
#include "unit/node/toy.h"
#include "unit/scenario/scenario_helpers.h"

namespace toy {

struct Outcome {
  std::vector<double> models;
  RunResult result;
  std::vector<RunEvent> events;
  Nodes nodes;
  std::size_t count(const std::string& what) const {
    return static_cast<std::size_t>(std::count_if(events.begin(), events.end(), [&](const RunEvent& e) { return e.event == what && !e.skipped; }));
  }
  double end() const { return events.empty() ? 0 : events.back().time; }
  std::string log() const {
    std::string text;
    for (const auto& event : events) text += to_json(event) + "\n";
    return text;
  }
};

/// `nodes` under `text` ("" for no scenario). `edges`: for parts that ask for the graph.
inline Outcome disturbed(Nodes nodes, const std::string& text, std::uint64_t rounds, std::uint64_t seed = 3, Metrics* metrics = nullptr,
                         std::function<std::vector<std::pair<NodeId, NodeId>>()> edges = {}) {
  Outcome out;
  EventList events;
  RunOptions run;
  run.seed = seed;
  run.events = &events;
  run.metrics = metrics;
  std::unique_ptr<Disturbances> parts;
  if (!text.empty()) {
    auto setup = test::scenario_setup(nodes.size(), rounds, seed);
    setup.edges = std::move(edges);
    parts = test::scenario(text, setup);
    run.scenario = parts.get();
  }
  out.nodes = std::move(nodes);
  out.result = simulate(out.nodes, run);
  out.models = models(out.nodes);
  out.events = events.events();
  return out;
}

/// Nodes that train with noise, so that every message of every round matters.
inline Nodes trainers(NodeId n, std::uint64_t rounds, const MixingFunction& mix, bool spreads = false) {
  std::vector<Scalar::Options> options;
  for (NodeId i = 0; i < n; ++i) options.push_back({0.1 * i * i, 3.0 - i, 0.2, 0.5});
  return scalars({rounds, mix, false, spreads}, options);
}

/// Every message that was sent came, was lost for good, or had nobody to go to: none is missing, none came twice.
inline void check_conservation(const Outcome& out) {
  std::map<std::tuple<NodeId, NodeId, std::uint64_t>, int> sent, done;
  for (const auto& event : out.events) {
    if (!event.from || !event.to) continue;
    const auto key = std::make_tuple(*event.from, *event.to, *event.round);
    if (event.event == "send") sent[key] = 1;
    if (event.event == "deliver") ++done[key];
  }
  std::size_t missing = 0;
  for (const auto& [key, count] : sent) missing += done.count(key) == 0;
  for (const auto& [key, count] : done) CHECK(sent.count(key) == 1);
  CHECK(missing <= out.count("lost") + out.count("gone") + out.count("late"));
}

}  // namespace toy
