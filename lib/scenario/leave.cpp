// A node stops for good and says so: the others hear of it after what it sent before, and need no time to notice.
// Source: graceful departure, Rhea et al., USENIX 2004 (churn in a DHT).
#include "scenario/when.h"

namespace dml {
namespace {

using LeaveOptions = OneNodeOptions;

class Leave final : public Scenario {
 public:
  explicit Leave(LeaveOptions options) : options_(options) {}
  std::unique_ptr<Disturbance> begin(const ScenarioSetup& setup) const override {
    const NodeId node = checked_node(options_.node, setup, "scenario leave");
    return std::make_unique<Timeline>(std::vector{happening_at(options_, Upset::leave, node, 0, "leave")});
  }

 private:
  LeaveOptions options_;
};

}  // namespace

void register_leave(Registry<Scenario>& registry) {
  registry.add<Leave>({"leave", "a node stops for good and says goodbye", "graceful departure: Rhea et al., USENIX ATC 2004"},
                      with_node(Options<LeaveOptions>()));
}

}  // namespace dml
