// Gossip learning: no rounds and no replies. Once a period every node sends its model and its age to one random peer that is up. Who
// receives a model merges it by age, trains on its own samples, and grows older by the samples that it used.
// Source: Ormandi, Hegedus, Jelasity, Concurrency and Computation 2013; card gossip-topologies, section 5 (GL).
//   on a tick:     send (w, a) to a uniform peer                                        Delta -> period; one tick a period, rounds in all
//   on (w_r, a_r): w <- (a w + a_r w_r) / (a + a_r), the plain mean if both are 0;  a <- max(a, a_r);  K local steps;  a <- a + samples
// Peers are the receivers in the topology, which may vary with the tick. Each node's first tick comes after a random part of a period.
// Of several copies of one message, and of what a resumed peer sends again, the first counts: a message's round is its sender's tick.
// Deviation: a node stops after `rounds` periods, so a late message to it is lost. With an aggregator the rule replaces the weighted mean.
#include <cmath>
#include <map>
#include <set>

#include "base/log.h"
#include "train/gossip_mix.h"
#include "train/liar.h"
#include "train/node_state.h"
#include "train/observer.h"
#include "train/parameters.h"

namespace dml {
namespace {

constexpr int kTick = 1;
constexpr std::uint64_t kOldest = std::uint64_t{1} << 53;  // an age that a double still counts

struct GossipOptions {
  double period = 1;
  std::string topology = "complete";
};

struct Shared {
  std::shared_ptr<const Setup> setup;
  std::shared_ptr<const Topology> topology;
  double period = 1;
};

class GossipNode final : public Node {
 public:
  GossipNode(std::shared_ptr<const Shared> shared, NodeId id)
      : shared_(std::move(shared)), setup_(*shared_->setup), id_(id), x_(setup_.initial), worker_(shared_->setup, id), mix_(setup_), liar_(setup_, id) {}

  void start(Context& context) override {
    if (finished_ || setup_.rounds == 0) {
      finished_ = true;
      return context.finish();
    }
    context.wake(context.rng("gossip-phase").uniform() * shared_->period, kTick);
  }

  void woken(Context& context, int tag) override {
    if (tag != kTick || finished_) return;
    end_period(context);
    if (finished_) return context.finish();
    tell_somebody(context);
    ++ticks_;
    context.wake(shared_->period, kTick);
  }

  void receive(Context&, Message message) override {
    if (finished_ || !message.payload || message.from == id_ || message.round < heard_[message.from]) return;
    heard_[message.from] = message.round + 1;
    const auto age = get_unsigned(message.payload->meta, "age");
    auto fault = model_fault(*setup_.objective, *message.payload, true);
    if (fault.empty() && (!age || *age > kOldest)) fault = "does not say its age";
    if (!fault.empty()) return warn("node " + std::to_string(id_) + " drops tick " + std::to_string(message.round) + " of node " + std::to_string(message.from) + ": it " + fault);
    merge(std::move(message), *age);
    worker_.run(x_.writable(), merges_++);
    age_ += static_cast<std::uint64_t>(setup_.local_steps) * static_cast<std::uint64_t>(setup_.batch);
  }

  void peer(Context&, NodeId node, PeerEvent event) override {
    if (event == PeerEvent::down || event == PeerEvent::left) away_.insert(node);
    else away_.erase(node);
  }

  Record model() const override {
    Record out = liar_.tell(model_record(setup_, x_.current(), id_, ticks_), ticks_);
    out.meta["age"] = age_;
    return out;
  }

  Record save() const override {
    Record out = training_state(setup_, x_.current(), worker_);
    out.meta["age"] = age_;
    out.meta["merges"] = merges_;
    out.meta["ticks"] = ticks_;
    out.meta["finished"] = finished_;
    std::vector<std::uint64_t> heard;
    for (const auto& [node, tick] : heard_) heard.insert(heard.end(), {node, tick});
    out.tensors.push_back(make_tensor("gossip.heard", heard, {static_cast<std::int64_t>(heard_.size()), 2}));
    sort_tensors(out, "a node's state");
    return out;
  }

