#include "dtrain/training.h"

#include "base/log.h"
#include "base/text.h"
#include "objective/network.h"
#include "objective/torch_setup.h"

namespace dml {

std::vector<std::vector<std::uint32_t>> split_samples(Invocation& call, const Dataset& data, const std::optional<Chain>& partition, std::size_t nodes) {
  const auto partitioner = call.families().get<Partitioner>().make(partition ? single(*partition, "--partition") : Component{"iid", {}});
  const OpenOptions open = call.open();
  const PartitionSetup setup{nodes, call.common().seed, &data.train.group, &open};
  if (data.train.y.empty()) return partitioner->split(std::vector<std::int32_t>(data.train.count), 1, setup);
  return partitioner->split(data.train.y, data.classes, setup);
}

namespace {

// A component that a stranger's record names: what is wrong with it is the record's fault, not the user's.
std::optional<Chain> from_meta(const Record& model, const std::string& key, const std::string& where) {
  const auto text = get_text(model.meta, key);
  if (!text) return std::nullopt;
  try {
    return parse_chain(*text);
  } catch (const Error& error) {
    throw Error(Fault::input, where + ": its " + key + " " + quote(*text) + " is no component", "say --" + key);
  }
}

}  // namespace

Problem make_problem(Invocation& call, const Chain& objective, const std::optional<Chain>& data, torch::Device device) {
  Problem problem;
  const auto& component = single(objective, "--objective");
  const auto source = call.families().get<ObjectiveSource>().make(component);
  problem.objective_name = to_string(component);
  if (!source->needs_data() && data) throw Error(Fault::usage, "objective " + quote(component.name) + " takes no --data");
  if (source->needs_data()) {
    const auto from = data ? *data : Chain{{"digits", {}}};
    problem.data = std::make_shared<const Dataset>(load_dataset(call.families(), from, call.open()));
    problem.data_name = to_string(from);
    log(Level::detail, "data " + problem.data_name + ": " + std::to_string(problem.data->train.count) + " training and " +
                           std::to_string(problem.data->test.count) + " test samples");
  }
  problem.objective = source->build(problem.data, device);
  log(Level::detail, "objective " + problem.objective_name + ": " + std::to_string(problem.objective->dim()) + " parameters");
  return problem;
}

Setup training_setup(Invocation& call, const TrainingOptions& options, std::size_t nodes) {
  set_math_threads(options.math_threads);
  const auto problem = make_problem(call, options.objective, options.data, parse_device(options.device));
  Setup setup;
  setup.families = &call.families();
  setup.objective = problem.objective;
  setup.objective_name = problem.objective_name;
  setup.data_name = problem.data_name;
  setup.nodes = nodes;
  setup.seed = call.common().seed;
  setup.local_steps = options.local_steps;
  setup.batch = options.batch;
  setup.lr = options.lr;
  setup.solver = options.solver;
  if (problem.data) setup.parts = split_samples(call, *problem.data, options.partition, nodes);
  else if (options.partition) throw Error(Fault::usage, "objective " + quote(problem.objective_name) + " has no data, so --partition says nothing");
  return setup;
}

Problem problem_of(Invocation& call, const Record& model, const std::string& where, const std::optional<Chain>& objective,
                   const std::optional<Chain>& data, torch::Device device) {
  const auto wanted = objective ? objective : from_meta(model, "objective", where);
  if (!wanted) throw Error(Fault::input, where + " does not say which objective it is for", "say --objective");
  const auto from = data ? data : from_meta(model, "data", where);
  try {
    if (!from && call.families().get<ObjectiveSource>().make(single(*wanted, "--objective"))->needs_data())
      throw Error(Fault::input, where + " does not say which data it was trained on", "say --data");
    return make_problem(call, *wanted, from, device);
  } catch (const Error& error) {
    if (error.fault() != Fault::usage || (objective && data)) throw;
    throw Error(objective || data ? Fault::usage : Fault::input, where + ": " + error.what(), error.hint());
  }
}

std::optional<Record> next_model(RecordReader& reader) {
  auto record = reader.next();
  if (record && record->kind != "model") throw Error(Fault::input, reader.where() + " is of kind " + quote(record->kind) + ", not a model");
  return record;
}

}  // namespace dml
