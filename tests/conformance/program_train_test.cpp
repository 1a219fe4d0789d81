// Every training program: the simulator, six threads that talk over ipc, and one or two pool threads give the same bits; an interrupted
// run goes on from its checkpoint to the same bits; what the wire carried is what the simulator counted.
#include "train_support.h"

#include "stage.h"

#include <filesystem>
#include <thread>

#include "base/text.h"

namespace dml {
namespace {

constexpr std::size_t kParticipants = 6;
constexpr std::uint64_t kRounds = 6;

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "dml-XXXXXX").string();
    if (!mkdtemp(name.data())) throw Error(Fault::system, "no folder");
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

// Each program in the variants that take different paths.
std::vector<std::string> programs() {
  std::vector<std::string> all;
  for (const auto& info : test::families().get<Program>().entries()) all.push_back(info.card.name);
  all.insert(all.end(), {"dsgd variant=cta topology=complete", "dsgd topology=random schedule=truncate:start=1,end=5,point1=0.9",
                         "dsgd diff-init=true", "fedavg participation=0.5", "push-sum variant=sgp", "push-sum topology=random:peers=1", "gossip topology=ring"});
  return all;
}

// Those whose network gives the simulator's bits, or the others.
std::vector<std::string> programs(bool synchronous) {
  auto all = programs();
  std::erase_if(all, [&](const std::string& name) { return test::families().get<Program>().make(test::program_of(name))->synchronous() != synchronous; });
  return all;
}

std::shared_ptr<const Setup> setup_for(const Program& program, const std::string& aggregator, std::shared_ptr<Observer> observer = nullptr) {
  static const auto data = test::clouds(7);
  auto setup = test::setup_of("mlp:hidden=12", data, kParticipants - program.servers(), kRounds);
  setup.local_steps = 2;
  if (!aggregator.empty()) {
    setup.aggregator = parse_chain(aggregator);
    setup.attack = parse_chain("gaussian");
    setup.byzantine = 1;
  }
  if (observer) {
    setup.observer = observer;
    setup.measure = true;
    setup.eval_every = 1;
  }
  return finish_setup(std::move(setup));
}

RunOptions run_options(const std::shared_ptr<const Setup>& setup, const std::string& program) {
  RunOptions options;
  options.seed = setup->seed;
  options.program = program;
  options.checkpoint.open = test::open_options();
  return options;
}

std::vector<Record> models_of(const std::vector<std::unique_ptr<Node>>& nodes) {
  std::vector<Record> models;
  for (const auto& node : nodes) models.push_back(node->model());
  return models;
}

std::vector<Record> simulated(const std::string& name, const std::string& aggregator, std::vector<Traffic>* traffic = nullptr) {
  const auto program = test::families().get<Program>().make(test::program_of(name));
  const auto setup = setup_for(*program, aggregator);
  auto nodes = make_nodes(*program, setup);
  const auto result = simulate(nodes, run_options(setup, name));
  if (traffic) *traffic = result.traffic;
  return models_of(nodes);
}

// One thread per participant, as separate processes would run, but in 0.1 s instead of 6 x 0.5 s.
void run_threads(std::vector<std::unique_ptr<Node>>& nodes, const std::string& name, const std::shared_ptr<const Setup>& setup, std::vector<Traffic>& traffic) {
  const Folder folder;
  std::vector<Peer> peers;
  for (NodeId id = 0; id < nodes.size(); ++id) peers.push_back({id, "ipc://" + (folder / std::to_string(id)), ""});
  std::vector<std::string> errors(nodes.size());
  traffic.resize(nodes.size());
  std::vector<std::thread> threads;
  for (NodeId id = 0; id < nodes.size(); ++id)
    threads.emplace_back([&, id] {
      NetworkOptions options;
      options.run = run_options(setup, name);
      options.self = id;
      options.peers = peers;
      options.run_id = "run";
      options.model_digest = "model";
      try {
        traffic[id] = run_network(*nodes[id], options).traffic.at(id);
      } catch (const std::exception& error) {
        errors[id] = error.what();
      }
    });
  for (auto& thread : threads) thread.join();
  for (const auto& error : errors) CHECK(error == "");
}

std::vector<Record> networked(const std::string& name, const std::string& aggregator, std::vector<Traffic>& traffic) {
  const auto program = test::families().get<Program>().make(test::program_of(name));
  const auto setup = setup_for(*program, aggregator);
  auto nodes = make_nodes(*program, setup);
  run_threads(nodes, name, setup, traffic);
  return models_of(nodes);
}

void check_equal(const std::vector<Record>& a, const std::vector<Record>& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    CAPTURE(i);
    CHECK(test::same_bits(a[i], b[i]));
    CHECK(to_json(a[i].meta) == to_json(b[i].meta));       // says what differs
    CHECK((a[i].meta == b[i].meta));
  }
}

