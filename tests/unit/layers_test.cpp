// The dependency rule, checked on the include lines of lib/, formats/ and tools/:
//   base <- math <- wire <- entry <- formats, data and families <- node <- [LibTorch] objective <- solver <- train; tools -> everything.
// Each third-party package is seen by one place.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

enum Layer { kBase, kMath, kWire, kEntry, kFormats, kFamily, kNode, kObjective, kSolver, kTrain, kTools };

const std::map<std::string, Layer> kLayers{
    {"base", kBase}, {"math", kMath}, {"wire", kWire}, {"entry", kEntry}, {"formats", kFormats}, {"data", kFamily},
    {"topology", kFamily}, {"aggregate", kFamily}, {"merge", kFamily}, {"attack", kFamily}, {"verify", kFamily}, {"rank", kFamily},
    {"scenario", kFamily}, {"node", kNode}, {"objective", kObjective}, {"solver", kSolver}, {"train", kTrain}};

// What a family may include of another one.
const std::map<std::string, std::string> kInterfaces{
    {"data", "data/dataset.h"}, {"topology", "topology/topology.h"}, {"aggregate", "aggregate/aggregator.h"}, {"merge", "merge/merger.h"},
    {"attack", "attack/attack.h"}, {"verify", "verify/fingerprint.h"}, {"rank", "rank/ranker.h"},
    {"scenario", "scenario/scenario.h"}};

// A package by the first words of its headers, and the paths that may see it. An empty list: none of the scanned folders.
struct Package {
  std::string name;
  std::vector<std::string> headers, allowed;
};
const std::vector<Package> kPackages{
    {"LibTorch", {"torch/", "ATen/", "c10/", "caffe2/"}, {"lib/objective/", "lib/solver/", "lib/train/", "tools/dtrain/"}},
    {"CLI11", {"CLI/"}, {"lib/entry/"}},
    {"ZeroMQ", {"zmq"}, {"lib/wire/socket"}},
    {"msgpack", {"msgpack"}, {"lib/wire/"}},
    {"libsodium", {"sodium"}, {"lib/verify/", "lib/wire/socket"}},
    {"Highway", {"hwy/"}, {"lib/math/"}},
    {"Eigen", {"Eigen/"}, {"lib/math/", "lib/topology/"}},
    {"simdjson", {"simdjson"}, {"formats/"}},
    {"libpng", {"png.h"}, {"formats/png"}},
    {"libjpeg", {"jpeglib.h", "jerror.h"}, {"formats/jpeg"}},
    {"zlib", {"zlib.h"}, {"lib/wire/"}},
    {"doctest", {"doctest"}, {}}};

bool starts_with_any(const std::string& text, const std::vector<std::string>& starts) {
  return std::any_of(starts.begin(), starts.end(), [&](const auto& start) { return text.starts_with(start); });
}

// "lib/aggregate/krum.cpp" -> "aggregate", "tools/dtrain/eval.cpp" -> "tools".
std::string folder_of(const std::string& path) {
  const auto skip = path.starts_with("lib/") ? std::string("lib/").size() : 0;
  return path.substr(skip, path.find('/', skip) - skip);
}

// Why the file at `path` (from the project's root) may not include `header` (as it stands in the line); nullopt if it may.
std::optional<std::string> violation(const std::string& path, const std::string& header) {
  for (const auto& package : kPackages)
    if (starts_with_any(header, package.headers) && !starts_with_any(path, package.allowed)) return path + " may not see " + package.name + ": " + header;
  if (header.ends_with(".cpp")) return path + " includes an entry: " + header;
  const std::string from = folder_of(path), to = header.substr(0, header.find('/'));
  const auto target = kLayers.find(to);
  if (header.find('/') == std::string::npos || target == kLayers.end()) {
    const bool of_a_tool = header.find('/') != std::string::npos && to.starts_with("d") && fs::is_directory(fs::path(DML_SOURCE_DIR) / "tools" / to);
    if (of_a_tool && !path.starts_with("tools/" + to + "/")) return path + " includes a file of a tool: " + header;
    return std::nullopt;                                   // the standard library, the system, or beside the file
  }
  if (from == to) return std::nullopt;
  if (from == "tools") {
    if (target->second >= kObjective && !path.starts_with("tools/dtrain/")) return path + " reaches LibTorch through " + header;
    return std::nullopt;
  }
  const auto source = kLayers.find(from);
  if (source == kLayers.end()) return path + " lies in a folder that the rule does not know";
  if (target->second < source->second) return std::nullopt;
  if (source->second == kFamily && target->second == kFamily) {
    if (header == kInterfaces.at(to)) return std::nullopt;
    return path + " includes more of the family " + to + " than " + kInterfaces.at(to) + ": " + header;
  }
  return path + " includes " + header + ", which does not lie to the left of " + from;
}

std::vector<std::string> includes_of(std::istream& text) {
  std::vector<std::string> out;
  for (std::string line; std::getline(text, line);) {
    const auto hash = line.find_first_not_of(" \t");
    if (hash == std::string::npos || line[hash] != '#') continue;
    const auto word = line.find_first_not_of(" \t", hash + 1);
    if (word == std::string::npos || line.compare(word, 7, "include") != 0) continue;
    const auto open = line.find_first_of("\"<", word);
    const auto close = open == std::string::npos ? open : line.find_first_of("\">", open + 1);
    if (close != std::string::npos) out.push_back(line.substr(open + 1, close - open - 1));
  }
  return out;
}

