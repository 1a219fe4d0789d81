// dtrain PROGRAM: the whole run in this process with --nodes, or one node of a network with --id and --peers. Both write model records.
#include "dtrain/program_verbs.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/log.h"
#include "base/text.h"
#include "dtrain/training.h"
#include "entry/messages.h"
#include "node/event_log.h"
#include "node/metrics.h"
#include "objective/torch_setup.h"
#include "scenario/scenario.h"
#include "train/observer.h"

namespace dml {
namespace {

struct RunVerbOptions : TrainingOptions {
  std::optional<std::uint64_t> nodes;
  std::optional<std::uint64_t> id;
  std::string peers;
  std::uint64_t rounds = 100;
  Chain aggregator, attack;
  std::optional<int> byzantine;
  std::uint64_t eval_every = 0;
  std::string metrics, event_log;
  Chain scenario;
  std::string checkpoint, resume;
  std::uint64_t every = 0;
  std::optional<std::uint64_t> quorum;
  std::string deadline;
};

Options<RunVerbOptions> run_options() {
  using O = RunVerbOptions;
  return with_training<O>()
      .add("nodes", &O::nodes, "simulate so many nodes in this process", between(1, 1e6))
      .add("id", &O::id, "be this node of a network, see peers", between(0, 1e6))
      .add("peers", &O::peers, "file of the network's nodes, 'ID ENDPOINT [PUBLIC_KEY]' a line")
      .add("rounds", &O::rounds, "how often nodes exchange; 0 writes the initial models")
      .add("aggregator", &O::aggregator, "robust rule in place of the program's own mean")
      .add("attack", &O::attack, "what the lying nodes send")
      .add("byzantine", &O::byzantine, "how many nodes lie, the last ones", at_least(0))
      .add("metrics", &O::metrics, "file for loss, accuracy, consensus and bytes, a JSON object a line")
      .add("eval-every", &O::eval_every, "rounds between metrics; 0 for the last round only")
      .add("scenario", &O::scenario, "what disturbs a simulation: latency, losses, crashes, churn, chaos")
      .add("event-log", &O::event_log, "file for what happens in a simulation, a JSON object a line; scenario replay runs it again")
      .add("checkpoint", &O::checkpoint, "folder for the states of nodes")
      .add("every", &O::every, "rounds between checkpoints; 0 for the end only")
      .add("resume", &O::resume, "folder of checkpoints to go on from")
      .add("quorum", &O::quorum, "close a round with so many of its messages, once the others are lost or late")
      .add("deadline", &O::deadline, "seconds after which a message of a round is late, or auto: by how long the others took");
}

class ProgramVerb final : public Verb {
 public:
  ProgramVerb(std::unique_ptr<Program> program, std::string name, RunVerbOptions options)
      : program_(std::move(program)), name_(std::move(name)), options_(std::move(options)) {}

  int run(Invocation& call) override {
    return translated([&] { return run_translated(call); });
  }

 private:
  int run_translated(Invocation& call) {
    check();
    const bool simulated = options_.nodes.has_value();
    const Closing closing = read_closing();
    std::vector<Peer> peers;
    if (!simulated) peers = read_peers(options_.peers);
    const std::size_t participants = simulated ? *options_.nodes + program_->servers() : peers.size();
    if (participants <= program_->servers())
      throw Error(Fault::usage, name_ + " needs a server and at least one client", "the server has the last id of the peers");
    std::unique_ptr<MetricsFile> metrics;
    if (!options_.metrics.empty()) metrics = std::make_unique<MetricsFile>(options_.metrics);
    const auto setup = make_setup(call, participants - program_->servers(), simulated ? metrics.get() : nullptr);
    std::unique_ptr<RecordWriter> writer;
    if (!is_socket(call.common().output)) writer = call.writer();      // an output that cannot be written is known before the work
    const StopOnSignals stop;
    const auto run = run_options(call, participants, setup->observer ? static_cast<Metrics*>(setup->observer.get()) : metrics.get(), setup->watched_loss);
    const auto models = simulated ? simulate_all(call, setup, run) : run_one(call, setup, run, peers, closing);
    if (!writer) writer = call.writer();
    for (const auto& model : models) writer->write(model);
    if (metrics) metrics->close();
    writer->close(call.environment());
    return 0;
  }

