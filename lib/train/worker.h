// The local part of every program: steps of the solver on the node's own samples.
#pragma once
#include <memory>
#include <vector>

#include "train/program.h"

namespace dml {

class Worker {
 public:
  /// Error(usage) when the objective has no gradient or the solver is unknown.
  Worker(std::shared_ptr<const Setup> setup, NodeId id);

  /// setup.local_steps steps of round `round` in place, on the objective's device and in its arithmetic; a bf16 state is rounded once, at
  /// the end. Batches are keyed ("batch", seed, node, round, step) and augmentations ("augment", same), so they do not depend on what
  /// else a node does. Error(method) when the loss stops being finite.
  void run(Vec& x, std::uint64_t round);
  /// Forgets the solver's state: federated clients start every round afresh.
  void reset();
  std::uint64_t samples() const { return setup_->parts[id_].size(); }

  Record save() const { return solver_->save(); }
  void load(const Record& state);

 private:
  void steps(Vec& x, std::uint64_t round);
  std::shared_ptr<const Setup> setup_;
  NodeId id_;
  std::uint64_t batch_key_, augment_key_;                  // of streams
  const GradientOracle& oracle_;
  std::unique_ptr<Solver> solver_;
  std::vector<std::unique_ptr<const Rate>> rates_;
  std::vector<std::uint32_t> batch_;
};

}  // namespace dml
