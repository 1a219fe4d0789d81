// run_network with keys, several connections, a quorum, events and a request to stop.
#include "network_toy.h"

#include <doctest/doctest.h>

#include <atomic>
#include <csignal>
#include <mutex>

#include "base/log.h"
#include "base/stop.h"
#include "wire/socket_keys.h"

using namespace toy;

namespace {

using Clock = std::chrono::steady_clock;

std::string lacks(const std::string& text, const std::string& part) {
  return text.find(part) == std::string::npos ? "'" + part + "' in: " + text : "";
}

RoundNode::Plan ring_plan(std::uint64_t rounds, NodeId n) { return {rounds, always(ring(n))}; }
Nodes ring_of(NodeId n, std::uint64_t rounds) {
  std::vector<double> x;
  for (NodeId i = 0; i < n; ++i) x.push_back(i * i + 0.1);
  return scalars(ring_plan(rounds, n), starts(x));
}

// Peers with keys, and what each node is given.
struct Keyring {
  std::vector<KeyPairs> keys;
  std::vector<Peer> peers;
  explicit Keyring(std::vector<Peer> those) : peers(std::move(those)) {
    for (auto& peer : peers) {
      keys.push_back(make_keys());
      peer.public_key = keys.back().curve_public;
    }
  }
  std::shared_ptr<const SocketKeys> of(NodeId id, std::vector<std::string> trusted = {}) const {
    return std::make_shared<const SocketKeys>(SocketKeys{keys[id].curve_public, keys[id].curve_secret, std::move(trusted)});
  }
};

// Acts when its turn in a round comes, and notes what it hears of its peers.
class Acting : public Scalar {
 public:
  Acting(Plan plan, double x, std::function<void(std::uint64_t)> act = {}) : Scalar(std::move(plan), {x}), act_(std::move(act)) {}

 protected:
  Payload produce(Context& context, std::uint64_t round) override {
    if (act_) act_(round);
    return Scalar::produce(context, round);
  }

 private:
  std::function<void(std::uint64_t)> act_;
};

// Hears of its peers; finishes when it was told to, or has heard enough.
class Listener : public Node {
 public:
  std::vector<std::pair<NodeId, PeerEvent>> heard;
  explicit Listener(std::function<bool(const Listener&)> enough) : enough_(std::move(enough)) {}
  void start(Context& context) override { context.wake(0, 0); }
  void woken(Context& context, int) override {
    if (enough_(*this)) context.finish();
    else context.wake(0.02, 0);
  }
  void receive(Context&, Message) override {}
  void peer(Context&, NodeId from, PeerEvent event) override { heard.emplace_back(from, event); }
  bool knows(NodeId from, PeerEvent event) const { return std::count(heard.begin(), heard.end(), std::pair{from, event}) > 0; }
  Record model() const override { return scalar("model", 0); }
  Record save() const override { return scalar("state", 0); }
  void load(const Record&) override {}

 private:
  std::function<bool(const Listener&)> enough_;
};

// What was said while it lives.
struct Said {
  std::mutex mutex;
  std::string all;
  Said() {
    set_log_sink([this](Level, const std::string& line) {
      std::lock_guard lock(mutex);
      all += line + "\n";
    });
  }
  ~Said() { set_log_sink({}); }
};

}  // namespace

TEST_CASE("with keys and several connections a run ends in the same bits") {
  Nodes same = ring_of(4, 20);
  simulate(same, RunOptions());
  for (const bool secure : {true, false})
    for (const int connections : {1, 3}) {
      if (!secure && connections == 1) continue;           // that is every other test
      const Keyring ring(tcp_peers(4));
      Folder folder;
      Nodes nodes = ring_of(4, 20);
      const auto outcomes = run_threads(nodes, secure ? ring.peers : ipc_peers(folder, 4), [&](NodeId id, NetworkOptions& options) {
        if (secure) options.keys = ring.of(id);
        options.connections = connections + (id == 2 ? 1 : 0);   // each node's own matter
      });
      for (const auto& outcome : outcomes) CHECK(outcome.error == "");
      CHECK(models(nodes) == models(same));
    }
}

