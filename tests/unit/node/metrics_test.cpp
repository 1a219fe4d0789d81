#include <doctest/doctest.h>

#include <fstream>
#include <limits>
#include <sstream>

#include "unit/node/toy.h"

using namespace toy;

namespace {
std::string content(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}
}  // namespace

TEST_CASE("a metric line keeps its order; infinity is null") {
  const double infinite = std::numeric_limits<double>::infinity();
  CHECK(to_json({3, 0.5, 2, {{"loss", 0.25}, {"accuracy", infinite}, {"bytes_model", 1024}}}) ==
        R"({"round": 3, "time": 0.5, "node": 2, "loss": 0.25, "accuracy": null, "bytes_model": 1024})");
  CHECK(to_json({18446744073709551615u, 0, -1, {}}) == R"({"round": 18446744073709551615, "time": 0, "node": -1})");
}

TEST_CASE("a metrics file appears whole, or not at all") {
  const Folder folder;
  std::string wanted;
  {
    MetricsFile file(folder / "metrics.ndjson");
    for (std::uint64_t i = 0; i < 2000; ++i) {
      const MetricLine line{i, 0, 1, {{"loss", 0.1 * static_cast<double>(i)}}};
      wanted += to_json(line) + "\n";
      file.line(line);
    }
    CHECK_FALSE(std::filesystem::exists(folder / "metrics.ndjson"));
    file.close();
  }
  CHECK(content(folder / "metrics.ndjson") == wanted);
  { MetricsFile(folder / "never.ndjson").line({1, 0, 0, {}}); }
  CHECK_FALSE(std::filesystem::exists(folder / "never.ndjson"));
  CHECK(error_of([&] { MetricsFile file(folder / "no/such/folder"); }).fault() == Fault::system);
}

TEST_CASE("a metrics file of a simulation is the same for every run") {
  const Folder folder;
  for (const char* name : {"a", "b"}) {
    MetricsFile file(folder / name);
    RunOptions run;
    run.metrics = &file;
    auto options = starts({1, 5, 3, 2});
    for (auto& o : options) o.log = true;
    Nodes nodes = scalars({2, always(ring(4))}, options);
    simulate(nodes, run);
    file.close();
  }
  CHECK(content(folder / "a") == content(folder / "b"));
  CHECK(content(folder / "a").starts_with(R"({"round": 1, "time": 0, "node": 0, "x": )"));
}
