#include "data/split.h"

#include <numeric>

#include "base/error.h"

namespace dml {

Parts samples_by_class(const std::vector<std::int32_t>& labels, int classes) {
  Parts out(static_cast<std::size_t>(classes > 0 ? classes : 0));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] < 0 || labels[i] >= classes)
      throw Error(Fault::input, "sample " + std::to_string(i) + " has label " + std::to_string(labels[i]) + " of " + std::to_string(classes) + " classes");
    out[static_cast<std::size_t>(labels[i])].push_back(static_cast<std::uint32_t>(i));
  }
  return out;
}

std::vector<double> dirichlet(Rng& rng, std::size_t k, double alpha) {
  std::vector<double> out(k);
  for (double& v : out) v = rng.gamma(alpha);
  const double sum = std::accumulate(out.begin(), out.end(), 0.0);
  if (sum > 0) {
    for (double& v : out) v /= sum;
  } else {
    out[rng.below(k)] = 1;                                 // the limit alpha -> 0
  }
  return out;
}

void need_samples(const std::vector<std::int32_t>& labels, const PartitionSetup& setup, std::size_t each, const std::string& rule) {
  if (setup.nodes == 0) throw Error(Fault::usage, "partition '" + rule + "' needs at least one node");
  if (labels.size() / each < setup.nodes)
    throw Error(Fault::usage, "partition '" + rule + "' cannot give " + std::to_string(setup.nodes) + " nodes " + std::to_string(each) +
                                  " or more of " + std::to_string(labels.size()) + " samples");
}

}  // namespace dml