TEST_CASE("a node is who has its key: another node's name is refused, and the run goes on") {
  const Keyring ring(tcp_peers(4));
  Nodes nodes = ring_of(4, 4);
  std::atomic<bool> go{false};
  nodes[0] = std::make_unique<Acting>(ring_plan(4, 4), 0.1, [&](std::uint64_t round) {
    while (round == 2 && !go) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  });
  Nodes same = ring_of(4, 4);
  simulate(same, RunOptions());
  Said said;
  std::jthread impostor([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    auto peers = ring.peers;                               // node 3's key, but it says that it is node 1
    peers[1] = {1, tcp_peers(1)[0].endpoint, ring.peers[3].public_key};
    peers[3].public_key = ring.peers[1].public_key;
    NetworkOptions options = over_network(peers, 1, 3);
    options.keys = ring.of(3);
    Scalar node(ring_plan(4, 4), {1});
    const auto outcome = run_one(node, options);
    CHECK(outcome.fault == 4);
    CHECK(lacks(outcome.error, "its key is not that of node 1") == "");
    go = true;
  });
  const auto outcomes = run_threads(nodes, ring.peers, [&](NodeId id, NetworkOptions& options) { options.keys = ring.of(id); });
  impostor.join();
  for (const auto& outcome : outcomes) CHECK(outcome.error == "");
  CHECK(models(nodes) == models(same));
  CHECK(lacks(said.all, "refused a process that says it is node 1: its key is not that of node 1") == "");
}

TEST_CASE("unknown keys and plaintext stay outside, and both sides say so") {
  const Keyring ring(tcp_peers(2));
  const KeyPairs other = make_keys();
  Said said;
  Nodes nodes = scalars({3, always(complete(2))}, starts({1, 5}));
  auto outcomes = run_threads(nodes, ring.peers, [&](NodeId id, NetworkOptions& options) {
    options.timeout = 2;
    options.keys = ring.of(id);
    if (id == 0) return;                                   // node 1 was given another key, in its own peers file, too
    options.keys = std::make_shared<const SocketKeys>(SocketKeys{other.curve_public, other.curve_secret, {}});
    options.peers[1].public_key = other.curve_public;
  });
  CHECK(outcomes[0].fault == 4);
  CHECK(lacks(outcomes[0].error, "node 1 has another key than the peers file says, or uses none") == "");
  CHECK(outcomes[1].fault == 4);
  CHECK(lacks(outcomes[1].error, "node 0 refuses the key of node 1") == "");
  CHECK(lacks(said.all, "refused key '" + other.curve_public + "' from 127.0.0.1") == "");

  Nodes plain = scalars({3, always(complete(2))}, starts({1, 5}));
  outcomes = run_threads(plain, ring.peers, [&](NodeId id, NetworkOptions& options) {
    options.timeout = 1.5;
    if (id == 0) options.keys = ring.of(id);
    else options.insecure = true;
  });
  CHECK(lacks(outcomes[0].error, "or uses none") == "");
  CHECK(lacks(outcomes[1].error, "no sign of life from node 0") == "");
}

TEST_CASE("keys that do not fit the peers file are refused before any socket opens") {
  const Keyring ring(tcp_peers(2));
  Scalar node({3, always(complete(2))}, {1});
  const auto fails = [&](const std::function<void(NetworkOptions&)>& change) {
    NetworkOptions options = over_network(ring.peers, 0);
    options.keys = ring.of(0);
    change(options);
    const Error error = error_of([&] { run_network(node, options); });
    CHECK(error.fault() == Fault::usage);
    return std::string(error.what());
  };
  CHECK(lacks(fails([](NetworkOptions& o) { o.peers[1].public_key.clear(); }), "needs the public key of node 1") == "");
  CHECK(lacks(fails([&](NetworkOptions& o) { o.keys = ring.of(1); }), "--key is not the key that the peers file gives to node 0") == "");
  CHECK(lacks(fails([&](NetworkOptions& o) { o.peers[0].public_key = ring.keys[0].curve_secret; }), "holds the secret key of node 0") == "");
  CHECK(lacks(fails([&](NetworkOptions& o) { o.keys = ring.of(0, {ring.keys[0].curve_public}); }), "--trust does not hold the key that the peers file gives to node 1") == "");
  CHECK(lacks(fails([](NetworkOptions& o) { o.keys.reset(); }), "the peers file has keys, but there is no --key") == "");
  CHECK(lacks(fails([](NetworkOptions& o) { o.connections = 65; }), "--connections") == "");
}