  void check() const {
    if (options_.nodes && (options_.id || !options_.peers.empty()))
      throw Error(Fault::usage, "--nodes simulates a whole run; it excludes --id and --peers");
    if (!options_.nodes && (!options_.id || options_.peers.empty()))
      throw Error(Fault::usage, "say --nodes N for a simulation, or --id I --peers FILE for one node of a network");
    if (options_.eval_every > 0 && options_.metrics.empty()) throw Error(Fault::usage, "--eval-every needs --metrics FILE");
    if (!options_.nodes && (!options_.scenario.empty() || !options_.event_log.empty()))
      throw Error(Fault::usage, std::string(options_.scenario.empty() ? "--event-log" : "--scenario") + " belongs to simulations: it needs --nodes");
    if (!options_.scenario.empty() && (!options_.checkpoint.empty() || !options_.resume.empty()))
      throw Error(Fault::usage, "--scenario excludes --checkpoint and --resume: what is on its way is not saved");
    if (options_.every > 0 && options_.checkpoint.empty()) throw Error(Fault::usage, "--every needs --checkpoint DIR");
    if (!options_.attack.empty() && !options_.byzantine) throw Error(Fault::usage, "--attack needs --byzantine: how many nodes lie");
    if (options_.attack.empty() && options_.byzantine) throw Error(Fault::usage, "--byzantine needs --attack: what they send");
  }

  Closing read_closing() const {
    Closing closing;
    if (options_.nodes && (options_.quorum || !options_.deadline.empty()))
      throw Error(Fault::usage, "--quorum and --deadline are for networks: in a simulation without disturbances nobody is late");
    if (options_.quorum) closing.quorum = static_cast<std::size_t>(*options_.quorum);
    closing.automatic = options_.deadline == "auto";
    if (options_.deadline.empty() || closing.automatic) return closing;
    closing.deadline = parse_number(options_.deadline);
    if (!closing.deadline || !(*closing.deadline > 0))
      throw Error(Fault::usage, "option '--deadline' is " + quote(options_.deadline) + ", not a number of seconds above 0 or auto");
    return closing;
  }

  std::shared_ptr<const Setup> make_setup(Invocation& call, std::size_t nodes, Metrics* observed) const {
    Setup setup = training_setup(call, options_, nodes);
    setup.rounds = options_.rounds;
    setup.aggregator = options_.aggregator;
    if (options_.byzantine.value_or(0) > 0) {                // --byzantine 0 said aloud: everybody is honest
      setup.attack = options_.attack;
      setup.byzantine = *options_.byzantine;
    }
    setup.measure = !options_.metrics.empty();
    setup.eval_every = options_.eval_every;
    if (call.common().progress != "never") setup.watched_loss = std::make_shared<std::atomic<double>>(std::numeric_limits<double>::quiet_NaN());
    if (observed) setup.observer = std::make_shared<Observer>(*observed, setup.objective, nodes - std::min<std::size_t>(setup.byzantine, nodes));
    return finish_setup(std::move(setup));
  }