  void load(const Record& state) override {
    const auto age = get_unsigned(state.meta, "age"), merges = get_unsigned(state.meta, "merges"), ticks = get_unsigned(state.meta, "ticks");
    const auto finished = get_bool(state.meta, "finished");
    const Tensor* heard = state.find("gossip.heard");
    if (state.kind != "state" || !age || !merges || !ticks || *ticks > setup_.rounds || !finished || !heard || heard->dtype != Dtype::u64 ||
        heard->shape.size() != 2 || heard->shape[1] != 2)
      throw Error(Fault::input, "the saved state is not one of gossip learning");
    x_ = Parameters(restore_training(setup_, state, worker_));
    age_ = *age;
    merges_ = *merges;
    ended_ = ticks_ = *ticks;
    finished_ = *finished;
    heard_.clear();
    for (std::int64_t k = 0; k < heard->shape[0]; ++k) heard_[static_cast<NodeId>(heard->as<std::uint64_t>()[2 * k])] = heard->as<std::uint64_t>()[2 * k + 1];
  }

  std::string waiting() const override { return "tick " + std::to_string(ticks_); }

 private:
  // A state is saved before the tick that follows it, which a resumed node repeats.
  void end_period(Context& context) {
    if (ticks_ == ended_) return;
    ended_ = ticks_;
    finished_ = ticks_ == setup_.rounds;
    if (!liar_ && setup_.eval_due(ticks_)) report_metrics(context, setup_, ticks_, x_.current());
    context.round_done(ticks_);
  }

  void tell_somebody(Context& context) {
    auto peers = shared_->topology->at(ticks_, -1)->receivers(id_);
    std::erase_if(peers, [this](NodeId node) { return away_.count(node) != 0; });
    if (peers.empty()) return;
    Rng rng = context.rng("gossip-peer", ticks_);
    Record record = to_record(*setup_.objective, x_.current(), "model");
    record.meta = {{"round", ticks_}, {"node", id_}};
    record = liar_.tell(std::move(record), ticks_);
    record.meta["age"] = age_;
    context.send(peers[rng.below(peers.size())], ticks_, std::make_shared<const Record>(std::move(record)));
  }

  void merge(Message message, std::uint64_t age) {
    const double own = static_cast<double>(age_), other = static_cast<double>(age), total = own + other;
    std::vector<std::pair<NodeId, double>> row = {{id_, total > 0 ? own / total : 0.5}, {message.from, total > 0 ? other / total : 0.5}};
    if (message.from < id_) std::swap(row[0], row[1]);
    const auto tick = message.round;
    mix_.mix(id_, tick, x_.current(), row, {std::move(message)}, x_.spare());
    x_.swap();
    age_ = std::max(age_, age);
  }

  std::shared_ptr<const Shared> shared_;
  const Setup& setup_;
  NodeId id_;
  Parameters x_;
  Worker worker_;
  GossipMix mix_;
  Liar liar_;
  std::uint64_t age_ = 0, merges_ = 0;                     // samples seen by the model or an ancestor; models merged
  std::uint64_t ticks_ = 0, ended_ = 0;                    // ticks so far; periods that were reported
  std::map<NodeId, std::uint64_t> heard_;                  // a sender's next tick
  std::set<NodeId> away_;                                  // peers that are down or left
  bool finished_ = false;
};

class Gossip final : public Program {
 public:
  explicit Gossip(GossipOptions options) : options_(std::move(options)) {}
  bool synchronous() const override { return false; }
  NodeMaker prepare(std::shared_ptr<const Setup> setup) const override {
    std::shared_ptr<const Topology> topology = topology_rule(setup->families->get<TopologyRule>(), options_.topology)->build(topology_setup(*setup));
    const auto shared = std::make_shared<const Shared>(Shared{std::move(setup), std::move(topology), options_.period});
    return [shared](NodeId id) -> std::unique_ptr<Node> { return std::make_unique<GossipNode>(shared, id); };
  }

 private:
  GossipOptions options_;
};

}  // namespace

void register_gossip(Registry<Program>& registry) {
  registry.add<Gossip>({"gossip", "models wander to random peers, which merge them by age and train", "Ormandi et al., CCPE 2013"},
                       Options<GossipOptions>()
                           .add("period", &GossipOptions::period, "seconds between two models that a node sends; virtual in a simulation", above(0))
                           .add("topology", &GossipOptions::topology, "who may be picked: a component, or a FILE.edges"),
                       {}, {"gradient"});
}

}  // namespace dml
