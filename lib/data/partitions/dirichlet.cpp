// Dirichlet per class: the samples of each class, shuffled, are cut at the cumulative shares of one draw from Dir(alpha) over the nodes;
// all classes are drawn again until every node has `least` samples. Every sample goes to one node. Small alpha: few nodes hold a class; large: nearly IID.
// Source: Hsu et al. 2019 (arXiv 1909.06335) and Yurochkin et al., ICML 2019, as card single-merge's behaviour check uses it.
// Draws: class c of try k from ("dirichlet", seed, c, k). Symbols: alpha.
#include "base/text.h"
#include "data/split.h"

namespace dml {
namespace {

struct DirichletOptions {
  double alpha = 0.1;
  int least = 1;
};

class Dirichlet final : public Partitioner {
 public:
  explicit Dirichlet(DirichletOptions options) : options_(options) {}
  Parts split(const std::vector<std::int32_t>& labels, int classes, const PartitionSetup& setup) const override {
    const auto least = static_cast<std::size_t>(options_.least);
    need_samples(labels, setup, least, "dirichlet");
    const Parts by_class = samples_by_class(labels, classes);
    return draw_until(least, setup.nodes * by_class.size(), "dirichlet:alpha=" + format_number(options_.alpha),
                      [&](std::uint32_t attempt) { return draw(by_class, setup, attempt); });
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
                          Options<DirichletOptions>()
                              .add("alpha", &DirichletOptions::alpha, "small: a class lies with few nodes; large: nearly iid", above(0))
                              .add("least", &DirichletOptions::least, "drawn again until every node has so many samples", at_least(1)));
}

}  // namespace dml
