// The median of every coordinate; for an even number of inputs the mean of the two middle values.
// Source: Yin et al., Byzantine-Robust Distributed Learning: Towards Optimal Statistical Rates, ICML 2018, definition 1.
// Weights are ignored: a median that counted them would let one sender claim a majority.
#include "aggregate/aggregator.h"
#include "math/columns.h"

namespace dml {
namespace {

class Median final : public Aggregator {
 public:
  void combine(const Rows<float>& rows, float* out, const AggregationContext&) const override { median(rows, out); }
  void combine(const Rows<double>& rows, double* out, const AggregationContext&) const override { median(rows, out); }

 private:
  template <class T>
  static void median(const Rows<T>& rows, T* out) {
    const std::size_t n = rows.count();
    mean_of_ranks(rows.row, rows.columns, (n - 1) / 2, n / 2 + 1, out);
  }
};

}  // namespace

void register_median(Registry<Aggregator>& registry) {
  registry.add<Median>({"median", "middle value of every coordinate; ignores weights", "Yin et al., ICML 2018, definition 1"},
                       {Trait::permutation_invariant, Trait::translation_equivariant, Trait::scale_equivariant, Trait::exact_anywhere});
}

}  // namespace dml