  RunOptions run_options(Invocation& call, std::size_t participants, Metrics* metrics, std::shared_ptr<const std::atomic<double>> loss) const {
    RunOptions run;
    if (loss)
      run.progress = [loss, rounds = options_.rounds](const RunProgress& progress) {
        const double now = *loss;
        log(Level::progress, "round " + std::to_string(progress.round) + " of " + std::to_string(rounds) + ", " + std::to_string(progress.alive) + " of " +
                                 std::to_string(progress.peers) + " peers alive, " + format_bytes(static_cast<double>(progress.bytes)) + " sent" +
                                 (std::isfinite(now) ? ", loss " + format_fixed(now, 4) : std::string()));
      };
    run.seed = call.common().seed;
    run.metrics = metrics;
    run.checkpoint = {options_.checkpoint, options_.every, options_.resume, call.open()};
    run.program = name_ + " participants=" + std::to_string(participants);
    for (const auto& [name, value] : run.checkpoint.open.header.options)
      if (name != "nodes" && name != "quorum" && name != "deadline") run.program += " " + name + "=" + to_json(value);
    return run;
  }

  std::vector<Record> simulate_all(Invocation& call, const std::shared_ptr<const Setup>& setup, RunOptions run) const {
    auto nodes = make_nodes(*program_, setup);
    std::unique_ptr<Disturbances> scenario;
    std::unique_ptr<EventFile> events;
    if (!options_.scenario.empty()) scenario = std::make_unique<Disturbances>(call.families().get<Scenario>(), options_.scenario, scenario_setup(call, *setup, nodes.size()));
    if (!options_.event_log.empty()) events = std::make_unique<EventFile>(options_.event_log);
    run.scenario = scenario.get();
    run.events = events.get();
    const auto result = simulate(nodes, run);
    if (events) events->close();
    if (setup->observer) setup->observer->finish();
    std::vector<Record> models;
    for (NodeId id = 0; id < nodes.size(); ++id)
      if (program_->writes(*setup, id) && !std::binary_search(result.gone.begin(), result.gone.end(), id)) models.push_back(nodes[id]->model());
    return models;
  }

  // The graph is the one that the program's own --topology says.
  static ScenarioSetup scenario_setup(Invocation& call, const Setup& setup, std::size_t participants) {
    ScenarioSetup out{participants, setup.seed, setup.rounds, {}, &call.families()};
    const auto header = call.open().header.options;
    if (const auto topology = get_text(header, "topology"))
      out.edges = [&call, rule = *topology, nodes = setup.nodes, seed = setup.seed] {
        return topology_rule(call.families().get<TopologyRule>(), rule)->build({nodes, seed})->edges();
      };
    return out;
  }

  std::vector<Record> run_one(Invocation& call, const std::shared_ptr<const Setup>& setup, const RunOptions& run, std::vector<Peer> peers,
                              const Closing& closing) const {
    if (*options_.id >= peers.size())
      throw Error(Fault::usage, "--id is " + std::to_string(*options_.id) + ", but " + quote(options_.peers) + " names " + std::to_string(peers.size()) + " nodes");
    NetworkOptions network;
    network.run = run;
    network.self = static_cast<NodeId>(*options_.id);
    std::string all = run.program;
    for (const auto& peer : peers) all += " " + std::to_string(peer.id) + "=" + peer.endpoint;
    const std::uint64_t digest = stream_key(all, run.seed);
    network.run_id = to_hex(&digest, sizeof digest);
    network.model_digest = content_digest(to_record(*setup->objective, setup->initial, "model"));
    network.peers = std::move(peers);
    network.timeout = call.common().timeout;
    network.insecure = call.common().insecure;
    network.keys = call.open().keys;
    network.closing = closing;
    network.connections = call.common().connections;
    const auto node = program_->prepare(setup)(network.self);
    run_network(*node, network);
    return {node->model()};
  }

  std::unique_ptr<Program> program_;
  std::string name_;
  RunVerbOptions options_;
};

}  // namespace

void add_program_verbs(Verbs& verbs, const Families& families) {
  VerbShape shape;
  shape.output = Output::records;
  shape.common = writes({"seed", "threads", "connections", "progress"});
  shape.environment = {"id", "peers", "device", "metrics", "event-log", "eval-every", "checkpoint", "every", "resume"};
  verbs.add_each<ProgramVerb>(families.get<Program>(), shape, run_options());
}

}  // namespace dml
