#include "train/node_state.h"

#include <numeric>

namespace dml {
namespace {

constexpr std::string_view kModel = "model.", kSolver = "solver.";

void add_prefixed(Record& to, Record from, std::string_view prefix) {
  for (auto& tensor : from.tensors) {
    tensor.name = std::string(prefix) + tensor.name;
    to.tensors.push_back(std::move(tensor));
  }
}

Record with_prefix(const Record& from, std::string_view prefix, std::string kind) {
  Record out{std::move(kind), {}, {}, {}};
  for (const auto& tensor : from.tensors) {
    if (!tensor.name.starts_with(prefix)) continue;
    out.tensors.push_back(tensor);
    out.tensors.back().name.erase(0, prefix.size());
  }
  return out;
}

}  // namespace

Record model_record(const Setup& setup, const Vec& x, NodeId node, std::uint64_t round) {
  Record out = to_record(*setup.objective, x, "model");
  std::uint64_t samples = 0;
  if (node < setup.nodes) samples = setup.parts[node].size();
  else
    for (const auto& part : setup.parts) samples += part.size();
  out.meta = {{"round", round}, {"node", node}, {"objective", setup.objective_name}, {"weight", static_cast<double>(samples)}};
  if (!setup.data_name.empty()) out.meta["data"] = setup.data_name;
  return out;
}

Record training_state(const Setup& setup, const Vec& x, const Worker& worker) {
  Record out{"state", {}, {}, {}};
  Record solver = worker.save();
  if (!solver.meta.empty()) out.meta["solver"] = solver.meta;
  add_prefixed(out, to_record(*setup.objective, x, "state"), kModel);
  add_prefixed(out, std::move(solver), kSolver);
  sort_tensors(out, "a node's state");
  return out;
}

Vec restore_training(const Setup& setup, const Record& state, Worker& worker) {
  Record solver = with_prefix(state, kSolver, "solver");
  if (const auto found = state.meta.find("solver"); found != state.meta.end())
    if (const auto* meta = found->second.get_if<Attributes>()) solver.meta = *meta;
  worker.load(solver);
  return from_record(*setup.objective, with_prefix(state, kModel, "state"), "the saved state");
}

}  // namespace dml
