// A node that was not there from the start, or had gone, is there from now on. Where the method needs it, it starts from the state of a
// participant that is there, and counts from the next round that nobody has begun.
// Source: state transfer to late joiners, Birman and Joseph, SOSP 1987.
#include "scenario/when.h"

namespace dml {
namespace {

using JoinOptions = OneNodeOptions;

class Join final : public Scenario {
 public:
  explicit Join(JoinOptions options) : options_(options) {}
  std::unique_ptr<Disturbance> begin(const ScenarioSetup& setup) const override {
    const NodeId node = checked_node(options_.node, setup, "scenario join");
    return std::make_unique<Timeline>(std::vector{happening_at(options_, Upset::join, node, 0, "join")});
  }

 private:
  JoinOptions options_;
};

}  // namespace

void register_join(Registry<Scenario>& registry) {
  registry.add<Join>({"join", "a node comes late, or comes back, with the state of another", "state transfer: Birman and Joseph, SOSP 1987"},
                      with_node(Options<JoinOptions>()));
}

}  // namespace dml