TEST_CASE("news of peers: joined, down, up and left reach the node") {
  Folder folder;
  const auto peers = ipc_peers(folder, 2);
  std::atomic<bool> missed = false;
  Listener first([&](const Listener& node) {
    missed = node.knows(1, PeerEvent::down);
    return node.knows(1, PeerEvent::left);
  });
  Outcome outcome;
  std::jthread one([&] { outcome = run_one(first, over_network(peers, 0)); });
  Listener dies([](const Listener& node) {
    if (node.knows(0, PeerEvent::joined)) throw Vanish();
    return false;
  });
  CHECK(run_one(dies, over_network(peers, 1)).vanished);
  for (int i = 0; i < 150 && !missed; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(100));
  CHECK(missed);                                           // by its heartbeat: the timeout is 20 s
  Listener again([](const Listener& node) { return node.knows(0, PeerEvent::joined); });
  CHECK(run_one(again, over_network(peers, 1)).error == "");
  one.join();
  CHECK(outcome.error == "");
  std::vector<PeerEvent> events;
  for (const auto& [from, event] : first.heard) events.push_back(event);
  CHECK(events == std::vector<PeerEvent>{PeerEvent::joined, PeerEvent::down, PeerEvent::up, PeerEvent::left});
}

TEST_CASE("with a quorum a run goes on when a node dies, by its heartbeat and not by the timeout") {
  Folder folder;
  Nodes nodes = ring_of(6, 30);
  nodes[2] = std::make_unique<Acting>(ring_plan(30, 6), 1.0, [](std::uint64_t round) {
    if (round == 7) throw Vanish();
  });
  Said said;
  const auto before = Clock::now();
  const auto outcomes = run_threads(nodes, ipc_peers(folder, 6), [](NodeId, NetworkOptions& options) {
    options.timeout = 6;
    options.closing.quorum = 1;
  });
  for (const NodeId id : {0u, 1u, 3u, 4u, 5u}) CHECK(outcomes[id].error == "");
  CHECK(outcomes[2].vanished);
  CHECK(lacks(said.all, "lost node 2: no heartbeat for 1 s") == "");
  CHECK(lacks(said.all, "node 2 is lost: round") == "");
  CHECK(Clock::now() - before < std::chrono::seconds(15));
}

TEST_CASE("without its quorum a run ends, and says who is missing") {
  Folder folder;
  Nodes nodes = ring_of(4, 30);
  nodes[2] = std::make_unique<Acting>(ring_plan(30, 4), 1.0, [](std::uint64_t round) {
    if (round == 7) throw Error(Fault::method, "the loss is not finite");   // a peer that gives up is gone at once
  });
  const auto outcomes = run_threads(nodes, ipc_peers(folder, 4), [](NodeId, NetworkOptions& options) { options.closing.quorum = 2; });
  CHECK(outcomes[2].fault == 5);
  int told = 0;
  for (const NodeId id : {1u, 3u}) {
    CHECK(outcomes[id].fault == 4);
    told += lacks(outcomes[id].error, "of the 2 messages that --quorum asks for, and node").empty();
  }
  CHECK(told >= 1);
}

