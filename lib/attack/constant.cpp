// Sends the same value in every coordinate; `inf` and `nan` are what a broken or a lazy attacker sends, and must simply be dropped.
// Source: robust-aggregators card, attacks "inf" and "nan"; ByzFL Inf.
#include <algorithm>
#include <limits>

#include "attack/attack.h"

namespace dml {
namespace {

struct ConstantOptions { std::string value = "nan"; };

class Constant final : public Attack {
 public:
  explicit Constant(const ConstantOptions& options)
      : value_(options.value == "zero"  ? 0.0
               : options.value == "inf" ? std::numeric_limits<double>::infinity()
                                        : std::numeric_limits<double>::quiet_NaN()) {}
  void forge(const Rows<float>& honest, float* out, Rng&) const override { std::fill_n(out, honest.columns, static_cast<float>(value_)); }
  void forge(const Rows<double>& honest, double* out, Rng&) const override { std::fill_n(out, honest.columns, value_); }

 private:
  double value_;
};

}  // namespace

void register_constant(Registry<Attack>& registry) {
  registry.add<Constant>({"constant", "send one value everywhere: NaN, infinity or zero", "ByzFL 2025, attack Inf"},
                         Options<ConstantOptions>().add("value", &ConstantOptions::value, "the value", one_of({"nan", "inf", "zero"})));
}

}  // namespace dml
