// Toy nodes with scalar states, mixings written by hand, and a runtime that delivers in random order: for the tests of lib/node.
#pragma once
#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/error.h"
#include "formats/formats.h"
#include "node/metrics.h"
#include "node/runtime.h"
#include "node/shapes.h"

namespace toy {

using namespace dml;
using Nodes = std::vector<std::unique_ptr<Node>>;
using MixingFunction = std::function<std::shared_ptr<const Mixing>(std::uint64_t)>;

/// rows[i] lists (j, W_ij); receivers follow.
inline std::shared_ptr<const Mixing> mixing(const std::vector<std::vector<std::pair<NodeId, double>>>& rows) {
  return std::make_shared<const Mixing>(Mixing::from_rows(rows));
}
inline std::shared_ptr<const Mixing> ring(NodeId n) {      // n >= 4
  std::vector<std::vector<std::pair<NodeId, double>>> rows(n);
  for (NodeId i = 0; i < n; ++i) {
    rows[i] = {{(i + n - 1) % n, 1.0 / 3}, {i, 1.0 / 3}, {(i + 1) % n, 1.0 / 3}};
    std::sort(rows[i].begin(), rows[i].end());
  }
  return mixing(std::move(rows));
}
inline std::shared_ptr<const Mixing> complete(NodeId n) {
  std::vector<std::pair<NodeId, double>> row;
  for (NodeId j = 0; j < n; ++j) row.push_back({j, 1.0 / n});
  return mixing(std::vector(n, row));
}
inline std::shared_ptr<const Mixing> identity(NodeId n) {
  std::vector<std::vector<std::pair<NodeId, double>>> rows(n);
  for (NodeId i = 0; i < n; ++i) rows[i] = {{i, 1.0}};
  return mixing(std::move(rows));
}
inline std::shared_ptr<const Mixing> path3() {             // Metropolis-Hastings
  return mixing({{{0, 2.0 / 3}, {1, 1.0 / 3}}, {{0, 1.0 / 3}, {1, 1.0 / 3}, {2, 1.0 / 3}}, {{1, 1.0 / 3}, {2, 2.0 / 3}}});
}
/// Each node pulls from one other with probability 0.4, else idles: one-sided, different in every round.
inline std::shared_ptr<const Mixing> random_pull(NodeId n, std::uint64_t round) {
  std::vector<std::vector<std::pair<NodeId, double>>> rows(n);
  for (NodeId i = 0; i < n; ++i) {
    Rng rng("toy-topology", 1, i, static_cast<std::uint32_t>(round));
    const NodeId other = (i + 1 + static_cast<NodeId>(rng.below(n - 1))) % n;
    if (rng.uniform() < 0.4) rows[i] = {{i, 0.5}, {other, 0.5}};
    else rows[i] = {{i, 1.0}};
    std::sort(rows[i].begin(), rows[i].end());
  }
  return mixing(std::move(rows));
}
inline MixingFunction always(std::shared_ptr<const Mixing> fixed) {
  return [fixed](std::uint64_t) { return fixed; };
}

inline Record scalar(const char* kind, double x) { return {kind, {}, {make_tensor<double>("x", {x})}, {}}; }
inline double value(const Record& record) { return record.at("x", "a toy record").as<double>()[0]; }

/// D-SGD, adapt then combine, on f(x) = (x - b)^2 / 2 with optional gradient noise; eta = 0 only averages.
class Scalar : public RoundNode {
 public:
  struct Options { double x = 0, b = 0, eta = 0, noise = 0; std::uint64_t crash_at = ~std::uint64_t{0}; bool log = false; };
  Scalar(Plan plan, Options options) : RoundNode(std::move(plan)), o_(options), x_(options.x) {}
  Record model() const override { return scalar("model", x_); }
  std::uint64_t restored = 0;                              // round that load() led to
  int done_calls = 0;

