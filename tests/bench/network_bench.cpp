// What the network runtime costs, between real processes over loopback.
//   network_bench [MIB [ROUNDS]]   two nodes exchange models of so many MiB, plain and with CURVE, against raw ZeroMQ PUSH/PULL with messages
//                                  of 1 MiB in both directions; then 8 nodes in a ring exchange an MLP 784-64-10, with CURVE
//   network_bench node ID FOLDER   one process of such a run, or of tests/soak/receiver.sh: FOLDER/plan says which
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "base/text.h"
#include "formats/formats.h"
#include "node/runtime.h"

using namespace dml;
extern char** environ;

namespace {

constexpr std::size_t kMiB = 1 << 20;

// What all processes of a run do: "swap|ring|send N MESSAGE_BYTES ROUNDS SECURE".
struct Plan {
  std::string kind;
  std::size_t nodes = 2, bytes = 0;
  std::uint64_t rounds = 0;
  bool secure = false;
};

Plan read_plan(const std::string& folder) {
  Plan plan;
  std::ifstream(folder + "/plan") >> plan.kind >> plan.nodes >> plan.bytes >> plan.rounds >> plan.secure;
  return plan;
}

// Sends its model to its neighbours each round and waits for theirs.
class Swapper : public Node {
 public:
  Swapper(const Plan& plan, NodeId self) : plan_(plan), left_((self + plan.nodes - 1) % plan.nodes), right_((self + 1) % plan.nodes) {
    Buffer numbers(plan.bytes);
    for (std::size_t i = 0; i < plan.bytes / 4; ++i) numbers.as<float>()[i] = static_cast<float>(i % 1009);
    model_ = std::move(numbers).freeze();
  }
  void start(Context& context) override { give(context); }
  void receive(Context& context, Message message) override {
    if (message.payload->tensors.at(0).data.size() != plan_.bytes) throw std::runtime_error("a model of another size");
    ++got_[message.round];
    while (got_[round_] == (left_ == right_ ? 1 : 2)) {
      if (++round_ == plan_.rounds) return context.finish();
      give(context);
    }
  }
  Record model() const override { return {"model", {}, {}, {}}; }
  Record save() const override { return model(); }
  void load(const Record&) override {}

 private:
  void give(Context& context) {
    Record record{"model", {{"round", round_}}, {{"w", Dtype::f32, {static_cast<std::int64_t>(plan_.bytes / 4)}, model_, {}}}, {}};
    const auto payload = std::make_shared<const Record>(std::move(record));
    context.send(right_, round_, payload);
    if (left_ != right_) context.send(left_, round_, payload);
  }
  Plan plan_;
  NodeId left_, right_;
  Bytes model_;
  std::uint64_t round_ = 0;
  std::map<std::uint64_t, int> got_;
};

// Node 0 sends numbered messages; node 1 takes them in order, each once, and keeps in its checkpoints how far it is.
class Numbered : public Node {
 public:
  Numbered(const Plan& plan, NodeId self) : plan_(plan), self_(self) {}
  void start(Context& context) override {
    if (self_ == 0) context.wake(0, 0);
    else if (next_ == plan_.rounds) context.finish();
  }
  void woken(Context& context, int) override {             // a few at a time, so that the run is under way for a while
    for (int i = 0; i < 10 && next_ < plan_.rounds; ++i, ++next_) {
      const std::vector<std::uint64_t> words(plan_.bytes / 8, next_);
      context.send(1, next_, std::make_shared<const Record>(Record{"model", {}, {make_tensor("w", words)}, {}}));
    }
    if (next_ == plan_.rounds) context.finish();
    else context.wake(0.002, 0);
  }
  void receive(Context& context, Message message) override {
    const auto& words = message.payload->tensors.at(0);
    for (std::int64_t i = 0; i < words.elements(); ++i)
      if (words.as<std::uint64_t>()[i] != next_ || message.round != next_)
        throw std::runtime_error("message " + std::to_string(message.round) + " came instead of " + std::to_string(next_));
    context.round_done(++next_);
    if (next_ == plan_.rounds) context.finish();
  }
  Record model() const override { return {"model", {{"next", next_}}, {}, {}}; }
  Record save() const override { return {"state", {{"next", next_}}, {}, {}}; }
  void load(const Record& state) override { next_ = get_unsigned(state.meta, "next").value(); }

