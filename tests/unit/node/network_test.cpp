// run_network: what goes wrong between processes, and the rules of what a link keeps. Equality with the simulator is conformance/.
#include "network_toy.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <cstring>

#include "node/network_kept.h"
#include "node/network_link.h"
#include "wire/codec.h"
#include "wire/socket.h"

using namespace toy;

namespace toy {

std::vector<Peer> tcp_peers(std::size_t n) {
  std::vector<int> sockets;
  std::vector<Peer> peers;
  for (NodeId id = 0; id < n; ++id) {                      // all at once, so that they differ
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw Error(Fault::system, "no free port");
    sockets.push_back(fd);
    peers.push_back({id, "tcp://127.0.0.1:" + std::to_string(ntohs(address.sin_port)), ""});
  }
  for (const int fd : sockets) ::close(fd);
  return peers;
}

}  // namespace toy

namespace {

// Empty when `part` is in `text`, else what is there instead.
std::string lacks(const std::string& text, const std::string& part) {
  return text.find(part) == std::string::npos ? "'" + part + "' in: " + text : "";
}

RoundNode::Plan ring_plan(std::uint64_t rounds, NodeId n) { return {rounds, always(ring(n))}; }
Nodes ring_of(NodeId n, std::uint64_t rounds) {
  std::vector<double> x;
  for (NodeId i = 0; i < n; ++i) x.push_back(i * i + 0.1);
  return scalars(ring_plan(rounds, n), starts(x));
}

// Acts when its turn in a round comes: sleeps, throws, vanishes.
class Acting : public Scalar {
 public:
  Acting(Plan plan, double x, std::function<void(std::uint64_t)> act) : Scalar(std::move(plan), {x}), act_(std::move(act)) {}

 protected:
  Payload produce(Context& context, std::uint64_t round) override {
    act_(round);
    return Scalar::produce(context, round);
  }

 private:
  std::function<void(std::uint64_t)> act_;
};

// Sends one record to node 1; node 1 keeps it.
class Courier : public Node {
 public:
  explicit Courier(Payload payload) : payload_(std::move(payload)) {}
  void start(Context& context) override {
    if (context.self() == 1) return;
    context.send(1, 0, payload_);
    context.finish();
  }
  void receive(Context& context, Message message) override {
    payload_ = message.payload;
    context.finish();
  }
  Record model() const override { return *payload_; }
  Record save() const override { return *payload_; }
  void load(const Record&) override {}

 private:
  Payload payload_;
};

Bytes text_bytes(const std::string& text) { return Bytes::copy(text); }

Standing standing(std::uint64_t base, std::uint64_t durable, bool keeps) {
  Standing peer;
  peer.base = base;
  peer.durable = durable;
  peer.floor = durable;
  peer.keeps = keeps;
  return peer;
}

std::vector<std::uint64_t> rounds_of(const OutLink& link) {
  std::vector<std::uint64_t> rounds;
  for (const auto& message : link.kept()) rounds.push_back(message.round);
  return rounds;
}

// All chunks that a link would send now.
std::vector<std::string> chunks_of(OutLink& link) {
  std::vector<std::string> chunks;
  std::uint64_t sequence = 0;
  while (const Chunk* chunk = link.flow().next(sequence)) {
    std::string bytes;
    for (const Bytes* part : {&chunk->prefix, &chunk->data}) bytes.append(reinterpret_cast<const char*>(part->data()), part->size());
    chunks.push_back(bytes);
    link.flow().sent();
  }
  return chunks;
}

}  // namespace