 protected:
  Payload produce(Context& context, std::uint64_t round) override {
    if (round >= o_.crash_at) throw Error(Fault::method, "the toy crashed");
    x_ -= o_.eta * (x_ - o_.b + o_.noise * context.rng("toy", round).normal());
    return std::make_shared<const Record>(scalar("model", x_));
  }
  void consume(Context& context, std::uint64_t round, const std::vector<std::pair<NodeId, double>>& row,
               const std::vector<Message>& inbox) override {
    if (inbox.size() + 1 != row.size()) throw Error(Fault::bug, "inbox and row differ");
    double sum = 0;
    std::size_t k = 0;
    for (const auto& [from, weight] : row) {
      if (from != context.self() && inbox[k].from != from) throw Error(Fault::bug, "the inbox is out of order");
      sum += weight * (from == context.self() ? x_ : value(*inbox[k++].payload));
    }
    x_ = sum;
    if (o_.log) context.metrics().line({round + 1, context.now(), context.self(), {{"x", x_}}});
  }
  void done(Context&) override { ++done_calls; }
  Record state() const override { return scalar("toy", x_); }
  void restore(const Record& state) override { x_ = value(state); }

 private:
  Options o_;
  double x_;
};

inline Nodes scalars(const RoundNode::Plan& plan, const std::vector<Scalar::Options>& options) {
  Nodes nodes;
  for (const auto& o : options) nodes.push_back(std::make_unique<Scalar>(plan, o));
  return nodes;
}
inline std::vector<Scalar::Options> starts(const std::vector<double>& x) {
  std::vector<Scalar::Options> options;
  for (const double v : x) options.push_back({v});
  return options;
}
inline std::vector<double> models(const Nodes& nodes) {
  std::vector<double> x;
  for (const auto& node : nodes) x.push_back(value(node->model()));
  return x;
}

/// A federated toy: the server's x moves to the mean reply; a client's reply depends on how often it took part.
class Federated : public ServerRound {
 public:
  Federated(Plan plan, NodeId id, double target, std::uint64_t crash_at = ~std::uint64_t{0}, double share = 0.4)
      : ServerRound(plan, id == plan.clients), clients_(plan.clients), target_(target), crash_at_(crash_at), share_(share) {}
  Record model() const override { return scalar("model", x_); }
  double times() const { return times_; }

 protected:
  std::vector<NodeId> select(Context& context, std::uint64_t round) override {
    if (round >= crash_at_) throw Error(Fault::method, "the toy crashed");
    Rng rng = context.rng("select", round);
    std::vector<NodeId> chosen;
    for (NodeId i = 0; i < clients_; ++i)
      if (rng.uniform() < share_) chosen.push_back(i);
    return chosen;
  }
  Payload broadcast(Context&, std::uint64_t) override { return std::make_shared<const Record>(scalar("model", x_)); }
  void update(Context&, std::uint64_t, const std::vector<Message>& replies) override {
    double sum = 0;
    for (const auto& reply : replies) sum += value(*reply.payload) / static_cast<double>(replies.size());
    x_ += sum;
  }
  Payload client(Context& context, std::uint64_t round, const Message& broadcast) override {
    times_ += 1;
    const double x = value(*broadcast.payload);
    return std::make_shared<const Record>(scalar("update", (target_ - x + context.rng("noise", round).normal()) / (1 + times_)));
  }
  Record state() const override { return {"toy", {}, {make_tensor<double>("times", {times_}), make_tensor<double>("x", {x_})}, {}}; }
  void restore(const Record& state) override {
    x_ = value(state);
    times_ = state.at("times", "a toy record").as<double>()[0];
  }

