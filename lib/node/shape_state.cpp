#include "node/shape_state.h"

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

std::string name_nodes(const std::vector<NodeId>& nodes) {
  constexpr std::size_t kMost = 4;
  std::string text = nodes.size() == 1 ? "node " : "nodes ";
  for (std::size_t i = 0; i < nodes.size() && i < kMost; ++i) text += (i ? ", " : "") + std::to_string(nodes[i]);
  return nodes.size() > kMost ? text + " and " + std::to_string(nodes.size() - kMost) + " more" : text;
}

}  // namespace dml
