// How alike two nodes are, seen from one of them. Source: A. Gold and J. Pouwelse, arXiv 2301.12530; card g-rank.
#pragma once
#include <cstdint>
#include <map>
#include <vector>

#include "rank/ranker.h"

namespace dml {

struct SimilarityRule {
  std::size_t top = 10;                                    // K
  bool square_terms = false;                               // the notebook's (km + kt^2) / ku instead of the paper's (kt + km^2) / ku
};

/// S_i(j) of every node j in `log` for i = `node`, not normalised: 0 where i and j share no term, else (kt + km^2) / ku with
/// kt = terms that are among the K most frequent of both, km = (term, item) pairs that both clicked, ku = items that either clicked.
std::map<std::uint32_t, double> raw_similarities(const std::vector<Interaction>& log, std::uint32_t node, const SimilarityRule& rule);

/// Divided by the largest value, so that all lie in [0, 1]. `include_self`: the node's own value may be the largest; otherwise the
/// largest is sought among the others and the node itself gets 1. All stay 0 where the largest is 0.
std::map<std::uint32_t, double> normal_similarities(std::map<std::uint32_t, double> raw, std::uint32_t node, bool include_self);

}  // namespace dml
