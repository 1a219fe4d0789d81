// Dirichlet per node: node k draws its own mixture of classes p_k ~ Dir(alpha) and takes `samples` distinct samples, each of a class
// drawn by p_k (among the classes of which it has not yet taken all). Nodes may hold the same samples, some samples may lie with nobody.
// Source: Zhu et al. 2025 (arXiv 2507.06542), reference code; card single-merge, 'hyper-parameters'.
// Draws: node k from ("dirichlet-node", seed, k). Symbols: alpha.
#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "data/split.h"

namespace dml {
namespace {

struct DirichletNodeOptions {
  double alpha = 0.1;
  int samples = 0;
};

class DirichletNode final : public Partitioner {
 public:
  explicit DirichletNode(DirichletNodeOptions options) : options_(options) {}
  Parts split(const std::vector<std::int32_t>& labels, int classes, const PartitionSetup& setup) const override {
    if (setup.nodes == 0) throw Error(Fault::usage, "partition 'dirichlet-node' needs at least one node");
    if (!options_.samples) need_samples(labels, setup, 1, "dirichlet-node");
    const std::size_t each = options_.samples ? static_cast<std::size_t>(options_.samples) : labels.size() / setup.nodes;
    if (each > labels.size())
      throw Error(Fault::usage, "option 'dirichlet-node:samples' is " + std::to_string(each) + ", there are " + std::to_string(labels.size()) + " samples");
    const Parts by_class = samples_by_class(labels, classes);
    Parts parts(setup.nodes);
    for (std::size_t k = 0; k < setup.nodes; ++k) {
      Rng rng("dirichlet-node", setup.seed, static_cast<std::uint32_t>(k));
      parts[k] = draw(by_class, dirichlet(rng, by_class.size(), options_.alpha), each, rng);
    }
    return parts;
  }

 private:
  static std::vector<std::uint32_t> draw(const Parts& by_class, std::vector<double> weights, std::size_t each, Rng& rng) {
    std::vector<std::size_t> taken(by_class.size());       // how many of each class; which ones is drawn afterwards
    for (std::size_t i = 0; i < each; ++i) ++taken[pick_class(by_class, taken, weights, rng)];
    std::vector<std::uint32_t> out;
    for (std::size_t c = 0; c < by_class.size(); ++c)
      for (const std::size_t at : rng.choose(by_class[c].size(), taken[c])) out.push_back(by_class[c][at]);
    std::sort(out.begin(), out.end());
    return out;
  }

  // A class with samples left, by weight; where all of those have weight 0, each is equally likely.
  static std::size_t pick_class(const Parts& by_class, const std::vector<std::size_t>& taken, std::vector<double>& weights, Rng& rng) {
    double sum = 0;
    for (std::size_t c = 0; c < weights.size(); ++c) {
      if (taken[c] == by_class[c].size()) weights[c] = 0;
      sum += weights[c];
    }
    if (sum <= 0) {
      for (std::size_t c = 0; c < weights.size(); ++c) sum += weights[c] = taken[c] < by_class[c].size() ? 1 : 0;
    }
    const double at = rng.uniform() * sum;
    double passed = 0;
    std::size_t last = 0;
    for (std::size_t c = 0; c < weights.size(); ++c) {
      if (weights[c] == 0) continue;
      last = c;
      passed += weights[c];
      if (at < passed) break;
    }
    return last;
  }
  DirichletNodeOptions options_;
};

}  // namespace

void register_dirichlet_node(Registry<Partitioner>& registry) {
  registry.add<DirichletNode>({"dirichlet-node", "each node draws its own mixture of classes; nodes may overlap", "Zhu et al. 2025, arXiv 2507.06542"},
                              Options<DirichletNodeOptions>()
                                  .add("alpha", &DirichletNodeOptions::alpha, "small: few classes a node; large: nearly iid", above(0))
                                  .add("samples", &DirichletNodeOptions::samples, "distinct samples of every node; 0: all divided by nodes", at_least(0)));
}

}  // namespace dml
