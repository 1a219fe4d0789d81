// Runtimes agree bit for bit: simulator = threads over ipc and tcp = real processes over tcp, with nodes that vanish and resume.
#include "unit/node/network_toy.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "base/parallel.h"
#include "base/text.h"

extern char** environ;

using namespace toy;

namespace {

constexpr NodeId kNodes = 6;
constexpr std::uint64_t kRounds = 60;

RoundNode::Plan plan(const std::string& graph, std::uint64_t rounds = kRounds) {
  if (graph == "ring") return {rounds, always(ring(kNodes))};
  return {rounds, [](std::uint64_t round) { return random_pull(kNodes, round); }};
}

Scalar::Options options_of(NodeId id) {
  Scalar::Options o;
  o.x = 0.1 + id * id;
  o.b = 3.0 - id;
  o.eta = 0.17;
  o.noise = 0.5;
  return o;
}

// Vanishes in chosen rounds, and may be slow.
class Mortal : public Scalar {
 public:
  Mortal(Plan plan, Options options, std::uint64_t dies, int milliseconds = 0) : Scalar(std::move(plan), options), dies_(dies), pause_(milliseconds) {}

 protected:
  Payload produce(Context& context, std::uint64_t round) override {
    if (round == dies_) throw Vanish();
    if (pause_ > 0) std::this_thread::sleep_for(std::chrono::milliseconds(pause_));
    return Scalar::produce(context, round);
  }

 private:
  std::uint64_t dies_;
  int pause_;
};

Nodes network_of(const std::string& graph) {
  Nodes nodes;
  for (NodeId id = 0; id < kNodes; ++id) nodes.push_back(std::make_unique<Scalar>(plan(graph), options_of(id)));
  return nodes;
}

std::vector<double> simulated(const std::string& graph) {
  Nodes nodes = network_of(graph);
  RunOptions run;
  run.seed = 7;
  simulate(nodes, run);
  return models(nodes);
}

std::vector<double> simulated_federation(const std::vector<double>& targets) {
  Nodes nodes = federation(12, targets);
  RunOptions run;
  run.seed = 7;
  simulate(nodes, run);
  return models(nodes);
}

// Lives as often as it must: vanishes in each round of `deaths`, is built anew and resumes from its own checkpoint.
double with_deaths(const NetworkOptions& base, const std::string& graph, std::vector<std::uint64_t> deaths) {
  NetworkOptions options = base;
  deaths.push_back(~std::uint64_t{0});
  for (const std::uint64_t death : deaths) {
    Mortal node(plan(graph), options_of(options.self), death);
    const Outcome outcome = run_one(node, options);
    if (outcome.error.empty() && !outcome.vanished) return value(node.model());
    if (!outcome.vanished) throw Error(Fault::system, outcome.error);
    options.run.checkpoint.resume = options.run.checkpoint.directory;
  }
  throw Error(Fault::bug, "died too often");
}

}  // namespace

TEST_CASE("simulator = six threads over ipc = over tcp") {
  for (const char* graph : {"ring", "random"}) {
    const auto expected = simulated(graph);
    for (const bool ipc : {true, false}) {
      Folder folder;
      Nodes nodes = network_of(graph);
      const auto outcomes = run_threads(nodes, ipc ? ipc_peers(folder, kNodes) : tcp_peers(kNodes));
      for (const auto& outcome : outcomes) CHECK(outcome.error == "");
      CHECK(models(nodes) == expected);
    }
  }
}

TEST_CASE("a federated method: simulator = threads over ipc") {
  const std::vector<double> targets{1, 4, -2, 8};
  Folder folder;
  Nodes nodes = federation(12, targets);
  for (const auto& outcome : run_threads(nodes, ipc_peers(folder, 5))) CHECK(outcome.error == "");
  CHECK(models(nodes) == simulated_federation(targets));
}

TEST_CASE("nodes vanish at different rounds, resume from their own checkpoints, and end in the same bits") {
  for (const char* graph : {"ring", "random"}) {
    Folder folder;
    std::filesystem::create_directory(folder / "ckpt");
    const auto peers = ipc_peers(folder, kNodes);
    std::vector<double> ended(kNodes);
    std::vector<std::string> errors(kNodes);
    std::vector<std::jthread> threads;
    for (NodeId id = 0; id < kNodes; ++id)
      threads.emplace_back([&, id] {
        NetworkOptions options = over_network(peers, id);
        options.run.checkpoint = {folder / "ckpt", 4 + id, "", opening()};   // every node at rounds of its own
        std::vector<std::uint64_t> deaths;
        if (id == 1) deaths = {2, 17};                                      // once before its first checkpoint
        if (id == 2) deaths = {17, 18, 41};
        if (id == 4) deaths = {kRounds - 1};
        try {
          ended[id] = with_deaths(options, graph, deaths);
        } catch (const Error& error) {
          errors[id] = error.what();
        }
      });
    for (auto& thread : threads) thread.join();
    for (const auto& error : errors) CHECK(error == "");
    CHECK(ended == simulated(graph));
  }
}

TEST_CASE("all nodes stop at different rounds and resume together from different checkpoints") {
  Folder folder;
  const auto peers = ipc_peers(folder, kNodes);
  const auto configure = [&](NodeId id, NetworkOptions& options) {
    options.run.checkpoint = {folder / "ckpt", 3 + id, "", opening()};
    options.timeout = 2;                                                    // nobody comes back in the first run
  };
  Nodes first;
  for (NodeId id = 0; id < kNodes; ++id) first.push_back(std::make_unique<Mortal>(plan("ring"), options_of(id), id == 3 ? 29 : ~0ull));
  for (const auto& outcome : run_threads(first, peers, configure)) CHECK((outcome.vanished || outcome.fault == 4));
  Nodes second = network_of("ring");
  const auto outcomes = run_threads(second, peers, [&](NodeId id, NetworkOptions& options) {
    configure(id, options);
    options.timeout = 20;
    options.run.checkpoint.resume = options.run.checkpoint.directory;
  });
  for (const auto& outcome : outcomes) CHECK(outcome.error == "");
  CHECK(models(second) == simulated("ring"));
}

