// Attackers on the wire: what some nodes send is replaced by an attack from a round on, whatever the program. --attack and --byzantine make
// nodes that lie in everything they do, the models they write included; this only changes messages, and only those of tensors.
// Source: Byzantine senders, Lamport et al., TOPLAS 1982; the attacks are those of --attack. Draws: ("attack", seed, from, round).
#include "attack/attack.h"

#include <algorithm>

#include "base/error.h"
#include "scenario/when.h"

namespace dml {
namespace {

struct AttackOptions {
  std::string rule = required;
  std::vector<double> nodes;
  std::uint64_t from = 0;
};

class AttackAtWork final : public Disturbance {
 public:
  AttackAtWork(const AttackOptions& options, const ScenarioSetup& setup)
      : from_(options.from), seed_(setup.seed), attack_(setup.families->get<Attack>().make(parse_component(options.rule))) {
    for (const double node : options.nodes) {
      if (node < 0 || node != static_cast<double>(static_cast<std::uint64_t>(node))) throw Error(Fault::usage, "attack:nodes is a list of node numbers, such as 0,3");
      attackers_.push_back(checked_node(static_cast<std::uint64_t>(node), setup, "scenario attack"));
    }
    std::sort(attackers_.begin(), attackers_.end());
  }

  std::shared_ptr<const Record> alter(const Transit& transit, std::shared_ptr<const Record> payload) override {
    if (transit.round < from_ || payload->tensors.empty() || !std::binary_search(attackers_.begin(), attackers_.end(), transit.from)) return payload;
    Rng rng("attack", seed_, transit.from, static_cast<std::uint32_t>(transit.round));
    return std::make_shared<const Record>(attack_record(*attack_, *payload, rng));
  }

 private:
  std::uint64_t from_, seed_;
  std::unique_ptr<const Attack> attack_;
  std::vector<NodeId> attackers_;
};

class AttackScenario final : public Scenario {
 public:
  explicit AttackScenario(AttackOptions options) : options_(std::move(options)) {
    if (options_.nodes.empty()) throw Error(Fault::usage, "attack:nodes is required: the nodes whose messages are replaced");
  }
  std::unique_ptr<Disturbance> begin(const ScenarioSetup& setup) const override { return std::make_unique<AttackAtWork>(options_, setup); }

 private:
  AttackOptions options_;
};

}  // namespace

void register_attack(Registry<Scenario>& registry) {
  using O = AttackOptions;
  registry.add<AttackScenario>({"attack", "the messages of some nodes are replaced by an attack", "Byzantine senders: Lamport et al., TOPLAS 1982"},
                               Options<O>()
                                   .add("rule", &O::rule, "the attack: an entry of that family")
                                   .add("nodes", &O::nodes, "whose messages, such as 0,3")
                                   .add("from", &O::from, "from which round on"));
}

}  // namespace dml
