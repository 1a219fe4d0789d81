#include "aggregate/neighbours.h"

#include <algorithm>

namespace dml {

std::vector<double> neighbour_scores(const std::vector<double>& distances, std::size_t count, std::size_t nearest) {
  std::vector<double> scores(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<double> others;
    for (std::size_t j = 0; j < count; ++j)
      if (j != i) others.push_back(distances[i * count + j]);
    std::sort(others.begin(), others.end());
    for (std::size_t k = 0; k < nearest; ++k) scores[i] += others[k];
  }
  return scores;
}

std::size_t least(const std::vector<double>& scores) {
  return static_cast<std::size_t>(std::min_element(scores.begin(), scores.end()) - scores.begin());
}

}  // namespace dml
