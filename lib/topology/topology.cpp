#include "topology/topology.h"

namespace dml {

void index_receivers(Mixing& mixing) {
  mixing.receivers.assign(mixing.rows.size(), {});
  for (std::size_t i = 0; i < mixing.rows.size(); ++i)
    for (const auto& [j, weight] : mixing.rows[i])
      if (j != i && weight > 0) mixing.receivers[j].push_back(static_cast<NodeId>(i));
}

std::unique_ptr<TopologyRule> topology_rule(const Registry<TopologyRule>& registry, const std::string& text) {
  // "edges:file=ring.edges" also ends in .edges, but a component's name is known to the registry and a path is not.
  const bool component = registry.find(text.substr(0, text.find(':'))) != nullptr;
  if (!component && text.ends_with(".edges")) return registry.make(Component{"edges", {{"file", text}}});
  return registry.make(text);
}

}  // namespace dml
