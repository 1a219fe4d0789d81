#include "scenario/when.h"

#include "base/error.h"

namespace dml {

Happening happening_at(const WhenOptions& when, Upset what, NodeId node, double seconds, const std::string& part) {
  if (when.round.has_value() == when.time.has_value())
    throw Error(Fault::usage, "scenario " + part + " needs round or time, and not both", "such as " + part + ":node=0,round=5");
  return {what, node, when.round, when.time.value_or(0), seconds};
}

}  // namespace dml