TEST_CASE("a link keeps a message until the peer's checkpoint lies after it") {
  using Rounds = std::vector<std::uint64_t>;
  OutLink out;
  out.send(0, 1, text_bytes("a"));                         // before the peer is met
  out.begin(standing(0, 0, true));
  out.send(1, 1, text_bytes("b"));
  out.send(2, 1, text_bytes("c"));
  out.settle(2, standing(0, 0, true));                     // handed over, but a restart would want them
  CHECK(rounds_of(out) == Rounds{0, 1, 2});
  out.settle(2, standing(0, 2, true));
  CHECK(rounds_of(out) == Rounds{2});
  CHECK(out.dropped_through() == 2);
  CHECK_FALSE(out.serves(standing(1, 1, true)));
  CHECK(out.serves(standing(2, 2, true)));
  Standing alive = standing(0, 0, true);
  alive.fed = true;                                        // its process had what was dropped
  CHECK(out.serves(alive));
  out.settle(2, standing(0, 3, true));                     // durable, but never handed over: late, not unwanted
  CHECK(rounds_of(out) == Rounds{2});
  out.settle(3, standing(0, 3, true));
  CHECK(rounds_of(out).empty());
  out.send(3, 1, text_bytes("d"));
  out.send(4, 1, text_bytes("e"));
  out.settle(5, standing(0, 3, true));
  out.end_stream();
  out.begin(standing(4, 4, true));                         // it comes back, from a checkpoint that this side had not heard of
  CHECK(rounds_of(out) == Rounds{4});
  Standing done = standing(4, 4, true);
  done.finished = true;
  out.settle(0, done);
  CHECK(rounds_of(out).empty());

  OutLink plain;                                           // a peer without checkpoints
  plain.begin(standing(0, 0, false));
  plain.send(0, 1, text_bytes("a"));
  plain.send(1, 1, text_bytes("b"));
  plain.settle(1, standing(0, 0, false));
  CHECK(rounds_of(plain) == Rounds{1});
  CHECK_FALSE(plain.serves(standing(0, 0, false)));
}

TEST_CASE("a link hands a message on once, however often it comes") {
  OutLink out;
  out.begin(standing(0, 0, true));
  out.flow().acknowledged(0, kWindow);
  const std::string large(2'500'000, 'x');
  out.send(0, 5, text_bytes("same"));
  out.send(0, 5, text_bytes("same"));                      // twice on purpose
  out.send(1, 6, text_bytes(large));
  out.send(1, 7, text_bytes(""));
  const auto chunks = chunks_of(out);
  CHECK(chunks.size() == 6);
  InLink in(0);
  const auto feed = [&](bool begin) {
    std::vector<std::string> got;
    if (begin) in.begin();
    for (const auto& chunk : chunks)
      for (const auto& message : in.chunk(std::as_bytes(std::span(chunk))))
        got.push_back({reinterpret_cast<const char*>(message.bytes.data()), message.bytes.size()});
    return got;
  };
  CHECK(feed(true) == std::vector<std::string>{"same", "same", large, ""});
  CHECK(in.delivered() == 0);
  in.took(in.epoch(), 4);
  CHECK(in.delivered() == 1);
  CHECK(feed(true).empty());                               // the peer was started again and computes the same
  CHECK(in.delivered() == 4);
  InLink late(1);                                          // this node resumed at round 1: round 0 is in its state
  late.begin();
  int count = 0;
  for (const auto& chunk : chunks) count += static_cast<int>(late.chunk(std::as_bytes(std::span(chunk))).size());
  CHECK(count == 2);

  CHECK(in.recognises(standing(0, 0, true)));
  in.forget(standing(0, 1, true));
  CHECK_FALSE(in.recognises(standing(0, 0, true)));
  CHECK(in.recognises(standing(1, 1, true)));
}

TEST_CASE("lanes: chunks are dealt out in turn and come together in order, whatever lane is ahead") {
  OutLink out(3);
  out.begin(standing(0, 0, true));
  for (std::size_t lane = 0; lane < 3; ++lane) out.flow(lane).acknowledged(0, kWindow);
  std::string large(7'500'000, 'x');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * i % 251);
  out.send(0, 1, text_bytes("first"));
  out.send(0, 2, text_bytes(large));
  out.send(1, 3, text_bytes("last"));
  std::vector<std::vector<std::string>> lanes;
  for (std::size_t lane = 0; lane < 3; ++lane) {
    lanes.emplace_back();
    std::uint64_t sequence = 0;
    while (const Chunk* chunk = out.flow(lane).next(sequence)) {
      lanes.back().emplace_back();
      for (const Bytes* part : {&chunk->prefix, &chunk->data}) lanes.back().back().append(reinterpret_cast<const char*>(part->data()), part->size());
      out.flow(lane).sent();
    }
  }
  CHECK(lanes[0].size() == 4);                             // 1 + 8 + 1 chunks
  CHECK(lanes[1].size() == 3);
  InLink in(0);
  in.begin(3);
  std::string got;
  for (const std::size_t lane : {2, 1, 0})                 // the lane whose turn it is comes last
    for (const auto& chunk : lanes[lane]) {
      CHECK(in.flow(lane).arrived(in.flow(lane).next(), chunk.size()) == ReceiveFlow::Verdict::accepted);
      for (const auto& message : in.chunk(std::as_bytes(std::span(chunk)), lane)) got.append(reinterpret_cast<const char*>(message.bytes.data()), message.bytes.size()) += '|';
    }
  CHECK((got == "first|" + large + "|last|"));
}

