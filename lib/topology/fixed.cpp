#include "topology/fixed.h"

#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"

namespace dml {
namespace {

constexpr std::uint32_t kConnectTries = 100;

[[noreturn]] void disconnected(const std::string& what, std::size_t count, std::size_t nodes, Fault fault, const std::string& hint) {
  throw Error(fault, what + " is disconnected: " + std::to_string(count) + " components for " + std::to_string(nodes) + " nodes", hint);
}

Edges link_components(const TopologySetup& setup, Edges edges, const Components& parts) {
  std::vector<std::vector<NodeId>> members(parts.count);
  for (std::size_t i = 0; i < parts.of.size(); ++i) members[parts.of[i]].push_back(static_cast<NodeId>(i));
  Rng rng("topology-link", setup.seed);
  for (std::size_t k = 0; k + 1 < parts.count; ++k) {
    const NodeId i = members[k][rng.below(members[k].size())];
    edges.emplace_back(i, members[k + 1][rng.below(members[k + 1].size())]);
  }
  return simple_graph(std::move(edges));
}

}  // namespace

double PeerLimit::clamp(double peers) const {
  if (peers > most_)
    std::call_once(warned_, [&] {
      warn("the schedule asks for " + format_number(peers) + " peers, a node has only " + format_number(most_) + ": clamped");
    });
  return std::clamp(peers, 0.0, most_);
}

FixedTopology::FixedTopology(Mixing mixing, Edges edges)
    : mixing_(std::make_shared<const Mixing>(std::move(mixing))), edges_(std::move(edges)), limit_(mixing_->nodes()) {}

std::shared_ptr<const Mixing> FixedTopology::at(std::uint64_t, double peers) const {
  if (peers < 0 || !limit_.all(limit_.clamp(peers))) return mixing_;
  std::call_once(once_, [this] { mean_ = std::make_shared<const Mixing>(exact_mean(mixing_->nodes())); });
  return mean_;
}

std::shared_ptr<const Mixing> RoundCache::get(std::uint64_t round, double peers, const std::function<Mixing()>& make) const {
  const std::lock_guard lock(mutex_);
  for (const auto& slot : slots_)
    if (slot.mixing && slot.round == round && slot.peers == peers) return slot.mixing;
  Slot& slot = slots_[next_++ % std::size(slots_)];
  slot = {round, peers, std::make_shared<const Mixing>(make())};
  return slot.mixing;
}

std::unique_ptr<Topology> graph_topology(std::size_t nodes, Edges edges, const WeightOptions& options, const std::string& what,
                                         Fault fault) {
  if (const auto parts = components(nodes, edges); parts.count > 1) disconnected(what, parts.count, nodes, fault, "");
  Mixing mixing = options.weights == "uniform"      ? uniform_neighbour(nodes, edges)
                  : options.weights == "max-degree" ? max_degree(nodes, edges)
                                                    : metropolis(nodes, edges);
  if (options.lazy) mixing = lazy(std::move(mixing));
  return std::make_unique<FixedTopology>(std::move(mixing), std::move(edges));
}

Edges connected_graph(const TopologySetup& setup, const std::string& connect, const std::string& what,
                      const std::function<Edges(std::uint32_t attempt)>& draw) {
  const std::uint32_t tries = connect == "retry" ? kConnectTries : 1;
  std::size_t count = 0;
  for (std::uint32_t attempt = 0; attempt < tries; ++attempt) {
    Edges edges = simple_graph(draw(attempt));
    const auto parts = components(setup.nodes, edges);
    if (parts.count <= 1) return edges;
    if (connect == "link") return link_components(setup, std::move(edges), parts);
    count = parts.count;
  }
  disconnected(connect == "retry" ? what + " (the last of " + std::to_string(tries) + " draws)" : what, count, setup.nodes, Fault::usage,
               connect == "retry" ? "a denser graph or connect=link helps" : "connect=retry draws again, connect=link joins the components");
}

void need_nodes(const TopologySetup& setup) {
  if (setup.nodes == 0) throw Error(Fault::usage, "a topology needs at least one node");
  if (setup.nodes > 0xffffffffu) throw Error(Fault::usage, "a topology has at most 4294967295 nodes");
}

}  // namespace dml
