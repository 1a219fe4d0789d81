// Decentralised SGD: every node takes local steps on its own samples and averages its model with its neighbours'. Models are merged
// once, at the very end, by `dmerge mean`: a schedule says how much is exchanged when.
// Source: Lian et al., NeurIPS 2017 (D-PSGD, combine-then-adapt); Koloskova et al., ICML 2020 (adapt-then-combine); Zhu et al. 2025,
// arXiv 2507.06542 (schedules, single global merging). Cards gossip-topologies section 5 and single-merge.
//   atc: x_i <- K local steps from x_i;  send x_i;  x_i <- sum_j W_ij x_j
//   cta: send x_i;  x_i <- sum_j W_ij x_j + (K local steps from the old x_i - old x_i)
// Symbols: K -> local_steps, eta -> lr, W^t -> Topology::at(t, r_t), r_t -> Schedule::peers(t, T). All reads are from the previous state.
// Deviations: with an aggregator the rule replaces the weighted sum; cta computes its steps after sending, when the inbox is complete.
#include "node/shapes.h"
#include "objective/vector.h"
#include "train/gossip_mix.h"
#include "train/liar.h"
#include "train/node_state.h"
#include "train/observer.h"
#include "train/parameters.h"

namespace dml {
namespace {

struct DsgdOptions {
  std::string variant = "atc";
  std::string topology = "ring";
  Chain schedule;
  bool diff_init = false;
};

class DsgdNode final : public RoundNode {
 public:
  DsgdNode(Plan plan, std::shared_ptr<const Setup> setup, NodeId id, bool adapt_first, Vec start)
      : RoundNode(std::move(plan)), setup_(std::move(setup)), id_(id), adapt_first_(adapt_first), x_(std::move(start)), worker_(setup_, id),
        mix_(*setup_), liar_(*setup_, id) {}

  Record model() const override { return liar_.tell(model_record(*setup_, x_.current(), id_, round()), round()); }

 protected:
  Payload produce(Context&, std::uint64_t round) override {
    if (adapt_first_) worker_.run(x_.writable(), round);
    Record record = to_record(*setup_->objective, x_.current(), "model");
    record.meta = {{"round", round}, {"node", id_}};
    return std::make_shared<const Record>(liar_.tell(std::move(record), round));
  }

  void consume(Context& context, std::uint64_t round, const std::vector<std::pair<NodeId, double>>& row,
               const std::vector<Message>& inbox) override {
    if (row.size() > 1) {
      Vec& mixed = x_.spare();
      mix_.mix(id_, round, x_.current(), row, inbox, mixed);
      if (!adapt_first_) adapt(mixed, round);
      x_.swap();
    } else if (!adapt_first_) {
      worker_.run(x_.writable(), round);
    }
    if (!liar_ && setup_->eval_due(round + 1)) report_metrics(context, *setup_, round + 1, x_.current());
  }

  Record state() const override { return training_state(*setup_, x_.current(), worker_); }
  void restore(const Record& state) override { x_ = Parameters(restore_training(*setup_, state, worker_)); }

 private:
  void adapt(Vec& mixed, std::uint64_t round) {
    const auto work = scratch_vectors().borrow();
    Vec& steps = work->like(mixed);
    steps.copy_(x_.current());
    worker_.run(steps, round);
    subtract(steps, x_.current(), steps);
    accumulate(steps, mixed);
  }

  std::shared_ptr<const Setup> setup_;
  NodeId id_;
  bool adapt_first_;
  Parameters x_;
  Worker worker_;
  GossipMix mix_;
  Liar liar_;
};

// Whether the weights that were asked for are plain or weighted means of the neighbours, which stay means when one is gone.
bool asks_for_means(const std::string& topology) {
  const auto at = topology.find("weights=");
  return at != std::string::npos && (topology.compare(at + 8, 7, "uniform") == 0 || topology.compare(at + 8, 9, "data-size") == 0);
}

class Dsgd final : public Program {
 public:
  explicit Dsgd(DsgdOptions options) : options_(std::move(options)) {}

  NodeMaker prepare(std::shared_ptr<const Setup> setup) const override {
    std::shared_ptr<const Topology> topology =
        topology_rule(setup->families->get<TopologyRule>(), options_.topology)->build(topology_setup(*setup));
    std::shared_ptr<const Schedule> schedule;
    if (!options_.schedule.empty()) schedule = setup->families->get<Schedule>().make(single(options_.schedule, "--schedule"));
    RoundNode::Plan plan{setup->rounds, [topology, schedule, rounds = setup->rounds](std::uint64_t round) {
                           return topology->at(round, schedule ? schedule->peers(round, rounds) : -1.0);
                         },
                         true, asks_for_means(options_.topology)};    // a model that comes late is averaged in the next round
    return [setup, plan, adapt_first = options_.variant == "atc", own_start = options_.diff_init](NodeId id) -> std::unique_ptr<Node> {
      Vec start = setup->initial;
      if (own_start) {
        Rng rng("init", setup->seed, id);
        start = setup->objective->initial(rng);
      }
      return std::make_unique<DsgdNode>(plan, setup, id, adapt_first, std::move(start));
    };
  }

 private:
  DsgdOptions options_;
};

}  // namespace

void register_dsgd(Registry<Program>& registry) {
  registry.add<Dsgd>({"dsgd", "local steps and gossip averaging with neighbours", "Lian et al., NeurIPS 2017; Zhu et al. 2025, arXiv 2507.06542"},
                     Options<DsgdOptions>()
                         .add("variant", &DsgdOptions::variant, "adapt-then-combine or combine-then-adapt", one_of({"atc", "cta"}))
                         .add("topology", &DsgdOptions::topology, "who exchanges with whom: a component, or a FILE.edges")
                         .add("schedule", &DsgdOptions::schedule, "how many extra peers in which round; none: what the topology says")
                         .add("diff-init", &DsgdOptions::diff_init, "every node starts from parameters of its own"),
                     {}, {"gradient"});
}

}  // namespace dml
