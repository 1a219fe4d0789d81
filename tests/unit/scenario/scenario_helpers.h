// Parts of scenarios by name, transmissions made by hand, and text files that are gone with their object.
#pragma once
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

#include "attack/attack.h"
#include "base/error.h"
#include "scenario/event_line.h"
#include "scenario/scenario.h"

namespace dml::test {

inline const Families& scenario_families() {
  static const auto* families = [] {
    auto* made = new Families;
    made->add<Attack>("attack", register_attacks);
    made->add<Scenario>("scenario", register_scenarios);
    return made;
  }();
  return *families;
}

inline ScenarioSetup scenario_setup(std::size_t nodes = 4, std::uint64_t rounds = 20, std::uint64_t seed = 3) {
  ScenarioSetup setup;
  setup.nodes = nodes;
  setup.rounds = rounds;
  setup.seed = seed;
  setup.families = &scenario_families();
  return setup;
}

inline std::unique_ptr<Disturbances> scenario(const std::string& text, const ScenarioSetup& setup = scenario_setup()) {
  return std::make_unique<Disturbances>(scenario_families().get<Scenario>(), parse_chain(text), setup);
}

inline Transit transit(NodeId from, NodeId to, std::uint32_t number, double time = 0, std::uint64_t bytes = 100) {
  Transit out;
  out.from = from;
  out.to = to;
  out.number = number;
  out.time = time;
  out.bytes = bytes;
  return out;
}

struct ScenarioFile {
  explicit ScenarioFile(const std::string& text) {
    char name[] = "/tmp/dml-scenario-XXXXXX";
    const int fd = mkstemp(name);
    if (fd < 0) throw Error(Fault::system, "no temporary file");
    close(fd);
    path = name;
    std::ofstream(path) << text;
  }
  ~ScenarioFile() { std::remove(path.c_str()); }
  std::string path;
};

/// "3: message" of the error that `act` throws: its exit code and text; "" if none.
template <class Act>
std::string failure(Act act) {
  try {
    act();
  } catch (const Error& error) {
    return std::to_string(static_cast<int>(error.fault())) + ": " + error.what();
  }
  return "";
}
inline bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace dml::test
