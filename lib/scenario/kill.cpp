// A node dies without a word and starts again after a while from its state after its last complete round; what it computes again is not
// sent twice, and what others sent to it since is sent again. Nobody is told, nothing is lost.
// Source: crash and recovery with stable storage, Schlichting and Schneider, TOCS 1983.
#include "scenario/when.h"

namespace dml {
namespace {

struct KillOptions : OneNodeOptions { double seconds = required; };

class Kill final : public Scenario {
 public:
  explicit Kill(KillOptions options) : options_(options) {}
  std::unique_ptr<Disturbance> begin(const ScenarioSetup& setup) const override {
    const NodeId node = checked_node(options_.node, setup, "scenario kill");
    return std::make_unique<Timeline>(std::vector{happening_at(options_, Upset::kill, node, options_.seconds, "kill")});
  }

 private:
  KillOptions options_;
};

}  // namespace

void register_kill(Registry<Scenario>& registry) {
  registry.add<Kill>({"kill", "a node dies, and starts again from its last complete round", "crash and recovery: Schlichting and Schneider, TOCS 1983"},
                      with_node(Options<KillOptions>())
                          .add("seconds", &KillOptions::seconds, "until it is back", above(0)));
}

}  // namespace dml
