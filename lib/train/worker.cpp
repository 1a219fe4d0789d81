#include "train/worker.h"

#include <cmath>

#include "base/text.h"
#include "data/batch.h"

namespace dml {

Worker::Worker(std::shared_ptr<const Setup> setup, NodeId id)
    : setup_(std::move(setup)), id_(id), batch_key_(stream_key("batch", setup_->seed)), augment_key_(stream_key("augment", setup_->seed)),
      oracle_(need<GradientOracle>(*setup_->objective, "training", setup_->objective_name, "gradient")) {
  const auto& known = setup_->families->get<Rate>();
  const auto& last = setup_->solver.back().name;
  if (known.find(last) && !setup_->families->get<Solver>().find(last))
    throw Error(Fault::usage, "rate " + quote(last) + " needs a solver behind it", last + "+sgd");
  for (std::size_t i = 0; i + 1 < setup_->solver.size(); ++i) rates_.push_back(known.make(setup_->solver[i]));
  reset();
}

void Worker::reset() { solver_ = setup_->families->get<Solver>().make(setup_->solver.back()); }

void Worker::load(const Record& state) {
  const auto& objective = *setup_->objective;
  solver_->load(state, torch::empty({objective.dim()}, torch::dtype(objective.arithmetic()).device(objective.device())));
}

void Worker::run(Vec& x, std::uint64_t round) {
  const auto& objective = *setup_->objective;
  if (x.scalar_type() == objective.arithmetic() && x.device() == objective.device()) return steps(x, round);
  Vec there = objective.for_oracles(x);
  steps(there, round);
  x.copy_(there);
}

void Worker::steps(Vec& x, std::uint64_t round) {
  for (int step = 0; step < setup_->local_steps; ++step) {
    const auto draw = static_cast<std::uint32_t>(step);
    draw_batch(setup_->parts[id_], setup_->batch, Rng(batch_key_, id_, static_cast<std::uint32_t>(round), draw), batch_);
    const Rng augment(augment_key_, id_, static_cast<std::uint32_t>(round), draw);
    double lr = setup_->lr;
    for (const auto& rate : rates_) lr *= rate->factor({round, setup_->rounds, step, setup_->local_steps});
    const double loss = solver_->step(x, oracle_, Batch(batch_, &augment), lr);
    if (!std::isfinite(loss))
      throw Error(Fault::method, "node " + std::to_string(id_) + " diverged in round " + std::to_string(round) + ": its loss is not finite",
                  "try a smaller --lr");
    if (setup_->watched_loss) setup_->watched_loss->store(loss, std::memory_order_relaxed);
  }
}

}  // namespace dml