TEST_CASE("with a quorum a node that was killed may come back, and catches up") {
  Folder folder;
  const auto peers = ipc_peers(folder, 4);
  const RoundNode::Plan plan{60, always(complete(4))};
  const auto configure = [&](NodeId, NetworkOptions& options) {
    options.closing.quorum = 2;
    options.run.checkpoint = {folder / "ckpt", 5, "", opening()};
  };
  const auto pace = [](std::uint64_t) { std::this_thread::sleep_for(std::chrono::milliseconds(70)); };
  std::vector<Outcome> outcomes(4);
  std::vector<std::jthread> threads;
  for (const NodeId id : {0u, 1u, 2u})
    threads.emplace_back([&, id] {
      Acting node(plan, id, pace);
      NetworkOptions options = over_network(peers, id);
      configure(id, options);
      outcomes[id] = run_one(node, options);
    });
  NetworkOptions options = over_network(peers, 3);
  configure(3, options);
  Acting first(plan, 9, [&](std::uint64_t round) {
    pace(round);
    if (round == 12) throw Vanish();
  });
  CHECK(run_one(first, options).vanished);
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  options.run.checkpoint.resume = options.run.checkpoint.directory;
  Acting second(plan, 9);
  outcomes[3] = run_one(second, options);
  threads.clear();
  for (const auto& outcome : outcomes) CHECK(outcome.error == "");
  CHECK(second.round() == 60);
}

TEST_CASE("a quorum needs a method of rounds") {
  Listener node([](const Listener&) { return true; });
  NetworkOptions options = over_network({{0, "ipc:///tmp/x", ""}, {1, "ipc:///tmp/y", ""}}, 0);
  options.closing.quorum = 1;
  CHECK(has(error_of([&] { run_network(node, options); }), "--quorum needs a method of rounds"));
}

TEST_CASE("asked to stop, nodes save where they are, and go on to the same bits") {
  Folder folder;
  const auto peers = ipc_peers(folder, 4);
  Nodes same = ring_of(4, 40);
  simulate(same, RunOptions());
  const auto configure = [&](NodeId, NetworkOptions& options) { options.run.checkpoint = {folder / "ckpt", 0, "", opening()}; };
  Nodes nodes = ring_of(4, 40);
  nodes[1] = std::make_unique<Acting>(ring_plan(40, 4), 1.1, [](std::uint64_t round) {
    if (round == 17) request_stop(SIGTERM);
  });
  std::vector<std::string> stopped(4);
  std::vector<std::jthread> threads;
  for (NodeId id = 0; id < 4; ++id)
    threads.emplace_back([&, id] {
      NetworkOptions options = over_network(peers, id);
      configure(id, options);
      try {
        run_network(*nodes[id], options);
      } catch (const Stopped& stop) {
        CHECK(stop.signal() == SIGTERM);
        stopped[id] = stop.what();
      }
    });
  threads.clear();
  clear_stop();
  for (const auto& text : stopped) CHECK(lacks(text, "saved after round 1") == "");   // 15..18
  Nodes again = ring_of(4, 40);
  const auto outcomes = run_threads(again, peers, [&](NodeId id, NetworkOptions& options) {
    configure(id, options);
    options.run.checkpoint.resume = options.run.checkpoint.directory;
  });
  for (const auto& outcome : outcomes) CHECK(outcome.error == "");
  CHECK(models(again) == models(same));
}

TEST_CASE("asked to stop, a simulation saves one round of all nodes, and goes on to the same bits") {
  for (const bool federated : {false, true}) {
    Folder folder;
    const auto make = [&](bool stops) {
      if (federated) return federation(30, {1, 4, -2, 8});
      Nodes nodes = ring_of(4, 30);
      if (stops) nodes[1] = std::make_unique<Acting>(ring_plan(30, 4), 1.1, [](std::uint64_t round) {
        if (round == 11) request_stop(SIGINT);
      });
      return nodes;
    };
    Nodes same = make(false), stops = make(true), again = make(false);
    RunOptions run;
    run.seed = 7;
    simulate(same, run);
    int rounds = 0;
    run.progress = [&](const RunProgress& progress) {
      CHECK(progress.alive == stops.size());
      if (federated && ++rounds == 1) request_stop(SIGINT);
    };
    run.checkpoint = {folder / "ckpt", 0, "", opening()};
    std::string text;
    try {
      simulate(stops, run);
    } catch (const Stopped& stop) {
      CHECK(stop.signal() == SIGINT);
      text = stop.what();
    }
    clear_stop();
    CHECK(lacks(text, "saved after round") == "");
    run.progress = {};
    run.checkpoint.resume = run.checkpoint.directory;
    simulate(again, run);
    CHECK(models(again) == models(same));
  }
}
