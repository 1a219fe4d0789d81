#include "node/shape_state.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace dml {

Record wrap_state(Record method, const std::string& shape, Progress progress) {
  Attributes meta{{"shape", shape}, {"round", progress.round}, {"finished", progress.finished}, {"method", std::move(method.meta)}};
  return {"state", std::move(meta), std::move(method.tensors), std::move(method.extra)};
}

Progress unwrap_state(const Record& state, const std::string& shape, std::uint64_t rounds, Record& method) {
  const auto found = get_text(state.meta, "shape");
  const auto round = get_unsigned(state.meta, "round");
  const auto finished = get_bool(state.meta, "finished");
  const auto entry = state.meta.find("method");
  const Attributes* attributes = entry == state.meta.end() ? nullptr : entry->second.get_if<Attributes>();
  if (state.kind != "state" || !found || !round || !finished || !attributes)
    throw Error(Fault::input, "no state of a node: it lacks the kind 'state', or one of shape, round, finished, method");
  if (*found != shape) throw Error(Fault::input, "the state of another kind of node: shape " + quote(*found) + " instead of " + quote(shape));
  if (*round > rounds)
    throw Error(Fault::input, "the state is at round " + std::to_string(*round) + ", the run has " + std::to_string(rounds));
  method = {"state", *attributes, state.tensors, state.extra};
  return {*round, *finished};
}

std::vector<std::pair<NodeId, double>> row_without(std::vector<std::pair<NodeId, double>> row, NodeId self, const std::vector<NodeId>& absent,
                                                   bool spreads) {
  double lost = 0, kept = 0;
  std::erase_if(row, [&](const auto& entry) {
    const bool out = std::binary_search(absent.begin(), absent.end(), entry.first);
    (out ? lost : kept) += entry.second;
    return out;
  });
  if (lost == 0) return row;
  for (auto& [j, weight] : row) {
    if (spreads && kept > 0) weight /= kept;
    else if (j == self) weight += lost;
  }
  return row;
}

std::string name_nodes(const std::vector<NodeId>& nodes) {
  constexpr std::size_t kMost = 4;
  std::string text = nodes.size() == 1 ? "node " : "nodes ";
  for (std::size_t i = 0; i < nodes.size() && i < kMost; ++i) text += (i ? ", " : "") + std::to_string(nodes[i]);
  return nodes.size() > kMost ? text + " and " + std::to_string(nodes.size() - kMost) + " more" : text;
}

}  // namespace dml