 private:
  std::size_t clients_;
  double target_, x_ = 0, times_ = 0;
  std::uint64_t crash_at_;
  double share_;
};

inline Nodes federation(std::uint64_t rounds, const std::vector<double>& targets, std::uint64_t crash_at = ~std::uint64_t{0}, double share = 0.4) {
  Nodes nodes;
  for (NodeId id = 0; id <= targets.size(); ++id)
    nodes.push_back(std::make_unique<Federated>(ServerRound::Plan{rounds, targets.size()}, id, id < targets.size() ? targets[id] : 0,
                                                id == targets.size() ? crash_at : ~std::uint64_t{0}, share));
  return nodes;
}

/// Delivers events one by one in random order, and some messages twice, now or much later.
class Shuffled {
 public:
  Shuffled(Nodes& nodes, std::uint64_t seed, std::uint64_t order) : nodes_(nodes), seed_(seed), order_("order", order) {
    for (NodeId id = 0; id < nodes.size(); ++id) stations_.push_back(std::make_unique<Station>(*this, id));
  }
  void run() {
    for (NodeId id = 0; id < nodes_.size(); ++id) nodes_[id]->start(*stations_[id]);
    while (!events_.empty()) {
      std::swap(events_[order_.below(events_.size())], events_.back());
      const Event event = events_.back();
      if (!event.is_wake && order_.uniform() < 0.2) ++repeated;   // stays: delivered again
      else events_.pop_back();
      Station& station = *stations_[event.to];
      if (station.finished) continue;
      if (event.is_wake) nodes_[event.to]->woken(station, event.tag);
      else nodes_[event.to]->receive(station, event.message);
    }
    for (const auto& station : stations_) finished = finished && station->finished;
  }
  bool finished = true;
  int repeated = 0;

 private:
  struct Event { NodeId to; bool is_wake; int tag; Message message; };
  struct Station final : Context {
    Station(Shuffled& runtime, NodeId id) : runtime_(runtime), self_(id) {}
    NodeId self() const override { return self_; }
    std::size_t nodes() const override { return runtime_.nodes_.size(); }
    Seconds now() const override { return 0; }
    void wake(Seconds, int tag) override { runtime_.events_.push_back({self_, true, tag, {}}); }
    void send(NodeId to, std::uint64_t round, Payload payload) override {
      runtime_.events_.push_back({to, false, 0, {self_, round, std::move(payload)}});
    }
    Rng rng(std::string_view purpose, std::uint64_t round, std::uint32_t draw) const override {
      return Rng(purpose, runtime_.seed_, self_, static_cast<std::uint32_t>(round), draw);
    }
    Metrics& metrics() override { return metrics_; }
    const Traffic& traffic() const override { return traffic_; }
    void round_done(std::uint64_t) override {}
    void finish() override { finished = true; }
    bool finished = false;
    Shuffled& runtime_;
    NodeId self_;
    NoMetrics metrics_;
    Traffic traffic_;
  };
  Nodes& nodes_;
  std::uint64_t seed_;
  Rng order_;
  std::vector<std::unique_ptr<Station>> stations_;
  std::vector<Event> events_;
};

/// A folder that is gone with this object.
struct Folder {
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "dml-node-XXXXXX").string();
    if (!mkdtemp(name.data())) throw Error(Fault::system, "no temporary folder");
    path = name;
  }
  ~Folder() { std::error_code error; std::filesystem::remove_all(path, error); }
  std::string operator/(const std::string& name) const { return path + "/" + name; }
  std::string path;
};

inline OpenOptions opening() {
  Registry<Format> registry("format");
  register_formats(registry);
  OpenOptions open;
  open.formats.push_back(registry.make("dml"));
  open.header = {"dtrain", "0", "toy", {}, 7, {}};
  return open;
}

/// Peers over tcp on free ports of loopback.
std::vector<Peer> tcp_peers(std::size_t n);

/// The error that `act` throws; Fault::bug with "nothing was thrown" when it throws none.
template <class Act>
Error error_of(Act act) {
  try {
    act();
  } catch (const Error& error) {
    return error;
  }
  return Error(Fault::bug, "nothing was thrown");
}
inline bool has(const Error& error, const std::string& text) { return std::string(error.what()).find(text) != std::string::npos; }

}  // namespace toy
