// A Context whose events a test makes up, or plays back.
#pragma once
#include <vector>

#include "node/metrics.h"

namespace dml::test {

class Stage final : public Context {
 public:
  Stage(NodeId self, std::size_t nodes, std::uint64_t seed) : self_(self), nodes_(nodes), seed_(seed) {}
  NodeId self() const override { return self_; }
  std::size_t nodes() const override { return nodes_; }
  Seconds now() const override { return time; }
  void wake(Seconds after, int tag) override { woken_after = after; tag_ = tag; }
  void send(NodeId to, std::uint64_t round, Payload payload) override { sent.push_back({to, round, std::move(payload)}); }
  Rng rng(std::string_view purpose, std::uint64_t round, std::uint32_t draw) const override { return Rng(purpose, seed_, self_, static_cast<std::uint32_t>(round), draw); }
  Metrics& metrics() override { return none_; }
  const Traffic& traffic() const override { return traffic_; }
  void round_done(std::uint64_t round) override { done = round; }
  void finish() override { finished = true; }
  int tag() const { return tag_; }

  struct Sent { NodeId to; std::uint64_t round; Payload payload; };
  std::vector<Sent> sent;
  double time = 0, woken_after = 0;
  std::uint64_t done = 0;
  bool finished = false;

 private:
  NodeId self_;
  std::size_t nodes_;
  std::uint64_t seed_;
  int tag_ = 0;
  NoMetrics none_;
  Traffic traffic_;
};

/// One event that a node handled.
struct Event {
  enum class Kind { start, woken, receive, peer } kind = Kind::start;
  int tag = 0;
  Message message;
  NodeId node = 0;
  PeerEvent change = PeerEvent::up;
};

/// Passes everything on to a node and writes down what it handled.
class Recorder final : public Node {
 public:
  explicit Recorder(std::unique_ptr<Node> node) : node_(std::move(node)) {}
  void start(Context& context) override {
    events.push_back({});
    node_->start(context);
  }
  void receive(Context& context, Message message) override {
    events.push_back({Event::Kind::receive, 0, message});
    node_->receive(context, std::move(message));
  }
  void woken(Context& context, int tag) override {
    events.push_back({Event::Kind::woken, tag, {}, 0, PeerEvent::up});
    node_->woken(context, tag);
  }
  void peer(Context& context, NodeId node, PeerEvent change) override {
    events.push_back({Event::Kind::peer, 0, {}, node, change});
    node_->peer(context, node, change);
  }
  Record model() const override { return node_->model(); }
  Record save() const override { return node_->save(); }
  void load(const Record& state) override { node_->load(state); }
  std::string waiting() const override { return node_->waiting(); }
  std::vector<Event> events;

 private:
  std::unique_ptr<Node> node_;
};

/// The same events for a fresh node.
inline void play_back(const std::vector<Event>& events, Node& node, Stage& stage) {
  for (const auto& event : events) {
    if (event.kind == Event::Kind::start) node.start(stage);
    if (event.kind == Event::Kind::woken) node.woken(stage, event.tag);
    if (event.kind == Event::Kind::receive) node.receive(stage, event.message);
    if (event.kind == Event::Kind::peer) node.peer(stage, event.node, event.change);
  }
}

}  // namespace dml::test
