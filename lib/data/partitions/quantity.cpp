// Quantity skew: the samples, shuffled, are cut at the cumulative shares of one draw from Dir(alpha) over the nodes, after every node got
// `least`. All nodes see the same mixture of classes, some much more of it. Every sample goes to one node.
// Source: Li et al., ICDE 2022 (NIID-Bench), section IV-C. Draws: ("quantity", seed). Symbols: beta -> alpha.
// Deviation: the floor of `least` samples comes first, so that no draw is ever thrown away.
#include <algorithm>
#include <numeric>

#include "data/split.h"

namespace dml {
namespace {

struct QuantityOptions {
  double alpha = 0.5;
  int least = 1;
};

class Quantity final : public Partitioner {
 public:
  explicit Quantity(QuantityOptions options) : alpha_(options.alpha), least_(static_cast<std::size_t>(options.least)) {}
  Parts split(const std::vector<std::int32_t>& labels, int, const PartitionSetup& setup) const override {
    need_samples(labels, setup, least_, "quantity");
    std::vector<std::uint32_t> order(labels.size());
    std::iota(order.begin(), order.end(), 0u);
    Rng rng("quantity", setup.seed);
    const auto ends = cuts(dirichlet(rng, setup.nodes, alpha_), order.size() - setup.nodes * least_);
    rng.shuffle(std::span(order));
    Parts parts(setup.nodes);
    auto from = order.begin();
    for (std::size_t k = 0; k < setup.nodes; ++k) {
      const auto to = order.begin() + static_cast<std::ptrdiff_t>(ends[k] + (k + 1) * least_);
      parts[k].assign(from, to);
      std::sort(parts[k].begin(), parts[k].end());
      from = to;
    }
    return parts;
  }

 private:
  double alpha_;
  std::size_t least_;
};

}  // namespace

void register_quantity(Registry<Partitioner>& registry) {
  registry.add<Quantity>({"quantity", "same mixture of classes, Dirichlet numbers of samples", "Li et al., ICDE 2022 (NIID-Bench)"},
                         Options<QuantityOptions>()
                             .add("alpha", &QuantityOptions::alpha, "small: few nodes hold nearly all; large: equal numbers", above(0))
                             .add("least", &QuantityOptions::least, "samples that every node has at least", at_least(1)));
}

}  // namespace dml
