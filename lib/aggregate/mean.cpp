// The weighted mean: what federated averaging adds up, and the rule that one liar moves as far as he likes.
// Source: McMahan et al., Communication-Efficient Learning of Deep Networks from Decentralized Data, AISTATS 2017, algorithm 1.
//   x_i   row i                     w_i   context.weights[i], the number of samples behind it; 1 where no weights are given
//   out_j = (sum_i w_i x_ij) / (sum_i w_i), both sums in double, in row order; one division; one rounding to the element type
// These very operations are `dtrain fedavg` and `daggregate mean` alike, so their bits are equal.
#include <cmath>

#include "aggregate/aggregator.h"
#include "math/columns.h"

namespace dml {
namespace {

class Mean final : public Aggregator {
 public:
  void combine(const Rows<float>& rows, float* out, const AggregationContext& context) const override { mean(rows, out, context); }
  void combine(const Rows<double>& rows, double* out, const AggregationContext& context) const override { mean(rows, out, context); }

 private:
  template <class T>
  static void mean(const Rows<T>& rows, T* out, const AggregationContext& context) {
    const auto weights = context.weights.empty() ? std::vector<double>(rows.count(), 1.0) : context.weights;
    double total = 0;
    for (const double weight : weights) total += weight;
    if (!(total > 0) || !std::isfinite(total)) throw Error(Fault::input, "mean: the weights of the inputs add up to " + show_value(total));
    weighted_rows(rows.row, rows.columns, weights, total, out);
  }
};

}  // namespace

void register_mean(Registry<Aggregator>& registry) {
  registry.add<Mean>({"mean", "average, weighted by the inputs' weights when all carry one", "McMahan et al., AISTATS 2017, algorithm 1"},
                     {Trait::permutation_invariant, Trait::translation_equivariant, Trait::scale_equivariant, Trait::weighted,
                      Trait::exact_anywhere});
}

}  // namespace dml
