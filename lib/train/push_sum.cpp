// PushSum: averaging on directed graphs whose weights need only know how many receivers a node has, and SGP, which learns on top of it.
// Source: Kempe, Dobra, Gehrke, FOCS 2003 (push-sum); Assran et al., ICML 2019, Algorithm 1 (SGP); card gossip-topologies, section 5.
//   s_i = x_i(0), w_i = 1, z_i = s_i / w_i
//   sgp:  s_i <- s_i + (K local steps from z_i - z_i)                                   K = 1: s_i - eta g_i(z_i)
//   both: send (s_i, w_i) / (d_i + 1) to each of d_i receivers and keep one share; s_i, w_i <- sums of what came, in sender order
// Variant push-sum does not learn: every node starts from parameters of its own, and all z_i tend to their mean. sum s and sum w are
// constant. Symbols: K -> local_steps, eta -> lr. Only the topology's pattern counts, not its weights.
// Deviation: a share that is malformed or not finite is dropped with its weight: the estimate stays a weighted mean of the others.
#include <cmath>

#include "base/log.h"
#include "math/linear.h"
#include "node/shapes.h"
#include "train/gossip_mix.h"
#include "train/liar.h"
#include "train/node_state.h"
#include "train/observer.h"
#include "train/parameters.h"

namespace dml {
namespace {

struct PushSumOptions {
  std::string variant = "push-sum";
  std::string topology = "exponential";
};

void scaled(const Vec& x, double factor, Vec& out) {
  const auto size = static_cast<std::size_t>(x.numel());
  if (x.scalar_type() == torch::kFloat32) scale(x.data_ptr<float>(), static_cast<float>(factor), out.data_ptr<float>(), size);
  else scale(x.data_ptr<double>(), factor, out.data_ptr<double>(), size);
}

// x += after - before; `after` is overwritten.
void add_change(Vec& x, Vec& after, const Vec& before) {
  const auto size = static_cast<std::size_t>(x.numel());
  if (x.scalar_type() == torch::kFloat32) {
    subtract(after.data_ptr<float>(), before.data_ptr<float>(), after.data_ptr<float>(), size);
    accumulate(after.data_ptr<float>(), x.data_ptr<float>(), size);
  } else {
    subtract(after.data_ptr<double>(), before.data_ptr<double>(), after.data_ptr<double>(), size);
    accumulate(after.data_ptr<double>(), x.data_ptr<double>(), size);
  }
}

class PushSumNode final : public RoundNode {
 public:
  PushSumNode(Plan plan, std::shared_ptr<const Setup> setup, NodeId id, bool learns, Vec start)
      : RoundNode(plan), mixing_(std::move(plan.mixing)), setup_(std::move(setup)), id_(id), learns_(learns), s_(std::move(start)), worker_(setup_, id), mix_(*setup_),
        liar_(*setup_, id) {}

  Record model() const override { return liar_.tell(model_record(*setup_, estimate(), id_, round()), round()); }

 protected:
  Payload produce(Context&, std::uint64_t round) override {
    if (learns_) learn(round);
    const double share = 1.0 / (static_cast<double>(mixing_(round)->receiver_count(id_)) + 1.0);
    mine_ = torch::empty_like(s_.current());
    scaled(s_.current(), share, mine_);
    w_ *= share;
    Record record = liar_.tell(to_record(*setup_->objective, mine_, "share"), round);
    record.meta = {{"round", round}, {"node", id_}, {"weight", w_}};
    return std::make_shared<const Record>(std::move(record));
  }

  void consume(Context& context, std::uint64_t round, const std::vector<std::pair<NodeId, double>>& row, const std::vector<Message>& inbox) override {
    std::vector<std::pair<NodeId, double>> ones;
    std::vector<Message> shares;
    auto next = inbox.begin();
    for (const auto& [node, weight] : row) {
      if (node != id_ && !take(*next++, shares)) continue;
      ones.emplace_back(node, 1.0);
    }
    mix_.mix(id_, round, mine_, ones, shares, s_.spare());
    s_.swap();
    mine_ = Vec();
    if (!liar_ && setup_->eval_due(round + 1)) report_metrics(context, *setup_, round + 1, estimate());
  }

  Record state() const override {
    Record out = training_state(*setup_, s_.current(), worker_);
    out.meta["weight"] = w_;
    return out;
  }
  void restore(const Record& state) override {
    const auto weight = get_number(state.meta, "weight");
    if (!weight || !std::isfinite(*weight) || *weight <= 0) throw Error(Fault::input, "the saved state is not one of push-sum");
    s_ = Parameters(restore_training(*setup_, state, worker_));
    w_ = *weight;
  }

 private:
  Vec estimate() const {
    Vec z = torch::empty_like(s_.current());
    scaled(s_.current(), 1.0 / w_, z);
    return z;
  }

  void learn(std::uint64_t round) {
    const Vec before = estimate();
    Vec after = before.clone();
    worker_.run(after, round);
    add_change(s_.writable(), after, before);
  }

  // Adds the message's weight and keeps it, unless it is none.
  bool take(const Message& message, std::vector<Message>& shares) {
    auto fault = model_fault(*setup_->objective, *message.payload, true);
    const auto weight = get_number(message.payload->meta, "weight");
    if (fault.empty() && (!weight || !std::isfinite(*weight) || *weight <= 0)) fault = "has no weight above 0";
    if (!fault.empty()) {
      warn("node " + std::to_string(id_) + " drops the share of node " + std::to_string(message.from) + " in round " + std::to_string(message.round) + ": it " + fault);
      return false;
    }
    w_ += *weight;
    shares.push_back(message);
    return true;
  }

  std::function<std::shared_ptr<const Mixing>(std::uint64_t)> mixing_;
  std::shared_ptr<const Setup> setup_;
  NodeId id_;
  bool learns_;
  Parameters s_;
  double w_ = 1;
  Vec mine_;                                               // between produce and consume: the share that stays
  Worker worker_;
  GossipMix mix_;
  Liar liar_;
};

class PushSum final : public Program {
 public:
  explicit PushSum(PushSumOptions options) : options_(std::move(options)) {}

  NodeMaker prepare(std::shared_ptr<const Setup> setup) const override {
    if (!setup->aggregator.empty()) throw Error(Fault::usage, "push-sum adds shares of a constant mass: --aggregator has nothing to replace", "dsgd takes robust rules");
    std::shared_ptr<const Topology> topology = topology_rule(setup->families->get<TopologyRule>(), options_.topology)->build(topology_setup(*setup));
    RoundNode::Plan plan{setup->rounds, [topology](std::uint64_t round) { return topology->at(round, -1); }};
    return [setup, plan, learns = options_.variant == "sgp"](NodeId id) -> std::unique_ptr<Node> {
      Vec start = setup->initial;
      if (!learns) {
        Rng rng("init", setup->seed, id);
        start = setup->objective->initial(rng);
      }
      return std::make_unique<PushSumNode>(plan, setup, id, learns, std::move(start));
    };
  }

 private:
  PushSumOptions options_;
};

}  // namespace

void register_push_sum(Registry<Program>& registry) {
  registry.add<PushSum>({"push-sum", "averaging, or learning, on directed graphs by sums of shares", "Kempe et al., FOCS 2003; Assran et al., ICML 2019"},
                        Options<PushSumOptions>()
                            .add("variant", &PushSumOptions::variant, "average the nodes' own starting points, or learn (stochastic gradient push)", one_of({"push-sum", "sgp"}))
                            .add("topology", &PushSumOptions::topology, "who sends to whom: a component, or a FILE.edges"),
                        {}, {"gradient"});
}

}  // namespace dml
