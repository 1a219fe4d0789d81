// Dirichlet per class: the samples of each class, shuffled, are cut at the cumulative shares of one draw from Dir(alpha) over the nodes;
// all classes are drawn again until no node is empty. Every sample goes to one node. Small alpha: few nodes hold a class; large: nearly IID.
// Source: Hsu et al. 2019 (arXiv 1909.06335) and Yurochkin et al., ICML 2019, as card single-merge's behaviour check uses it.
// Draws: class c of try k from ("dirichlet", seed, c, k). Symbols: alpha.
#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "data/split.h"

namespace dml {
namespace {

constexpr std::size_t kMostTries = 10'000, kLeastTries = 100, kMostDraws = 1'000'000;

struct DirichletOptions { double alpha = 0.1; };

// Where each node's share of a class of `count` samples ends.
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

class Dirichlet final : public Partitioner {
 public:
  explicit Dirichlet(DirichletOptions options) : options_(options) {}
  Parts split(const std::vector<std::int32_t>& labels, int classes, const PartitionSetup& setup) const override {
    need_samples(labels, setup, 1, "dirichlet");
    const Parts by_class = samples_by_class(labels, classes);
    // About a second at most, however hopeless.
    const std::size_t tries = std::clamp(kMostDraws / (setup.nodes * std::max<std::size_t>(1, by_class.size())), kLeastTries, kMostTries);
    for (std::uint32_t attempt = 0; attempt < tries; ++attempt) {
      Parts parts = draw(by_class, setup, attempt);
      if (std::any_of(parts.begin(), parts.end(), [](const auto& part) { return part.empty(); })) continue;
      for (auto& part : parts) std::sort(part.begin(), part.end());
      return parts;
    }
    throw Error(Fault::usage, "partition 'dirichlet:alpha=" + format_number(options_.alpha) + "' left one of " + std::to_string(setup.nodes) +
                                  " nodes empty in each of " + std::to_string(tries) + " draws",
                "a larger alpha, fewer nodes or more samples help");
  }

 private:
  Parts draw(const Parts& by_class, const PartitionSetup& setup, std::uint32_t attempt) const {
    Parts parts(setup.nodes);
    for (std::size_t c = 0; c < by_class.size(); ++c) {
      Rng rng("dirichlet", setup.seed, static_cast<std::uint32_t>(c), attempt);
      auto samples = by_class[c];
      const auto ends = cuts(dirichlet(rng, setup.nodes, options_.alpha), samples.size());
      rng.shuffle(std::span(samples));
      for (std::size_t k = 0, from = 0; k < setup.nodes; from = ends[k++])
        parts[k].insert(parts[k].end(), samples.begin() + static_cast<std::ptrdiff_t>(from), samples.begin() + static_cast<std::ptrdiff_t>(ends[k]));
    }
    return parts;
  }
  DirichletOptions options_;
};

}  // namespace

void register_dirichlet(Registry<Partitioner>& registry) {
  registry.add<Dirichlet>({"dirichlet", "each class cut at Dirichlet shares over the nodes", "Hsu et al. 2019, arXiv 1909.06335"},
                          Options<DirichletOptions>().add("alpha", &DirichletOptions::alpha, "small: a class lies with few nodes; large: nearly iid", above(0)));
}

}  // namespace dml
