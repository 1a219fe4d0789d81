// What the topology tests share.
#pragma once
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "topology/topology.h"

namespace dml::test {

inline const Registry<TopologyRule>& rules() {
  static const auto* registry = [] {
    auto* made = new Registry<TopologyRule>("topology");
    register_topologies(*made);
    return made;
  }();
  return *registry;
}

inline std::unique_ptr<Topology> topology(const std::string& text, std::size_t nodes, std::uint64_t seed = 1) {
  return topology_rule(rules(), text)->build({nodes, seed});
}
inline Mixing matrix(const std::string& text, std::size_t nodes, std::uint64_t seed = 1) { return *topology(text, nodes, seed)->at(0, -1); }

inline double weight(const Mixing& w, std::size_t i, std::size_t j) {
  for (const auto& [k, value] : w.row(i))
    if (k == j) return value;
  return 0;
}

inline double row_sum(const Mixing& w, std::size_t i) {
  long double sum = 0;
  for (const auto& entry : w.row(i)) sum += entry.second;
  return static_cast<double>(sum);
}

/// What body() throws; a Fault::bug named "nothing" if it does not.
template <class Body>
Error error_of(Body body) {
  try {
    body();
  } catch (const Error& error) {
    return error;
  }
  return Error(Fault::bug, "nothing was thrown");
}

/// Collects warnings while it lives.
struct Warnings {
  std::vector<std::string> lines;
  Warnings() { set_log_sink([this](Level level, const std::string& line) { if (level == Level::warning) lines.push_back(line); }); }
  ~Warnings() { set_log_sink(nullptr); }
};

/// A file that lives as long as the test; its name contains "dml-edges-".
struct TextFile {
  std::string path;
  explicit TextFile(const std::string& text, const std::string& extension = ".edges") {
    static int count = 0;
    path = (std::filesystem::temp_directory_path() / ("dml-edges-" + std::to_string(::getpid()) + "-" + std::to_string(count++) + extension)).string();
    std::ofstream(path) << text;
  }
  ~TextFile() { std::remove(path.c_str()); }
};

}  // namespace dml::test