TEST_CASE("what a slow peer is owed is bounded where a quorum goes on without it") {
  using Rounds = std::vector<std::uint64_t>;
  OutLink out;
  for (std::uint64_t round = 0; round < 5; ++round) out.send(round, 1, text_bytes(std::string(100, 'a')));
  out.bound(1000);
  CHECK(rounds_of(out) == Rounds{0, 1, 2, 3, 4});
  out.bound(250);
  CHECK(rounds_of(out) == Rounds{3, 4});
  CHECK(out.dropped_through() == 3);
  out.begin(standing(0, 0, false));
  out.bound(0);                                            // under way: these count
  CHECK(rounds_of(out) == Rounds{3, 4});
  out.drop_all();
  CHECK(rounds_of(out).empty());
  CHECK_FALSE(out.begun());
}

TEST_CASE("a link refuses bytes that are no message and takes no memory for promises") {
  InLink in(0);
  in.begin();
  CHECK_THROWS_AS(in.chunk(std::as_bytes(std::span("short", 5))), Error);
  InLink forged(0);
  forged.begin();
  std::uint64_t head[4] = {0, 0, 0, std::uint64_t{1} << 62};
  CHECK_THROWS_AS(forged.chunk(std::as_bytes(std::span(head))), Error);
  InLink longer(0);
  longer.begin();
  head[3] = 3;
  CHECK(longer.chunk(std::as_bytes(std::span(head))).empty());
  CHECK_THROWS_AS(longer.chunk(std::as_bytes(std::span("four", 4))), Error);
}

TEST_CASE("kept messages survive a checkpoint, and a forged table is refused") {
  InFlight all{std::vector<std::deque<NetworkMessage>>(3), {0, 4, 2}};
  const Bytes shared = text_bytes("shared");
  all.kept[1] = {{4, 11, 0, shared}, {5, 12, 1, text_bytes("own")}};
  all.kept[2] = {{4, 11, 0, shared}};
  auto tensors = pack_in_flight(all);
  CHECK(tensors.size() == 4);                              // two payloads, two tables
  const InFlight back = unpack_in_flight(tensors, 3, 0, "here");
  CHECK(back.dropped_through == all.dropped_through);
  CHECK(back.kept[0].empty());
  REQUIRE(back.kept[1].size() == 2);
  CHECK(back.kept[1][1].round == 5);
  CHECK(back.kept[1][1].ordinal == 1);
  CHECK(back.kept[1][1].bytes == text_bytes("own"));
  CHECK(back.kept[2][0].bytes == shared);
  CHECK(has(error_of([&] { unpack_in_flight(tensors, 2, 0, "here"); }), "here"));
  tensors.erase(tensors.begin());
  CHECK(has(error_of([&] { unpack_in_flight(tensors, 3, 0, "here"); }), "no such peer or payload"));
  CHECK(unpack_in_flight({}, 2, 9, "here").dropped_through == std::vector<std::uint64_t>{9, 9});
}

