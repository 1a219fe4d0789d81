// A decentralised training program: makes the nodes of a run.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "aggregate/aggregator.h"
#include "node/runtime.h"
#include "objective/objective.h"
#include "solver/solver.h"

namespace dml {

class Observer;

/// Everything a program's nodes share. One Setup per process; nodes keep a shared_ptr to it. Made complete by finish_setup().
struct Setup {
  const Families* families = nullptr;
  std::shared_ptr<const Objective> objective;
  std::string objective_name, data_name;                   // as components; written into model records
  std::vector<std::vector<std::uint32_t>> parts;           // sample (or term) indices per node
  std::size_t nodes = 0;                                   // clients for federated programs
  std::uint64_t seed = 0, rounds = 0;
  int local_steps = 1, batch = 32;
  double lr = 0.1;
  Chain solver, aggregator, attack;                        // --solver (rates, then the solver) --aggregator --attack; empty: sgd, the program's own, nobody
  int byzantine = 0;                                       // how many nodes attack (the last ones)
  bool measure = false;                                    // whether anybody looks at metrics
  std::uint64_t eval_every = 0;                            // 0: only after the last round
  std::shared_ptr<Observer> observer;                      // in simulations: what needs all nodes' models; may be absent
  std::shared_ptr<std::atomic<double>> watched_loss;       // the loss of the last local step, for people; may be absent
  Vec initial;                                             // shared by all nodes, copied when written to

  bool lies(NodeId id) const { return id < nodes && id + static_cast<std::size_t>(byzantine) >= nodes; }
  /// Whether metrics are due when `done` rounds are complete.
  bool eval_due(std::uint64_t done) const { return measure && done > 0 && (done == rounds || (eval_every > 0 && done % eval_every == 0)); }
};

/// Fills what follows from the rest (parts of closed-form problems, the initial vector keyed ("init", seed), the default solver) and
/// checks it: Error(usage).
std::shared_ptr<const Setup> finish_setup(Setup setup);

/// What a topology rule needs to know of a run: how many nodes, the seed, and how many samples each holds.
TopologySetup topology_setup(const Setup& setup);

using NodeMaker = std::function<std::unique_ptr<Node>(NodeId)>;

class Program {
 public:
  virtual ~Program() = default;
  /// Participants beyond setup.nodes: 1 for federated programs, whose server has the last id.
  virtual std::size_t servers() const { return 0; }
  /// Whether a network gives the simulator's bits. If not, time decides who hears whom when; each node's events replay to its bits.
  virtual bool synchronous() const { return true; }
  /// Builds and checks what all nodes share; the result makes any of them.
  virtual NodeMaker prepare(std::shared_ptr<const Setup> setup) const = 0;
  /// Whether a simulation writes this participant's model.
  bool writes(const Setup& setup, NodeId id) const { return servers() == 0 || id >= setup.nodes; }
};

void register_programs(Registry<Program>& registry);

/// All participants of a simulation.
std::vector<std::unique_ptr<Node>> make_nodes(const Program& program, const std::shared_ptr<const Setup>& setup);

/// The only component of a chain, for options that take no chain: Error(usage) naming the option.
const Component& single(const Chain& chain, const std::string& option);

}  // namespace dml