 private:
  Plan plan_;
  NodeId self_;
  std::uint64_t next_ = 0;
};

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

int be_node(NodeId self, const std::string& folder) {
  const Plan plan = read_plan(folder);
  Registry<Format> formats("format");
  register_formats(formats);
  NetworkOptions options;
  options.self = self;
  options.peers = read_peers(folder + "/nodes.txt");
  options.run_id = options.model_digest = options.run.program = "bench";
  options.timeout = 60;
  const std::string key = folder + "/" + std::to_string(self) + ".key";
  if (plan.secure) options.keys = std::make_shared<const SocketKeys>(load_socket_keys(key, ""));
  std::unique_ptr<Node> node;
  if (plan.kind == "send") {
    node = std::make_unique<Numbered>(plan, self);
    OpenOptions open;
    open.formats.push_back(formats.make("dml"));
    if (self == 1) options.run.checkpoint = {folder + "/states", 50, std::filesystem::exists(folder + "/states") ? folder + "/states" : "", open};
  } else {
    node = std::make_unique<Swapper>(plan, self);
  }
  const double before = now();
  run_network(*node, options);
  std::ofstream(folder + "/out-" + std::to_string(self)) << now() - before << "\n";
  return 0;
}

// One side of the raw exchange: messages of 1 MiB out and in at the same time.
int be_raw(int self, const std::string& folder) {
  const Plan plan = read_plan(folder);
  void* context = zmq_ctx_new();
  void* out = zmq_socket(context, ZMQ_PUSH);
  void* in = zmq_socket(context, ZMQ_PULL);
  if (plan.secure) {
    const auto own = load_socket_keys(folder + "/" + std::to_string(self) + ".key", folder + "/" + std::to_string(1 - self) + ".pub");
    const int server = 1;
    zmq_setsockopt(in, ZMQ_CURVE_SERVER, &server, sizeof server);
    zmq_setsockopt(in, ZMQ_CURVE_SECRETKEY, own.secret_key.c_str(), 41);
    zmq_setsockopt(out, ZMQ_CURVE_SERVERKEY, own.trusted[0].c_str(), 41);
    zmq_setsockopt(out, ZMQ_CURVE_PUBLICKEY, own.public_key.c_str(), 41);
    zmq_setsockopt(out, ZMQ_CURVE_SECRETKEY, own.secret_key.c_str(), 41);
  }
  const auto peers = read_peers(folder + "/nodes.txt");
  if (zmq_bind(in, peers[self].endpoint.c_str()) != 0 || zmq_connect(out, peers[1 - self].endpoint.c_str()) != 0) return 4;
  const std::size_t count = plan.bytes / kMiB * plan.rounds;
  const std::vector<char> words(kMiB, 'x');
  zmq_msg_t message;
  char ready = 0;
  zmq_send(out, &ready, 1, 0);                             // both are there
  zmq_recv(in, &ready, 1, 0);
  const double before = now();
  for (std::size_t sent = 0, got = 0; sent < count || got < count;) {
    zmq_pollitem_t items[] = {{in, 0, ZMQ_POLLIN, 0}, {out, 0, static_cast<short>(sent < count ? ZMQ_POLLOUT : 0), 0}};
    zmq_poll(items, 2, -1);
    if (items[1].revents & ZMQ_POLLOUT && zmq_send(out, words.data(), words.size(), ZMQ_DONTWAIT) > 0) ++sent;
    if (!(items[0].revents & ZMQ_POLLIN)) continue;
    zmq_msg_init(&message);
    if (zmq_msg_recv(&message, in, ZMQ_DONTWAIT) == static_cast<int>(kMiB)) ++got;
    zmq_msg_close(&message);
  }
  std::ofstream(folder + "/out-" + std::to_string(self)) << now() - before << "\n";
  zmq_close(out);
  zmq_close(in);
  zmq_ctx_term(context);
  return 0;
}

struct Cost { double wall = 0, processor = 0; };

double children_seconds() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec); };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Runs the plan with a process for each node; the slowest one's time, and what all of them used of the processor.
Cost run(const Plan& plan, const char* role) {
  std::string folder = (std::filesystem::temp_directory_path() / "dml-bench-XXXXXX").string();
  if (!mkdtemp(folder.data())) throw std::runtime_error("no temporary folder");
  std::ofstream peers(folder + "/nodes.txt");
  const int port = 20000 + getpid() % 12000;                // below those that the system gives to outgoing connections
  for (std::size_t id = 0; id < plan.nodes; ++id) {
    peers << id << " tcp://127.0.0.1:" << port + static_cast<int>(id);
    const std::string name = folder + "/" + std::to_string(id);
    if (plan.secure) {
      const auto keys = make_keys();
      write_keys(name, keys);
      peers << " " << keys.curve_public;
    }
    peers << "\n";
  }
  peers.close();
  std::ofstream(folder + "/plan") << plan.kind << " " << plan.nodes << " " << plan.bytes << " " << plan.rounds << " " << plan.secure << "\n";
  const double before = children_seconds();
  std::vector<pid_t> ids(plan.nodes);
  for (std::size_t id = 0; id < plan.nodes; ++id) {
    std::string program = "/proc/self/exe", words[] = {role, std::to_string(id), folder};
    char* command[] = {program.data(), words[0].data(), words[1].data(), words[2].data(), nullptr};
    if (posix_spawn(&ids[id], program.c_str(), nullptr, nullptr, command, environ) != 0) throw std::runtime_error("no process");
  }
  Cost cost;
  for (std::size_t id = 0; id < plan.nodes; ++id) {
    int status = 0;
    waitpid(ids[id], &status, 0);
    double seconds = 0;
    if (status != 0 || !(std::ifstream(folder + "/out-" + std::to_string(id)) >> seconds)) throw std::runtime_error("node " + std::to_string(id) + " failed");
    cost.wall = std::max(cost.wall, seconds);
  }
  cost.processor = children_seconds() - before;
  std::filesystem::remove_all(folder);
  return cost;
}

