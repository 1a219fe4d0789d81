#include "data/split.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "base/text.h"
#include "data/table.h"

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

std::vector<double> dirichlet(Rng& rng, std::size_t k, double alpha) { return dirichlet(rng, std::vector<double>(k, alpha)); }

std::vector<double> dirichlet(Rng& rng, const std::vector<double>& alphas) {
  std::vector<double> out(alphas.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = alphas[i] > 0 ? rng.gamma(alphas[i]) : 0;
  const double sum = std::accumulate(out.begin(), out.end(), 0.0);
  if (sum > 0) {
    for (double& v : out) v /= sum;
  } else {
    std::vector<std::size_t> possible;
    for (std::size_t i = 0; i < alphas.size(); ++i)
      if (alphas[i] > 0) possible.push_back(i);
    if (!possible.empty()) out[possible[rng.below(possible.size())]] = 1;   // the limit alpha -> 0
  }
  return out;
}

std::vector<std::size_t> cuts(const std::vector<double>& shares, std::size_t count) {
  std::vector<std::size_t> ends(shares.size());
  double sum = 0;
  for (std::size_t k = 0; k < shares.size(); ++k) {
    sum += shares[k];
    ends[k] = std::min(count, static_cast<std::size_t>(sum * static_cast<double>(count)));
  }
  ends.back() = count;                                     // rounding loses no sample
  return ends;
}

Parts draw_until(std::size_t least, std::size_t work, const std::string& what, const std::function<Parts(std::uint32_t)>& draw) {
  constexpr std::size_t kMostTries = 10'000, kLeastTries = 100, kMostDraws = 1'000'000;
  const std::size_t tries = std::clamp(kMostDraws / std::max<std::size_t>(1, work), kLeastTries, kMostTries);
  for (std::uint32_t attempt = 0; attempt < tries; ++attempt) {
    Parts parts = draw(attempt);
    if (std::any_of(parts.begin(), parts.end(), [&](const auto& part) { return part.size() < least; })) continue;
    for (auto& part : parts) std::sort(part.begin(), part.end());
    return parts;
  }
  throw Error(Fault::usage, "partition '" + what + "' left a node with fewer than " + std::to_string(least) + " samples in each of " + std::to_string(tries) + " draws",
              "a larger alpha, fewer nodes or more samples help");
}

std::vector<double> read_column(const std::string& path, std::size_t count, const PartitionSetup& setup) {
  if (!setup.open) throw Error(Fault::bug, "a partition that reads a file, without formats");
  const Tensor table = read_array(path, "csv", *setup.open);
  if (table.shape.size() != 2 || table.shape[1] != 1 || table.shape[0] != static_cast<std::int64_t>(count))
    throw Error(Fault::input, quote(path) + " holds " + shape_text(table.shape) + " numbers, must hold one for each of " + std::to_string(count) + " training samples");
  return to_doubles(table);
}

std::vector<std::uint32_t> ordered_samples(std::size_t count, const std::string& order, const std::string& scores, const PartitionSetup& setup,
                                           const std::string& rule, Rng& rng) {
  std::vector<std::uint32_t> out(count);
  std::iota(out.begin(), out.end(), 0u);
  if (order == "rand") {
    rng.shuffle(std::span(out));
    return out;
  }
  if (scores.empty()) throw Error(Fault::usage, "option '" + rule + ":order' is " + order + ", which needs scores=FILE");
  const auto score = read_column(scores, count, setup);
  std::stable_sort(out.begin(), out.end(), [&](std::uint32_t a, std::uint32_t b) { return score[a] < score[b]; });
  if (order == "dec") std::reverse(out.begin(), out.end());
  return out;
}

void need_samples(const std::vector<std::int32_t>& labels, const PartitionSetup& setup, std::size_t each, const std::string& rule) {
  if (setup.nodes == 0) throw Error(Fault::usage, "partition '" + rule + "' needs at least one node");
  if (labels.size() / each < setup.nodes)
    throw Error(Fault::usage, "partition '" + rule + "' cannot give " + std::to_string(setup.nodes) + " nodes " + std::to_string(each) +
                                  " or more of " + std::to_string(labels.size()) + " samples",
                "iid:samples=N and dirichlet-node:samples=N let nodes share samples");
}

}  // namespace dml
