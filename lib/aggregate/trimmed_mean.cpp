// The trimmed mean: every coordinate without its f smallest and f largest values, averaged.
// Source: Yin et al., Byzantine-Robust Distributed Learning: Towards Optimal Statistical Rates, ICML 2018, definition 2, with
// beta n = f an absolute number.
//   n   rows.count()        f   `byzantine`, less the inputs that were dropped before; 2f < n
// f = 0 is the plain mean, bit for bit. Weights are ignored: trimming a coordinate says nothing about how much a sender's rest counts.
#include "aggregate/aggregator.h"
#include "math/columns.h"

namespace dml {
namespace {

struct TrimmedMeanOptions {
  int byzantine = required;
};

class TrimmedMean final : public Aggregator {
 public:
  explicit TrimmedMean(TrimmedMeanOptions options) : options_(options) {}
  void combine(const Rows<float>& rows, float* out, const AggregationContext& context) const override { trim(rows, out, context); }
  void combine(const Rows<double>& rows, double* out, const AggregationContext& context) const override { trim(rows, out, context); }

 private:
  template <class T>
  void trim(const Rows<T>& rows, T* out, const AggregationContext& context) const {
    const std::size_t n = rows.count();
    const std::size_t f = effective_byzantine("trimmed-mean", options_.byzantine, n, context.dropped);
    if (f == 0) weighted_rows(rows.row, rows.columns, std::vector<double>(n, 1.0), static_cast<double>(n), out);
    else mean_of_ranks(rows.row, rows.columns, f, n - f, out);
  }
  TrimmedMeanOptions options_;
};

}  // namespace

void register_trimmed_mean(Registry<Aggregator>& registry) {
  registry.add<TrimmedMean>(
      {"trimmed-mean", "drop f extremes on each side of every coordinate; ignores weights", "Yin et al., ICML 2018, definition 2"},
      Options<TrimmedMeanOptions>().add("byzantine", &TrimmedMeanOptions::byzantine, "f, how many inputs may lie", at_least(0)),
      {Trait::permutation_invariant, Trait::translation_equivariant, Trait::scale_equivariant, Trait::byzantine, Trait::exact_anywhere});
}

}  // namespace dml