int bench(std::size_t mib, std::uint64_t rounds) {
  const double moved = 2.0 * static_cast<double>(mib * kMiB) * static_cast<double>(rounds);
  const auto rate = [&](const Cost& cost) { return moved / cost.wall / 1e9; };
  const char* between = "{";
  for (const bool secure : {false, true}) {
    Cost ours{1e9, 1e9}, raw{1e9, 1e9};
    for (int repeat = 0; repeat < 3; ++repeat) {           // in turns, the best of each: others use this machine, too
      const auto better = [](Cost& best, const Cost& cost) { best = {std::min(best.wall, cost.wall), std::min(best.processor, cost.processor)}; };
      better(raw, run({"raw", 2, mib * kMiB, rounds, secure}, "raw"));
      better(ours, run({"swap", 2, mib * kMiB, rounds, secure}, "node"));
    }
    std::printf("%s\"%s\": {\"gb_per_s\": %.2f, \"raw_gb_per_s\": %.2f, \"ratio\": %.3f, \"processor_ratio\": %.3f}", between, secure ? "curve" : "plain",
                rate(ours), rate(raw), raw.wall / ours.wall, raw.processor / ours.processor);
    between = ",\n ";
    std::fflush(stdout);
  }
  constexpr std::size_t kMlp = 4 * (784 * 64 + 64 + 64 * 10 + 10);
  const std::uint64_t many = std::max<std::uint64_t>(20, 10 * rounds);
  const Cost few = run({"ring", 8, kMlp, many / 10, true}, "node"), all = run({"ring", 8, kMlp, many, true}, "node");
  const double span = static_cast<double>(many - many / 10);
  std::printf(",\n \"secure_ring_of_8\": {\"wall_ms_per_round\": %.2f, \"processor_ms_per_node_round\": %.2f}}\n", 1e3 * (all.wall - few.wall) / span,
              1e3 * (all.processor - few.processor) / span / 8);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc == 4 && std::strcmp(argv[1], "node") == 0) return be_node(static_cast<NodeId>(std::atoi(argv[2])), argv[3]);
    if (argc == 4 && std::strcmp(argv[1], "raw") == 0) return be_raw(std::atoi(argv[2]), argv[3]);
    return bench(argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 64, argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 10);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "network_bench: error: %s\n", error.what());
    return 4;
  }
}
