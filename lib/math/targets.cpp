#include "math/targets.h"

#include <Eigen/Core>
#include <hwy/highway.h>

#include "base/error.h"
#include "base/text.h"

namespace dml {
namespace {

std::vector<std::int64_t> offered() {
  hwy::SetSupportedTargetsForTest(0);
  return hwy::SupportedAndGeneratedTargets();
}

// Loops look at the chosen target only, which remembers what was supported when it was last updated.
void choose(std::int64_t target) {
  hwy::SetSupportedTargetsForTest(target);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace

std::vector<std::string> vector_targets() {
  std::vector<std::string> names;
  for (const auto target : offered()) names.push_back(hwy::TargetName(target));
  return names;
}

std::string highway_version() { return std::to_string(HWY_MAJOR) + "." + std::to_string(HWY_MINOR) + "." + std::to_string(HWY_PATCH); }

std::string eigen_version() {
  return std::to_string(EIGEN_WORLD_VERSION) + "." + std::to_string(EIGEN_MAJOR_VERSION) + "." + std::to_string(EIGEN_MINOR_VERSION);
}

void force_vector_target(const std::string& name) {
  if (name.empty()) return choose(0);
  for (const auto target : offered())
    if (name == hwy::TargetName(target)) return choose(target);
  throw Error(Fault::usage, "vector target " + quote(name) + " is unknown", "known: " + join(vector_targets(), ", "));
}

}  // namespace dml