// Three runs at once, because each of them mostly waits.
TEST_CASE("silence: a peer that never starts or dies is named by all others, a long local step is no death") {
  Folder folders[3];
  std::vector<Outcome> never, dies, slow;
  const auto brief = [](NodeId, NetworkOptions& options) { options.timeout = 2.5; };
  std::jthread runs[] = {std::jthread([&] {
                          Nodes nodes = ring_of(4, 5);
                          nodes[3].reset();
                          never = run_threads(nodes, ipc_peers(folders[0], 4), brief);
                        }),
                        std::jthread([&] {
                          Nodes nodes = ring_of(6, 8);
                          nodes[3] = std::make_unique<Acting>(ring_plan(8, 6), 1.0, [](std::uint64_t round) {
                            if (round == 4) throw Vanish();
                          });
                          dies = run_threads(nodes, ipc_peers(folders[1], 6), brief);
                        }),
                        std::jthread([&] {
                          Nodes nodes = ring_of(4, 3);
                          nodes[1] = std::make_unique<Acting>(ring_plan(3, 4), 1.1, [](std::uint64_t round) {
                            if (round == 1) std::this_thread::sleep_for(std::chrono::milliseconds(3500));
                          });
                          slow = run_threads(nodes, ipc_peers(folders[2], 4), brief);
                        })};
  for (auto& run : runs) run.join();
  for (const int id : {0, 1, 2}) {
    CHECK(never[id].fault == 4);
    CHECK(lacks(never[id].error, "no sign of life from node 3 for 2.5 s") == "");
  }
  CHECK(dies[3].vanished);
  for (const int id : {0, 1, 2, 4, 5}) {                   // also those that do not talk with node 3
    CHECK(dies[id].fault == 4);
    CHECK(lacks(dies[id].error, "no sign of life from node 3 for 2.5 s") == "");
  }
  for (const auto& outcome : slow) CHECK(outcome.error == "");
}

TEST_CASE("a node that cannot go on tells the others why, at once") {
  Folder folder;
  Nodes nodes = ring_of(5, 8);
  nodes[2] = std::make_unique<Acting>(ring_plan(8, 5), 1.0, [](std::uint64_t round) {
    if (round == 4) throw Error(Fault::method, "the loss is not finite");
  });
  const auto before = std::chrono::steady_clock::now();
  const auto outcomes = run_threads(nodes, ipc_peers(folder, 5));
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(10));
  CHECK(outcomes[2].fault == 5);
  for (const int id : {0, 1, 3, 4}) {
    CHECK(outcomes[id].fault == 4);
    CHECK(lacks(outcomes[id].error, "gave up: the loss is not finite") == "");
  }
}

TEST_CASE("another seed, initial model or program is refused on both sides, naming what differs") {
  struct Case { std::function<void(NetworkOptions&)> change; std::string text; };
  const Case cases[] = {
      {[](NetworkOptions& o) { o.run.seed = 8; }, "seed"},
      {[](NetworkOptions& o) { o.model_digest = "other"; }, "initial model"},
      {[](NetworkOptions& o) { o.run_id = "another"; }, "run id"},
  };
  for (const auto& [change, text] : cases) {
    Folder folder;
    Nodes nodes = scalars({3, always(complete(2))}, starts({1, 5}));
    const auto outcomes = run_threads(nodes, ipc_peers(folder, 2), [&](NodeId id, NetworkOptions& options) {
      if (id == 1) change(options);
    });
    for (const auto& outcome : outcomes) {
      CHECK(outcome.fault == 4);
      CHECK(lacks(outcome.error, text) == "");
      CHECK(lacks(outcome.error, "node 0") == "");
      CHECK(lacks(outcome.error, "node 1") == "");
    }
  }
}

TEST_CASE("an id twice: the endpoint is taken, or the others refuse the second process") {
  Folder folder;
  auto peers = ipc_peers(folder, 3);
  std::atomic<bool> go{false};
  const RoundNode::Plan plan{3, always(complete(3))};
  Nodes nodes = scalars(plan, starts({1, 5, 6}));
  nodes[0] = std::make_unique<Acting>(plan, 1.0, [&](std::uint64_t round) {   // holds the run until the seconds were refused
    while (round == 1 && !go) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  });
  std::jthread seconds([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    Scalar same(plan, {5});
    CHECK(lacks(run_one(same, over_network(peers, 1)).error, "another process uses it") == "");
    auto elsewhere = peers;
    elsewhere[1].endpoint += "-b";
    Scalar other(plan, {5});
    const auto outcome = run_one(other, over_network(elsewhere, 1));
    CHECK(outcome.fault == 4);
    CHECK(lacks(outcome.error, "node 1 is running already") == "");
    go = true;
  });
  const auto outcomes = run_threads(nodes, peers);
  seconds.join();
  for (const auto& outcome : outcomes) CHECK(outcome.error == "");
}

