// What schedules share: how far a run is, and bounds on the numbers of peers.
#pragma once
#include <cstdint>
#include <string>

namespace dml {

/// q = (t + 1) / T of round t = 0..T-1 (card single-merge); 1 where T is 0.
inline double progress(std::uint64_t round, std::uint64_t rounds) {
  return rounds == 0 ? 1.0 : static_cast<double>(round + 1) / static_cast<double>(rounds);
}

/// Sums such as .2 + .1 exceed .3 in double; thresholds are compared with this slack.
inline constexpr double kProgressSlack = 1e-9;

/// A number of peers below 0 becomes 0, with a warning that names the option.
double no_less_than_zero(double peers, const std::string& option);

}  // namespace dml
