#include "train/program.h"

#include "base/text.h"

namespace dml {
namespace {

// Closed-form problems have no data to partition: node k holds the terms i with i mod nodes = k.
std::vector<std::vector<std::uint32_t>> deal_terms(const Setup& setup) {
  const auto terms = setup.objective->terms();
  if (terms < setup.nodes)
    throw Error(Fault::usage, "objective " + quote(setup.objective_name) + " has " + std::to_string(terms) + " terms, too few for " +
                                  std::to_string(setup.nodes) + " nodes");
  std::vector<std::vector<std::uint32_t>> parts(setup.nodes);
  for (std::size_t i = 0; i < terms; ++i) parts[i % setup.nodes].push_back(static_cast<std::uint32_t>(i));
  return parts;
}

void check_attack(const Setup& setup) {
  if (setup.attack.empty() && setup.byzantine > 0)
    throw Error(Fault::usage, "--byzantine says how many nodes attack, but there is no --attack", "add --attack sign-flip");
  if (!setup.attack.empty() && setup.byzantine == 0)
    throw Error(Fault::usage, "--attack needs --byzantine: how many nodes attack", "add --byzantine 1");
  if (static_cast<std::size_t>(setup.byzantine) >= setup.nodes)
    throw Error(Fault::usage, "--byzantine is " + std::to_string(setup.byzantine) + ", but there are " + std::to_string(setup.nodes) + " nodes",
                "at least one node must be honest");
}

}  // namespace

std::shared_ptr<const Setup> finish_setup(Setup setup) {
  if (setup.nodes == 0) throw Error(Fault::usage, "a run needs at least one node");
  check_attack(setup);
  if (setup.solver.empty()) setup.solver = {{"sgd", {}}};
  if (setup.parts.empty()) setup.parts = deal_terms(setup);
  if (setup.parts.size() != setup.nodes) throw Error(Fault::bug, "the partition is one for another number of nodes");
  for (std::size_t i = 0; i < setup.nodes; ++i)
    if (setup.parts[i].empty()) throw Error(Fault::usage, "node " + std::to_string(i) + " holds no samples");
  if (!setup.initial.defined()) {
    Rng rng("init", setup.seed);
    setup.initial = setup.objective->initial(rng);
  }
  return std::make_shared<const Setup>(std::move(setup));
}

TopologySetup topology_setup(const Setup& setup) {
  TopologySetup out{setup.nodes, setup.seed};
  for (const auto& part : setup.parts) out.samples.push_back(static_cast<double>(part.size()));
  return out;
}

std::vector<std::unique_ptr<Node>> make_nodes(const Program& program, const std::shared_ptr<const Setup>& setup) {
  const auto make = program.prepare(setup);
  std::vector<std::unique_ptr<Node>> nodes;
  for (NodeId id = 0; id < setup->nodes + program.servers(); ++id) nodes.push_back(make(id));
  return nodes;
}

const Component& single(const Chain& chain, const std::string& option) {
  if (chain.size() != 1) throw Error(Fault::usage, option + " takes one component, not " + std::to_string(chain.size()));
  return chain.front();
}

}  // namespace dml
