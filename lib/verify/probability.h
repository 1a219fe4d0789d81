// What a majority of verifiers is worth. Source: card gen-ai-consensus, section B; binomial and hypergeometric tails.
#pragma once
#include <cstdint>

namespace dml {

/// P_V: the chance that more than half of `verifiers` (odd) agree when each agrees independently with probability `p` in [0, 1].
/// 3p^2 - 2p^3 for three. Also the chance that a majority collides by accident, with p the chance for one.
double majority_probability(double p, std::uint32_t verifiers);

/// The chance that colluders are the majority: `nodes` of which `colluding` lie, `verifiers` drawn without replacement.
double fraud_probability(std::uint32_t nodes, std::uint32_t colluding, std::uint32_t verifiers);

/// The chance that two unrelated hashes of `bits` fair bits lie within `tolerance` of each other.
double random_match_probability(std::uint32_t bits, std::uint32_t tolerance);

}  // namespace dml
