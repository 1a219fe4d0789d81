#include <doctest/doctest.h>

#include <fstream>
#include <set>

#include "base/parallel.h"
#include "node/checkpoint.h"
#include "unit/node/toy.h"

using namespace toy;

namespace {

const std::uint64_t kNever = ~std::uint64_t{0};

RunOptions keeping(const std::string& directory, std::uint64_t every, const std::string& resume = "") {
  RunOptions run;
  run.seed = 11;
  run.program = "toy:eta=0.2";
  run.checkpoint = {directory, every, resume, opening()};
  return run;
}

Nodes gossip(std::uint64_t crash_at = kNever, std::uint64_t rounds = 20, bool idle = false) {
  std::vector<Scalar::Options> options;
  for (NodeId i = 0; i < 6; ++i) options.push_back({0.1 * i * i, 3.0 - i, 0.2, 0.5, i == 4 ? crash_at : kNever});
  return scalars({rounds, [idle](std::uint64_t round) { return idle ? random_pull(6, round) : ring(6); }}, options);
}

std::set<std::string> files(const std::string& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) names.insert(entry.path().filename().string());
  return names;
}

void flip(const std::string& path, std::size_t at) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(at));
  const int byte = file.get();
  file.seekp(static_cast<std::streamoff>(at));
  file.put(static_cast<char>(byte ^ 1));
}

}  // namespace

TEST_CASE("a run resumed after a crash ends with the same bits and the same traffic") {
  for (const bool idle : {false, true}) {
    const Folder folder;
    Nodes whole = gossip(kNever, 20, idle);
    const auto expected = simulate(whole, keeping("", 0));
    Nodes crashed = gossip(11, 20, idle);
    CHECK(error_of([&] { simulate(crashed, keeping(folder.path, 3)); }).fault() == Fault::method);
    CHECK(files(folder / "node-0") == std::set<std::string>{"round-6.dml", "round-6.manifest.dml", "round-9.dml", "round-9.manifest.dml"});
    const int before = threads();
    for (const int count : {1, 2}) {
      set_threads(count);
      Nodes resumed = gossip(kNever, 20, idle);
      const auto result = simulate(resumed, keeping("", 0, folder.path));
      CHECK(models(resumed) == models(whole));
      for (std::size_t i = 0; i < 6; ++i) {
        CHECK(result.traffic[i].model == expected.traffic[i].model);
        CHECK(result.traffic[i].messages == expected.traffic[i].messages);
      }
    }
    set_threads(before);
  }
}

TEST_CASE("a resumed run keeps on saving in the same folder, the last two rounds and the end") {
  const Folder folder;
  Nodes whole = gossip();
  simulate(whole, keeping("", 0));
  Nodes crashed = gossip(11);
  CHECK_THROWS_AS(simulate(crashed, keeping(folder.path, 3)), Error);
  Nodes resumed = gossip();
  simulate(resumed, keeping(folder.path, 3, folder.path));
  CHECK(files(folder / "node-5") == std::set<std::string>{"round-18.dml", "round-18.manifest.dml", "round-20.dml", "round-20.manifest.dml"});
  Nodes again = gossip();                                  // from the very end: nothing is left to do
  simulate(again, keeping("", 0, folder.path));
  CHECK(models(again) == models(whole));
}

TEST_CASE("without --every only the end is saved; without --checkpoint nothing") {
  const Folder folder;
  Nodes nodes = gossip();
  simulate(nodes, keeping(folder / "new/deep", 0));
  CHECK(files(folder / "new/deep/node-3") == std::set<std::string>{"round-20.dml", "round-20.manifest.dml"});
  Nodes silent = gossip();
  simulate(silent, keeping("", 3));
  CHECK(files(folder.path) == std::set<std::string>{"new"});
}

TEST_CASE("a federated run resumes to the same bits, clients that were not chosen included") {
  const std::vector<double> targets{1, -4, 9, 2, 0.5, 30};
  Nodes whole = federation(30, targets, kNever, 0.2);
  const auto expected = simulate(whole, keeping("", 0));
  const Folder folder;
  Nodes crashed = federation(30, targets, 23, 0.2);
  CHECK_THROWS_AS(simulate(crashed, keeping(folder.path, 5)), Error);
  for (NodeId id = 0; id <= targets.size(); ++id)
    CHECK(files(folder / ("node-" + std::to_string(id))) ==
          std::set<std::string>{"round-15.dml", "round-15.manifest.dml", "round-20.dml", "round-20.manifest.dml"});
  Nodes resumed = federation(30, targets, kNever, 0.2);
  const auto result = simulate(resumed, keeping(folder.path, 5, folder.path));
  CHECK(models(resumed) == models(whole));
  for (std::size_t i = 0; i <= targets.size(); ++i) CHECK(result.traffic[i].model == expected.traffic[i].model);
  Nodes again = federation(30, targets, kNever, 0.2);
  simulate(again, keeping("", 0, folder.path));
  CHECK(models(again) == models(whole));
}

