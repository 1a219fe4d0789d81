// What the verbs of dtrain share: the problem (objective and data), who holds which samples, and the options that say so.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "data/dataset.h"
#include "entry/verb.h"
#include "objective/objective.h"
#include "train/program.h"

namespace dml {

/// Options of every verb that trains.
struct TrainingOptions {
  Chain objective{{"softmax", {}}};
  std::optional<Chain> data, partition;
  Chain solver{{"sgd", {}}};
  int local_steps = 1, batch = 32, math_threads = 1;
  double lr = 0.1;
  std::string device = "cpu";
};

template <class T>
Options<T> with_training(Options<T> options = {}) {
  return options.add("objective", static_cast<Chain T::*>(&T::objective), "what is minimised")
      .add("data", static_cast<std::optional<Chain> T::*>(&T::data), "the samples, digits when not given; before them what is done to training pictures, as in flip+crop+mnist", of_family("dataset"))
      .add("partition", static_cast<std::optional<Chain> T::*>(&T::partition), "who holds which samples: iid when not given")
      .add("solver", static_cast<Chain T::*>(&T::solver), "how a local step is taken: a solver, before it what changes its rate, as in warm-up:rounds=5+cosine+momentum")
      .add("local-steps", static_cast<int T::*>(&T::local_steps), "steps on its own samples that a node takes each round", at_least(1))
      .add("batch", static_cast<int T::*>(&T::batch), "samples of a step", at_least(1))
      .add("lr", static_cast<double T::*>(&T::lr), "length of a step", above(0))
      .add("device", static_cast<std::string T::*>(&T::device), "cpu, cuda or cuda:N: where gradients are computed; changes bits")
      .add("math-threads", static_cast<int T::*>(&T::math_threads), "threads inside one matrix product: changes bits", between(1, 1024));
}

struct Problem {
  std::shared_ptr<const Dataset> data;                     // absent for closed-form objectives
  std::shared_ptr<const Objective> objective;
  std::string objective_name, data_name;                   // as components; data_name empty without data
};

/// Loads the data and builds the objective. `data` absent: digits, where the objective needs data. Error(usage) when data are given to
/// an objective that takes none.
Problem make_problem(Invocation& call, const Chain& objective, const std::optional<Chain>& data, torch::Device device = torch::kCPU);

/// For each of `nodes` nodes its training samples, by --partition (absent: iid) and --seed.
std::vector<std::vector<std::uint32_t>> split_samples(Invocation& call, const Dataset& data, const std::optional<Chain>& partition, std::size_t nodes);

/// The part of a Setup that these options decide, with `nodes` parts; not finished yet.
Setup training_setup(Invocation& call, const TrainingOptions& options, std::size_t nodes);

/// The problem that a model record was trained on, unless overridden. Error(input) naming `where` when the record does not say.
Problem problem_of(Invocation& call, const Record& model, const std::string& where, const std::optional<Chain>& objective,
                   const std::optional<Chain>& data, torch::Device device = torch::kCPU);

/// The next record as a model; nullopt at the end. Error(input) when it is of another kind.
std::optional<Record> next_model(RecordReader& reader);

}  // namespace dml