struct Source { std::string path; std::vector<std::string> includes; };

std::vector<Source> sources() {
  std::vector<Source> out;
  const fs::path root(DML_SOURCE_DIR);
  for (const char* top : {"lib", "formats", "tools"})
    for (const auto& file : fs::recursive_directory_iterator(root / top)) {
      const auto extension = file.path().extension();
      if (extension != ".cpp" && extension != ".h") continue;
      std::ifstream text(file.path());
      out.push_back({fs::relative(file.path(), root).generic_string(), includes_of(text)});
    }
  return out;
}

}  // namespace

TEST_CASE("no file includes what does not lie to its left") {
  std::size_t lines = 0, files = 0;
  for (const auto& source : sources()) {
    ++files;
    for (const auto& header : source.includes) {
      ++lines;
      const auto why = violation(source.path, header);
      CHECK_MESSAGE(!why, why.value_or(""));
    }
  }
  CHECK(files > 100);                                      // the folders were found
  CHECK(lines > 3 * files);                                // and their include lines
}

TEST_CASE("every folder of lib has its place in the rule") {
  for (const auto& entry : fs::directory_iterator(fs::path(DML_SOURCE_DIR) / "lib"))
    if (entry.is_directory()) CHECK_MESSAGE(kLayers.count(entry.path().filename().string()), entry.path().filename());
}

TEST_CASE("the interface of every family exists") {
  for (const auto& [family, header] : kInterfaces) CHECK_MESSAGE(fs::exists(fs::path(DML_SOURCE_DIR) / "lib" / header), header);
}

TEST_CASE("the checker refuses invented violations") {
  struct Case { const char *path, *header; };
  for (const auto& [path, header] : std::initializer_list<Case>{
           {"lib/base/text.cpp", "math/linear.h"},         // to the right
           {"lib/math/linear.cpp", "wire/tensor.h"},
           {"lib/wire/codec.cpp", "entry/options.h"},
           {"lib/entry/verb.cpp", "formats/formats.h"},
           {"lib/aggregate/krum.cpp", "node/node.h"},
           {"lib/node/node.h", "objective/objective.h"},
           {"lib/objective/mlp.cpp", "solver/solver.h"},
           {"formats/csv.cpp", "data/dataset.h"},
           {"lib/attack/gaussian.cpp", "aggregate/flatten.h"},     // more than the interface of another family
           {"lib/topology/rules/ring.cpp", "data/table.h"},
           {"lib/aggregate/krum.cpp", "aggregate/mean.cpp"},       // an entry
           {"lib/node/node.h", "torch/torch.h"},                   // packages
           {"lib/data/batch.cpp", "ATen/ATen.h"},
           {"tools/dmerge/show.cpp", "torch/torch.h"},
           {"tools/dmerge/show.cpp", "objective/objective.h"},
           {"tools/dmerge/main.cpp", "CLI/CLI.hpp"},
           {"lib/wire/stream.cpp", "zmq.h"},
           {"lib/node/network.cpp", "zmq.hpp"},
           {"formats/dml.cpp", "msgpack.hpp"},
           {"lib/wire/codec.cpp", "sodium.h"},
           {"formats/pnm.cpp", "png.h"},
           {"lib/wire/value.cpp", "simdjson.h"},
           {"lib/entry/verb.h", "doctest/doctest.h"},
           {"lib/merge/mean.cpp", "dtrain/training.h"},            // a tool's file
           {"tools/dmerge/show.cpp", "dtrain/training.h"},
           {"lib/newfolder/x.cpp", "base/error.h"}})
    CHECK_MESSAGE(violation(path, header), path, " -> ", header);
}

TEST_CASE("the checker allows what the rule allows") {
  struct Case { const char *path, *header; };
  for (const auto& [path, header] : std::initializer_list<Case>{
           {"lib/math/linear.cpp", "base/error.h"}, {"lib/math/linear.cpp", "vector"}, {"lib/attack/attack.h", "aggregate/aggregator.h"},
           {"lib/aggregate/krum.cpp", "aggregate/screen.h"}, {"lib/topology/rules/ring.cpp", "topology/fixed.h"},
           {"lib/train/dsgd.cpp", "node/shapes.h"}, {"lib/train/dsgd.cpp", "torch/torch.h"}, {"tools/dtrain/eval.cpp", "dtrain/training.h"},
           {"lib/wire/socket_loop.cpp", "zmq.h"}, {"formats/dml.cpp", "wire/codec.h"}, {"tools/dverify/vote.cpp", "verify/tally.h"}})
    CHECK_MESSAGE(!violation(path, header), violation(path, header).value_or(""));
}

TEST_CASE("include lines are found however they are spaced") {
  std::istringstream text("#include \"base/error.h\"\n  #  include <torch/torch.h>\n// #include <no.h>\nint x;  \n#include\n#define include\n");
  CHECK(includes_of(text) == std::vector<std::string>{"base/error.h", "torch/torch.h"});
}