TEST_CASE("a torn cut falls back to the round that all nodes have") {
  const Folder folder;
  Nodes whole = gossip(), crashed = gossip(11);
  simulate(whole, keeping("", 0));
  CHECK_THROWS_AS(simulate(crashed, keeping(folder.path, 3)), Error);
  std::filesystem::remove(folder / "node-2/round-9.manifest.dml");         // killed before the seal
  Checkpointer reader(keeping("", 0, folder.path), 6, {0});
  CHECK(reader.latest({0, 1, 2, 3, 4, 5}) == 6);
  CHECK(reader.latest({0}) == 9);
  CHECK(reader.latest({0, 9}) == std::nullopt);
  Nodes resumed = gossip();
  simulate(resumed, keeping("", 0, folder.path));
  CHECK(models(resumed) == models(whole));
}

TEST_CASE("damage and foreign runs are refused, and the file is named") {
  const Folder folder;
  Nodes crashed = gossip(11);
  CHECK_THROWS_AS(simulate(crashed, keeping(folder.path, 3)), Error);
  const auto refusal = [&](const RunOptions& run, Nodes nodes = gossip()) { return error_of([&] { simulate(nodes, run); }); };
  const auto fails = [&](const RunOptions& run, const std::string& text) {
    const Error error = refusal(run);
    INFO(error.what());
    CHECK(error.fault() == Fault::input);
    CHECK(has(error, text));
  };
  RunOptions run = keeping("", 0, folder.path);
  run.program = "toy:eta=0.3";
  fails(run, "round-9.manifest.dml' is of another run: its program is \"toy:eta=0.2\", not \"toy:eta=0.3\"");
  run = keeping("", 0, folder.path);
  run.seed = 12;
  fails(run, "its seed is 11, not 12");
  Nodes five = gossip();
  five.pop_back();
  CHECK(has(refusal(keeping("", 0, folder.path), std::move(five)), "its nodes is 6, not 5"));
  CHECK(has(refusal(keeping("", 0, folder.path), gossip(kNever, 5)), "round-9.dml': the state is at round 9, the run has 5"));
  fails(keeping("", 0, folder / "absent"), "is no folder of checkpoints");

  const std::string state = folder / "node-3/round-9.dml", manifest = folder / "node-3/round-9.manifest.dml";
  const auto size = std::filesystem::file_size(state);
  for (std::size_t at = 0; at < size; at += 37) {
    flip(state, at);
    fails(keeping("", 0, folder.path), "round-9.dml' is damaged");
    flip(state, at);
  }
  std::filesystem::copy(state, folder / "kept");
  std::filesystem::resize_file(state, size - 64);
  fails(keeping("", 0, folder.path), "round-9.dml' is damaged");
  std::filesystem::remove(state);
  fails(keeping("", 0, folder.path), "round-9.dml' cannot be read");
  std::filesystem::copy(folder / "kept", state);
  std::filesystem::copy_file(folder / "node-1/round-9.manifest.dml", manifest, std::filesystem::copy_options::overwrite_existing);
  fails(keeping("", 0, folder.path), "its node is 1, not 3");
  std::filesystem::resize_file(manifest, 64);
  fails(keeping("", 0, folder.path), "round-9.manifest.dml'");
  std::filesystem::copy_file(state, manifest, std::filesystem::copy_options::overwrite_existing);
  fails(keeping("", 0, folder.path), "is not one record of kind 'checkpoint'");
}

TEST_CASE("a folder that holds another run's checkpoints is not written to") {
  const Folder folder;
  Nodes first = gossip(), second = gossip();
  simulate(first, keeping(folder.path, 10));
  const auto before = files(folder / "node-0");
  const Error error = error_of([&] { simulate(second, keeping(folder.path, 3)); });
  CHECK(error.fault() == Fault::usage);
  CHECK(has(error, "already holds checkpoints of node 0"));
  CHECK(files(folder / "node-0") == before);
}

TEST_CASE("a checkpoint that cannot be written is a system error") {
  const Folder folder;
  std::ofstream(folder / "file") << "in the way";
  Nodes nodes = gossip();
  CHECK(error_of([&] { simulate(nodes, keeping(folder / "file", 3)); }).fault() == Fault::system);
}

TEST_CASE("one process of many prunes by its own rounds alone") {
  const Folder folder;
  Checkpointer mine(keeping(folder.path, 2), 4, {1}), other(keeping(folder.path, 2), 4, {2});
  CHECK(mine.due(4));
  CHECK_FALSE(mine.due(3));
  for (const std::uint64_t round : {2, 4, 6}) mine.save(1, round, scalar("state", 0.5 * static_cast<double>(round)), {8, 56, 3, 1});
  other.save(2, 2, scalar("state", 1), {});
  CHECK(files(folder / "node-1") == std::set<std::string>{"round-4.dml", "round-4.manifest.dml", "round-6.dml", "round-6.manifest.dml"});
  CHECK(files(folder / "node-2").size() == 2);
  Checkpointer reader(keeping(folder.path, 2, folder.path), 4, {1});
  CHECK(reader.latest({1}) == 6);
  const auto saved = reader.load(1, 6);
  CHECK(value(saved.state) == 3);
  CHECK(saved.traffic.model == 8);
  CHECK(saved.traffic.control == 56);
  CHECK(saved.traffic.framing == 3);
  CHECK(saved.traffic.messages == 1);
}
