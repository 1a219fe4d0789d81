#include "scenario/scenario.h"

#include <map>

#include "base/error.h"

namespace dml {
namespace {

constexpr std::pair<Upset, const char*> kUpsets[] = {
    {Upset::crash, "crash"}, {Upset::leave, "leave"}, {Upset::join, "join"}, {Upset::pause, "pause"}, {Upset::kill, "kill"}};

}  // namespace

std::string to_string(Upset upset) {
  for (const auto& [value, name] : kUpsets)
    if (value == upset) return name;
  throw Error(Fault::bug, "an upset without a name");
}

std::optional<Upset> read_upset(std::string_view word) {
  for (const auto& [value, name] : kUpsets)
    if (word == name) return value;
  return std::nullopt;
}

NodeId checked_node(std::uint64_t node, const ScenarioSetup& setup, const std::string& owner) {
  if (node >= setup.nodes)
    throw Error(Fault::usage, owner + " names node " + std::to_string(node) + ", but the run has " + std::to_string(setup.nodes) + " nodes, 0.." +
                                  std::to_string(setup.nodes - 1));
  return static_cast<NodeId>(node);
}

Disturbances::Disturbances(const Registry<Scenario>& registry, const Chain& chain, const ScenarioSetup& setup) : rounds_(setup.rounds) {
  for (const auto& component : chain) {
    parts_.push_back(registry.make(component)->begin(setup));
    for (const auto& happening : parts_.back()->happenings()) {
      checked_node(happening.node, setup, "scenario " + component.name);
      happenings_.push_back(happening);
    }
  }
}

// Rounds and times cannot be compared, so what counts is the order in which they are listed.
std::vector<NodeId> Disturbances::absent() const {
  std::map<NodeId, Upset> first;
  for (const auto& happening : happenings_) first.emplace(happening.node, happening.what);
  std::vector<NodeId> out;
  for (const auto& [node, what] : first)
    if (what == Upset::join) out.push_back(node);
  return out;
}

void Disturbances::pass(Transit& transit) {
  for (const auto& part : parts_) part->pass(transit);
}

std::shared_ptr<const Record> Disturbances::alter(const Transit& transit, std::shared_ptr<const Record> payload) {
  for (const auto& part : parts_) payload = part->alter(transit, std::move(payload));
  return payload;
}

}  // namespace dml
