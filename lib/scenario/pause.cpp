// A node does nothing for a while, as a stopped process would; what comes in waits. Nobody is told, nothing is lost.
// Source: fail-slow processes, Gunawi et al., FAST 2018.
#include "scenario/when.h"

namespace dml {
namespace {

struct PauseOptions : OneNodeOptions { double seconds = required; };

class Pause final : public Scenario {
 public:
  explicit Pause(PauseOptions options) : options_(options) {}
  std::unique_ptr<Disturbance> begin(const ScenarioSetup& setup) const override {
    const NodeId node = checked_node(options_.node, setup, "scenario pause");
    return std::make_unique<Timeline>(std::vector{happening_at(options_, Upset::pause, node, options_.seconds, "pause")});
  }

 private:
  PauseOptions options_;
};

}  // namespace

void register_pause(Registry<Scenario>& registry) {
  registry.add<Pause>({"pause", "a node does nothing for a while", "fail-slow processes: Gunawi et al., FAST 2018"},
                      with_node(Options<PauseOptions>())
                          .add("seconds", &PauseOptions::seconds, "for how long", above(0)));
}

}  // namespace dml