TEST_CASE("a finished run can be resumed, as a whole and by one node alone") {
  Folder folder;
  const auto peers = ipc_peers(folder, kNodes);
  const auto configure = [&](NodeId, NetworkOptions& options) { options.run.checkpoint = {folder / "ckpt", 7, "", opening()}; };
  Nodes nodes = network_of("ring");
  for (const auto& outcome : run_threads(nodes, peers, configure)) CHECK(outcome.error == "");
  Nodes again = network_of("ring");
  const auto resumed = [&](NodeId id, NetworkOptions& options) {
    configure(id, options);
    options.timeout = 2;
    options.run.checkpoint.resume = options.run.checkpoint.directory;
  };
  for (const auto& outcome : run_threads(again, peers, resumed)) CHECK(outcome.error == "");
  CHECK(models(again) == simulated("ring"));
  Nodes alone(kNodes);
  alone[2] = std::make_unique<Scalar>(plan("ring"), options_of(2));
  CHECK(run_threads(alone, peers, resumed)[2].error == "");
  CHECK(value(alone[2]->model()) == simulated("ring")[2]);
}

// ---------------------------------------------------------------- real processes

// One node as a process of its own: started by the test below with its arguments in the environment.
TEST_CASE("a node in a process of its own" * doctest::skip()) {
  const char* arguments = std::getenv("DML_NODE_TEST");
  if (!arguments) return;
  const auto parts = split(arguments, '|');                // id, folder, resume, peers...
  REQUIRE(parts.size() == 3 + kNodes);
  std::vector<Peer> peers;
  for (NodeId id = 0; id < kNodes; ++id) peers.push_back({id, parts[3 + id], ""});
  const auto id = static_cast<NodeId>(*parse_integer(parts[0]));
  NetworkOptions options = over_network(peers, id);
  options.run.checkpoint = {parts[1] + "/ckpt", 5, parts[2] == "resume" ? parts[1] + "/ckpt" : "", opening()};
  Mortal node(plan("ring"), options_of(id), ~std::uint64_t{0}, id == 0 ? 20 : 0);   // slow enough to be shot at
  const Outcome outcome = run_one(node, options);
  std::ofstream(parts[1] + "/out-" + parts[0] + ".new") << (outcome.error.empty() ? format_number(value(node.model())) : outcome.error);
  std::filesystem::rename(parts[1] + "/out-" + parts[0] + ".new", parts[1] + "/out-" + parts[0]);
}

namespace {

struct Processes {
  Folder folder;
  std::vector<Peer> peers = tcp_peers(kNodes);
  std::vector<pid_t> ids = std::vector<pid_t>(kNodes, -1);

  void start(NodeId id, const std::string& resume) {
    std::string arguments = "DML_NODE_TEST=" + std::to_string(id) + "|" + folder.path + "|" + resume;
    for (const auto& peer : peers) arguments += "|" + peer.endpoint;
    std::vector<char*> environment;
    for (char** entry = environ; *entry; ++entry) environment.push_back(*entry);
    environment.push_back(arguments.data());
    environment.push_back(nullptr);
    std::string program = "/proc/self/exe", all = "-ns", one = "-tc=a node in a process of its own", quiet = "-m";
    char* command[] = {program.data(), all.data(), one.data(), quiet.data(), nullptr};
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    REQUIRE(::posix_spawn(&ids[id], program.c_str(), &files, nullptr, command, environment.data()) == 0);
    posix_spawn_file_actions_destroy(&files);
  }
  void kill(NodeId id) {
    ::kill(ids[id], SIGKILL);
    ::waitpid(std::exchange(ids[id], -1), nullptr, 0);
  }
  std::vector<std::string> wait() {
    std::vector<std::string> results;
    for (NodeId id = 0; id < kNodes; ++id) {
      if (ids[id] > 0) ::waitpid(std::exchange(ids[id], -1), nullptr, 0);
      std::ifstream in(folder / ("out-" + std::to_string(id)));
      std::string text;
      std::getline(in, text);
      results.push_back(text);
    }
    return results;
  }
  /// Until node `id` has sealed a checkpoint of at least this round.
  bool reached(NodeId id, std::uint64_t round) {
    for (int i = 0; i < 1000; ++i) {
      for (std::uint64_t r = round; r < round + 30; ++r)
        if (std::filesystem::exists(folder / ("ckpt/node-" + std::to_string(id) + "/round-" + std::to_string(r) + ".manifest.dml"))) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  ~Processes() {
    for (NodeId id = 0; id < kNodes; ++id)
      if (ids[id] > 0) kill(id);
  }
};

std::vector<std::string> texts(const std::vector<double>& numbers) {
  std::vector<std::string> all;
  for (const double x : numbers) all.push_back(format_number(x));
  return all;
}

}  // namespace

TEST_CASE("real processes over tcp, one and then all of them killed, end in the simulator's bits") {
  Processes processes;
  for (NodeId id = 0; id < kNodes; ++id) processes.start(id, "");
  REQUIRE(processes.reached(2, 10));
  processes.kill(2);
  processes.start(2, "resume");
  REQUIRE(processes.reached(4, 25));
  for (NodeId id = 0; id < kNodes; ++id) processes.kill(id);
  for (NodeId id = 0; id < kNodes; ++id) processes.start(id, "resume");
  CHECK(processes.wait() == texts(simulated("ring")));
}
