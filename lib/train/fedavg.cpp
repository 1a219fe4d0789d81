// Federated averaging: a server sends its model to clients, they take local steps, and the server adds the mean of their changes,
// weighted by their numbers of samples (or another rule over the changes).
// Source: McMahan et al., AISTATS 2017, Algorithm 1, in update form: w <- w + sum_k (n_k / n) (w_k - w), which is the same point.
// Symbols: C -> participation, E and B -> local_steps and batch, eta -> lr, n_k -> weight of an update.
// Deviation: local steps are counted in batches, not in epochs. Clients are nodes 0..K-1, the server is node K.
#include <algorithm>
#include <cmath>

#include "base/log.h"
#include "merge/apply.h"
#include "node/shapes.h"
#include "train/client_update.h"
#include "train/liar.h"
#include "train/node_state.h"
#include "train/observer.h"

namespace dml {
namespace {

struct FedavgOptions { double participation = 1; };

class FedavgNode final : public ServerRound {
 public:
  FedavgNode(std::shared_ptr<const Setup> setup, NodeId id, double participation)
      : ServerRound({setup->rounds, setup->nodes}, id == setup->nodes), setup_(std::move(setup)), id_(id), participation_(participation),
        liar_(*setup_, id), model_(std::make_shared<const Record>(model_record(*setup_, setup_->initial, server(), 0))) {
    const Chain plain{{"mean", {}}};
    if (id_ == server()) rule_ = setup_->families->get<Aggregator>().make(single(setup_->aggregator.empty() ? plain : setup_->aggregator, "--aggregator"));
  }

  Record model() const override { return *model_; }

 protected:
  std::vector<NodeId> select(Context&, std::uint64_t round) override {
    const auto clients = setup_->nodes;
    const auto count = std::clamp<std::size_t>(static_cast<std::size_t>(std::llround(participation_ * static_cast<double>(clients))), 1, clients);
    Rng rng("clients", setup_->seed, 0, static_cast<std::uint32_t>(round));
    std::vector<NodeId> chosen;
    for (const auto k : rng.choose(clients, count)) chosen.push_back(static_cast<NodeId>(k));
    std::sort(chosen.begin(), chosen.end());
    return chosen;
  }

  Payload broadcast(Context&, std::uint64_t) override { return model_; }

  Payload client(Context&, std::uint64_t round, const Message& broadcast) override {
    model_ = broadcast.payload;
    if (get_unsigned(model_->meta, "round") != round) throw Error(Fault::input, "the server's model of round " + std::to_string(round) + " says that it is of another");
    auto update = client_update(setup_, id_, round, *model_, "the server's model of round " + std::to_string(round));
    return std::make_shared<const Record>(liar_.tell(std::move(update), round));
  }

  void update(Context& context, std::uint64_t round, const std::vector<Message>& replies) override {
    std::vector<Record> updates;
    std::vector<std::string> names;
    for (const auto& reply : replies) {
      const auto [model, control] = wire_size(*reply.payload);
      received_.model += model;
      received_.control += control;
      updates.push_back(*reply.payload);
      names.push_back("the update of node " + std::to_string(reply.from) + " in round " + std::to_string(round));
    }
    Record mean = aggregate_records(*rule_, std::move(updates), names, {});
    mean.meta["round"] = round;
    Record next = apply_update(*model_, mean, "the mean update of round " + std::to_string(round));
    model_ = std::make_shared<const Record>(std::move(next));
    if (setup_->eval_due(round + 1)) report(context, round + 1);
  }

  Record state() const override {
    return {"state", {{"model_round", *get_unsigned(model_->meta, "round")}, {"received_model", received_.model}, {"received_control", received_.control}},
            model_->tensors, {}};
  }

  void restore(const Record& state) override {
    const auto round = get_unsigned(state.meta, "model_round"), model = get_unsigned(state.meta, "received_model"),
               control = get_unsigned(state.meta, "received_control");
    if (!round || !model || !control) throw Error(Fault::input, "the saved state is not one of fedavg");
    model_ = std::make_shared<const Record>(model_record(*setup_, from_record(*setup_->objective, state, "the saved state"), server(), *round));
    received_.model = *model;
    received_.control = *control;
  }

 private:
  NodeId server() const { return static_cast<NodeId>(setup_->nodes); }

  // One line for the whole run: there is one model, and the server sees all that is sent.
  void report(Context& context, std::uint64_t round) {
    const Vec x = from_record(*setup_->objective, *model_, "the server's model");
    Traffic sum = context.traffic();
    sum.model += received_.model;
    sum.control += received_.control;
    context.metrics().line(metric_line(round, context.now(), -1, setup_->objective->score(x, true), 0.0, sum));
  }

  std::shared_ptr<const Setup> setup_;
  NodeId id_;
  double participation_;
  Liar liar_;
  Payload model_;                                          // server: the model; client: the last broadcast
  std::unique_ptr<const Aggregator> rule_;
  Traffic received_;
};

class Fedavg final : public Program {
 public:
  explicit Fedavg(FedavgOptions options) : options_(options) {}
  std::size_t servers() const override { return 1; }
  NodeMaker prepare(std::shared_ptr<const Setup> setup) const override {
    need<GradientOracle>(*setup->objective, "fedavg", setup->objective_name, "gradient");
    return [setup, participation = options_.participation](NodeId id) -> std::unique_ptr<Node> {
      return std::make_unique<FedavgNode>(setup, id, participation);
    };
  }

 private:
  FedavgOptions options_;
};

}  // namespace

void register_fedavg(Registry<Program>& registry) {
  registry.add<Fedavg>({"fedavg", "a server averages the changes that its clients made", "McMahan et al., AISTATS 2017"},
                       Options<FedavgOptions>().add("participation", &FedavgOptions::participation, "share of the clients that a round asks", above(0), at_most(1)),
                       {}, {"gradient"});
}

}  // namespace dml
