#include "train/worker.h"

#include <cmath>

#include "data/batch.h"

namespace dml {

Worker::Worker(std::shared_ptr<const Setup> setup, NodeId id)
    : setup_(std::move(setup)), id_(id), key_(stream_key("batch", setup_->seed)),
      oracle_(need<GradientOracle>(*setup_->objective, "training", setup_->objective_name, "gradient")) {
  reset();
}

void Worker::reset() { solver_ = setup_->families->get<Solver>().make(single(setup_->solver, "--solver")); }

void Worker::run(Vec& x, std::uint64_t round) {
  for (int step = 0; step < setup_->local_steps; ++step) {
    draw_batch(setup_->parts[id_], setup_->batch, Rng(key_, id_, static_cast<std::uint32_t>(round), static_cast<std::uint32_t>(step)), batch_);
    const double loss = solver_->step(x, oracle_, batch_, setup_->lr);
    if (!std::isfinite(loss))
      throw Error(Fault::method, "node " + std::to_string(id_) + " diverged in round " + std::to_string(round) + ": its loss is not finite",
                  "try a smaller --lr");
    if (setup_->watched_loss) setup_->watched_loss->store(loss, std::memory_order_relaxed);
  }
}

}  // namespace dml