// A sink that fails when round `at` is logged: the run ends there, as a crash would end it.
struct Crash final : Metrics {
  explicit Crash(std::uint64_t at) : at(at) {}
  void line(MetricLine line) override {
    if (line.round == at) throw Error(Fault::system, "crash");
  }
  std::uint64_t at;
};

}  // namespace

TEST_CASE("simulator = threads over ipc, for every synchronous program") {
  for (const auto& name : programs(true)) {
    CAPTURE(name);
    std::vector<Traffic> counted, sent;
    const auto want = simulated(name, "", &counted);
    check_equal(want, networked(name, "", sent));
    for (std::size_t i = 0; i < sent.size(); ++i) {
      CAPTURE(i);
      CHECK(sent[i].model == counted[i].model);
      CHECK(sent[i].framing > 0);
    }
  }
}

TEST_CASE("asynchronous programs: each node's events in a network replay to its bits") {
  for (auto name : programs(false)) {
    name += " period=0.02";
    CAPTURE(name);
    const auto program = test::families().get<Program>().make(test::program_of(name));
    const auto setup = setup_for(*program, "");
    std::vector<std::unique_ptr<Node>> nodes;
    std::vector<const test::Recorder*> recorders;
    for (auto& node : make_nodes(*program, setup)) {
      auto recorder = std::make_unique<test::Recorder>(std::move(node));
      recorders.push_back(recorder.get());
      nodes.push_back(std::move(recorder));
    }
    std::vector<Traffic> traffic;
    run_threads(nodes, name, setup, traffic);
    std::size_t received = 0;
    auto fresh = make_nodes(*program, setup);
    for (NodeId id = 0; id < nodes.size(); ++id) {
      test::Stage stage(id, nodes.size(), setup->seed);
      test::play_back(recorders[id]->events, *fresh[id], stage);
      CHECK(stage.finished);
      CHECK(stage.sent.size() == traffic[id].messages);
      for (const auto& event : recorders[id]->events) received += event.kind == test::Event::Kind::receive;
    }
    CHECK(received > 0);
    check_equal(models_of(nodes), models_of(fresh));
  }
}

TEST_CASE("simulator = threads over ipc, with a liar and a robust rule") {
  for (const std::string name : {"dsgd topology=complete", "fedavg"}) {
    CAPTURE(name);
    std::vector<Traffic> sent;
    check_equal(simulated(name, "trimmed-mean:byzantine=1"), networked(name, "trimmed-mean:byzantine=1", sent));
  }
}

TEST_CASE("one and two threads, for every program") {
  for (const auto& name : programs()) {
    CAPTURE(name);
    set_threads(1);
    const auto one = simulated(name, "");
    set_threads(2);
    check_equal(one, simulated(name, ""));
  }
}

TEST_CASE("an interrupted run goes on from its checkpoint to the same bits, for every program") {
  for (const auto& name : programs()) {
    CAPTURE(name);
    const Folder folder;
    const auto program = test::families().get<Program>().make(test::program_of(name));
    {
      Crash crash(4);
      const auto plain = setup_for(*program, "");
      const auto setup = setup_for(*program, "", std::make_shared<Observer>(crash, plain->objective, plain->nodes));
      auto nodes = make_nodes(*program, setup);
      auto options = run_options(setup, name);
      options.metrics = setup->observer.get();
      options.checkpoint.directory = folder / "states";
      options.checkpoint.every = 2;
      CHECK_THROWS_WITH_AS(simulate(nodes, options), "crash", Error);
    }
    const auto setup = setup_for(*program, "");
    auto nodes = make_nodes(*program, setup);
    auto options = run_options(setup, name);
    options.checkpoint.resume = folder / "states";
    simulate(nodes, options);
    check_equal(simulated(name, ""), models_of(nodes));
    auto other = options;
    other.program = "another program";
    auto again = make_nodes(*program, setup);
    CHECK_THROWS_AS(simulate(again, other), Error);
  }
}

TEST_CASE("a state of another kind is refused") {
  for (const auto& info : test::families().get<Program>().entries()) {
    CAPTURE(info.card.name);
    const auto program = test::families().get<Program>().make(info.card.name);
    const auto setup = setup_for(*program, "");
    auto nodes = make_nodes(*program, setup);
    auto& last = *nodes.back();
    auto state = last.save();
    last.load(state);
    state.tensors.clear();
    CHECK_THROWS_AS(last.load(state), Error);
    CHECK_THROWS_AS(last.load(Record{"model", {}, {}, {}}), Error);
  }
}

}  // namespace dml
