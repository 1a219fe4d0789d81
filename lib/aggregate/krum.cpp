// Krum: the one input that lies closest to its nearest others, over the whole flattened vector.
// Source: Blanchard et al., Machine Learning with Adversaries: Byzantine Tolerant Gradient Descent, NeurIPS 2017, section 4.
//   n      rows.count()        f   `byzantine`, less the inputs that were dropped before
//   s(i)   sum of ||x_i - x_j||^2 over the k nearest others j; the output is x_i of the least s(i), ties to the smaller index
//   k      n - f - 1 as in ByzFL ("the n - f nearest, itself included"), 2f < n; or n - f - 2 as in the paper, n >= 2f + 3
// Distances are sums of squared differences in double. Weights are ignored: the output is one of the inputs.
#include <algorithm>

#include "aggregate/aggregator.h"
#include "aggregate/neighbours.h"
#include "math/reduce.h"

namespace dml {
namespace {

struct KrumOptions {
  int byzantine = required;
  std::string neighbours = "byzfl";
};

class Krum final : public Aggregator {
 public:
  explicit Krum(KrumOptions options) : options_(std::move(options)) {}
  void combine(const Rows<float>& rows, float* out, const AggregationContext& context) const override { choose(rows, out, context); }
  void combine(const Rows<double>& rows, double* out, const AggregationContext& context) const override { choose(rows, out, context); }

 private:
  std::size_t nearest(std::size_t n, std::size_t dropped) const {
    const std::size_t f = effective_byzantine("krum", options_.byzantine, n, dropped);
    if (options_.neighbours == "byzfl") return n - f - 1;
    if (n < 2 * f + 3)
      throw Error(Fault::method, "krum with neighbours = blanchard needs at least 2f + 3 inputs: " + std::to_string(n) +
                                     " with byzantine = " + std::to_string(f));
    return n - f - 2;
  }

  template <class T>
  void choose(const Rows<T>& rows, T* out, const AggregationContext& context) const {
    const std::size_t n = rows.count(), k = nearest(n, context.dropped);
    const T* winner = rows.row[least(neighbour_scores(squared_distances(rows.row, rows.columns), n, k))];
    std::copy(winner, winner + rows.columns, out);
  }
  KrumOptions options_;
};

}  // namespace

void register_krum(Registry<Aggregator>& registry) {
  registry.add<Krum>(
      {"krum", "the input closest to its nearest others; ignores weights", "Blanchard et al., NeurIPS 2017, section 4"},
      Options<KrumOptions>()
          .add("byzantine", &KrumOptions::byzantine, "f, how many inputs may lie", at_least(0))
          .add("neighbours", &KrumOptions::neighbours, "nearest others that count: byzfl n-f-1, blanchard n-f-2", one_of({"byzfl", "blanchard"})),
      {Trait::permutation_invariant, Trait::translation_equivariant, Trait::scale_equivariant, Trait::byzantine, Trait::selects_input,
       Trait::two_pass, Trait::exact_anywhere});
}

}  // namespace dml
