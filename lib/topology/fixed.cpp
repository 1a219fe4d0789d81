#include "topology/fixed.h"

#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"

namespace dml {
namespace {

constexpr std::uint32_t kConnectTries = 100;

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

namespace {

const std::vector<std::pair<std::string, Mixing (*)(std::size_t, const Edges&)>>& plain_rules() {
  static const std::vector<std::pair<std::string, Mixing (*)(std::size_t, const Edges&)>> rules = {
      {"metropolis-hastings", metropolis}, {"max-degree", max_degree}, {"uniform", uniform_neighbour}, {"walk", walk}, {"pairwise", expected_pairwise}};
  return rules;
}

std::vector<double> samples_of(const TopologySetup& setup) {
  return setup.samples.empty() ? std::vector<double>(setup.nodes, 1.0) : setup.samples;
}

}  // namespace

std::vector<std::string> weight_rules() {
  std::vector<std::string> names;
  for (const auto& rule : plain_rules()) names.push_back(rule.first);
  names.push_back("data-size");
  return names;
}

Mixing weighed(const TopologySetup& setup, const Edges& edges, const WeightOptions& options) {
  const auto made = [&] {
    for (const auto& [name, rule] : plain_rules())
      if (name == options.weights) return rule(setup.nodes, edges);
    return data_size(neighbours(setup.nodes, edges), samples_of(setup));
  };
  return options.lazy ? lazy(made()) : made();
}

Mixing weighed(const TopologySetup& setup, const std::vector<std::vector<NodeId>>& senders, const DirectedOptions& options) {
  Mixing made = options.weights == "data-size" ? data_size(senders, samples_of(setup)) : mean_of_senders(senders);
  return options.lazy ? lazy(made) : made;
}

void need_connected(const std::string& what, std::size_t count, std::size_t nodes, Fault fault, const std::string& hint) {
  if (count > 1) throw Error(fault, what + " is disconnected: " + std::to_string(count) + " components for " + std::to_string(nodes) + " nodes", hint);
}

std::unique_ptr<Topology> graph_topology(const TopologySetup& setup, Edges edges, const WeightOptions& options, const std::string& what) {
  need_connected(what, components(setup.nodes, edges).count, setup.nodes, Fault::usage);
  Mixing mixing = weighed(setup, edges, options);
  return std::make_unique<FixedTopology>(std::move(mixing), std::move(edges));
}

Edges link_components(const TopologySetup& setup, Edges edges) {
  const auto parts = components(setup.nodes, edges);
  std::vector<std::vector<NodeId>> members(parts.count);
  for (std::size_t i = 0; i < parts.of.size(); ++i) members[parts.of[i]].push_back(static_cast<NodeId>(i));
  Rng rng("topology-link", setup.seed);
  for (std::size_t k = 0; k + 1 < parts.count; ++k) {
    const NodeId i = members[k][rng.below(members[k].size())];
    edges.emplace_back(i, members[k + 1][rng.below(members[k + 1].size())]);
  }
  return simple_graph(std::move(edges));
}

Edges connected_graph(const TopologySetup& setup, const std::string& connect, const std::string& what,
                      const std::function<Edges(std::uint32_t attempt)>& draw) {
  const bool retry = connect == "retry";
  std::size_t count = 0;
  for (std::uint32_t attempt = 0; attempt < (retry ? kConnectTries : 1); ++attempt) {
    Edges edges = simple_graph(draw(attempt));
    count = components(setup.nodes, edges).count;
    if (count <= 1) return edges;
    if (connect == "link") return link_components(setup, std::move(edges));
  }
  need_connected(retry ? what + " (the last of " + std::to_string(kConnectTries) + " draws)" : what, count, setup.nodes, Fault::usage,
                 retry ? "a denser graph or connect=link helps" : "connect=retry draws again, connect=link joins the components");
  throw Error(Fault::bug, "a connected graph was not returned");
}

void need_nodes(const TopologySetup& setup) {
  if (setup.nodes == 0) throw Error(Fault::usage, "a topology needs at least one node");
  if (setup.nodes > 0xffffffffu) throw Error(Fault::usage, "a topology has at most 4294967295 nodes");
}

}  // namespace dml
