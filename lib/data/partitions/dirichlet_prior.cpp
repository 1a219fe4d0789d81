// Dirichlet proportions of every node, all samples used: node i draws class proportions q_i ~ Dir(alpha C prior), prior the frequencies of
// the C classes, and each class's samples are cut at the cumulative sums of q_ic / sum_j q_jc. In contrast to `dirichlet` the draw is one of
// a node, in contrast to `dirichlet-node` every sample goes to exactly one node. With scores and order=inc or dec each class is cut in order
// of difficulty: then nodes differ in how hard their samples are.
// Source: Vahidian et al., ICCV 2023, reference code (card curricula). Draws: try k, node i from ("dirichlet-prior", seed, i, k); the order
// of the samples from ("dirichlet-prior-order", seed). Symbols: beta -> alpha.
#include "base/text.h"
#include "data/split.h"

namespace dml {
namespace {

struct DirichletPriorOptions {
  double alpha = 0.1;
  int least = 1;
  std::string scores, order = "rand";
};

class DirichletPrior final : public Partitioner {
 public:
  explicit DirichletPrior(DirichletPriorOptions options) : options_(std::move(options)) {}
  Parts split(const std::vector<std::int32_t>& labels, int classes, const PartitionSetup& setup) const override {
    const auto least = static_cast<std::size_t>(options_.least);
    need_samples(labels, setup, least, "dirichlet-prior");
    Rng rng("dirichlet-prior-order", setup.seed);
    const auto order = ordered_samples(labels.size(), options_.order, options_.scores, setup, "dirichlet-prior", rng);
    Parts by_class = samples_by_class(labels, classes);    // for its check of the labels and its sizes
    std::vector<double> prior;
    for (auto& samples : by_class) {
      prior.push_back(options_.alpha * static_cast<double>(classes) * static_cast<double>(samples.size()) / static_cast<double>(labels.size()));
      samples.clear();
    }
    for (const auto i : order) by_class[static_cast<std::size_t>(labels[i])].push_back(i);
    return draw_until(least, setup.nodes * by_class.size(), "dirichlet-prior:alpha=" + format_number(options_.alpha),
                      [&](std::uint32_t attempt) { return draw(by_class, prior, setup, attempt); });
  }

 private:
  static Parts draw(const Parts& by_class, const std::vector<double>& prior, const PartitionSetup& setup, std::uint32_t attempt) {
    std::vector<std::vector<double>> share(by_class.size(), std::vector<double>(setup.nodes));   // class x node
    for (std::size_t i = 0; i < setup.nodes; ++i) {
      Rng rng("dirichlet-prior", setup.seed, static_cast<std::uint32_t>(i), attempt);
      const auto q = dirichlet(rng, prior);
      for (std::size_t c = 0; c < q.size(); ++c) share[c][i] = q[c];
    }
    Parts parts(setup.nodes);
    for (std::size_t c = 0; c < by_class.size(); ++c) {
      double sum = 0;
      for (const double q : share[c]) sum += q;
      for (double& q : share[c]) q = sum > 0 ? q / sum : 1.0 / static_cast<double>(setup.nodes);   // a class that nobody drew
      const auto ends = cuts(share[c], by_class[c].size());
      for (std::size_t i = 0, from = 0; i < setup.nodes; from = ends[i++])
        parts[i].insert(parts[i].end(), by_class[c].begin() + static_cast<std::ptrdiff_t>(from), by_class[c].begin() + static_cast<std::ptrdiff_t>(ends[i]));
    }
    return parts;
  }
  DirichletPriorOptions options_;
};

}  // namespace

void register_dirichlet_prior(Registry<Partitioner>& registry) {
  registry.add<DirichletPrior>({"dirichlet-prior", "each node draws its mixture of classes; no sample lies with two", "Vahidian et al., ICCV 2023"},
                               Options<DirichletPriorOptions>()
                                   .add("alpha", &DirichletPriorOptions::alpha, "small: few classes a node; large: nearly iid", above(0))
                                   .add("least", &DirichletPriorOptions::least, "drawn again until every node has so many samples", at_least(1))
                                   .add("scores", &DirichletPriorOptions::scores, "csv file with a number for every training sample")
                                   .add("order", &DirichletPriorOptions::order, "of a class's samples before they are cut", one_of({"rand", "inc", "dec"})));
}

}  // namespace dml