TEST_CASE("strangers at a node's port change nothing") {
  Folder folder;
  const auto peers = ipc_peers(folder, 4);
  std::atomic<bool> go{false};
  Nodes nodes = ring_of(4, 4);
  nodes[0] = std::make_unique<Acting>(ring_plan(4, 4), 0.1, [&](std::uint64_t round) {
    while (round == 2 && !go) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  });
  Nodes same = ring_of(4, 4);
  RunOptions run;
  simulate(same, run);
  std::jthread stranger([&] {
    OpenOptions open;
    open.timeout = 5;
    auto sink = open_socket_sink(peers[2].endpoint, open); // a stream where a node listens
    CHECK(has(error_of([&] { sink->commit(); }), "this is node 2 of a run, it reads no streams"));
    go = true;
  });
  const auto outcomes = run_threads(nodes, peers);
  stranger.join();
  for (const auto& outcome : outcomes) CHECK(outcome.error == "");
  CHECK(models(nodes) == models(same));
}

TEST_CASE("a payload larger than the window arrives whole") {
  Folder folder;
  std::vector<double> numbers(11'000'000);                 // 88 MB
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<double>(i * i % 1009);
  const auto payload = std::make_shared<const Record>(Record{"model", {{"a", 1}}, {make_tensor("x", numbers)}, {}});
  Nodes nodes;
  nodes.push_back(std::make_unique<Courier>(payload));
  nodes.push_back(std::make_unique<Courier>(nullptr));
  const auto outcomes = run_threads(nodes, ipc_peers(folder, 2));
  CHECK(outcomes[0].error == "");
  REQUIRE(outcomes[1].error == "");
  CHECK(content_digest(nodes[1]->model()) == content_digest(*payload));
  CHECK(outcomes[0].traffic.model == 88'000'000);
  CHECK(outcomes[0].traffic.messages == 1);
  CHECK(outcomes[0].traffic.framing < 20'000);             // 84 chunks
}

TEST_CASE("traffic: model bytes are those of the simulator, heads and protocol are control") {
  Folder folder;
  Nodes nodes = ring_of(4, 10), same = ring_of(4, 10);
  const auto outcomes = run_threads(nodes, ipc_peers(folder, 4));
  const auto simulated = simulate(same, RunOptions());
  for (int id = 0; id < 4; ++id) {
    const Traffic& real = outcomes[id].traffic;
    const Traffic& ideal = simulated.traffic[id];
    CHECK(real.model == ideal.model);
    CHECK(real.messages == ideal.messages);
    CHECK(real.control > ideal.control);                   // greetings, acknowledgements, probes
    CHECK(real.framing >= real.messages * (32 + 2 + 32));
  }
}

TEST_CASE("a restart without its checkpoint is sent away, and the run waits for the right one") {
  Folder folder;
  const auto peers = ipc_peers(folder, 4);
  Nodes nodes = ring_of(4, 12), same = ring_of(4, 12);
  simulate(same, RunOptions());
  std::atomic<bool> again{false};
  std::vector<Outcome> outcomes(4);
  std::vector<std::jthread> threads;
  for (const NodeId id : {0u, 1u, 3u})
    threads.emplace_back([&, id] { outcomes[id] = run_one(*nodes[id], over_network(peers, id)); });
  threads.emplace_back([&] {
    Acting first(ring_plan(12, 4), 4.1, [](std::uint64_t round) {
      if (round == 5) throw Vanish();
    });
    auto options = over_network(peers, 2);
    options.run.checkpoint = {folder / "ckpt", 2, "", opening()};
    CHECK(run_one(first, options).vanished);
    Scalar fresh(ring_plan(12, 4), {4.1});
    const auto refused = run_one(fresh, over_network(peers, 2));
    CHECK(refused.fault == 4);
    CHECK(lacks(refused.error, "it must go on from its own last checkpoint") == "");
    options.run.checkpoint.resume = folder / "ckpt";
    outcomes[2] = run_one(*nodes[2], options);
  });
  for (auto& thread : threads) thread.join();
  for (const auto& outcome : outcomes) CHECK(outcome.error == "");
  CHECK(models(nodes) == models(same));
}

TEST_CASE("what cannot be run is refused before any socket opens") {
  Scalar node(ring_plan(3, 4), {1});
  CHECK(static_cast<int>(error_of([&] { run_network(node, over_network({{0, "ipc:///tmp/x", ""}}, 1)); }).fault()) == 2);
  auto remote = over_network({{0, "tcp://10.1.2.3:5000", ""}, {1, "tcp://10.1.2.4:5000", ""}}, 0);
  CHECK(has(error_of([&] { run_network(node, remote); }), "unencrypted"));
}
