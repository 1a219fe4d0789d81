// Sends -scale times the mean of the honest vectors it knows: finite, of ordinary size, and pointing the wrong way.
// Source: robust-aggregators card; Allen-Zhu et al., ICLR 2021 ("sign-flipping"); ByzFL SignFlipping has scale 1.
#include "attack/attack.h"

namespace dml {
namespace {

struct SignFlipOptions { double scale = 1; };

class SignFlip final : public Attack {
 public:
  explicit SignFlip(SignFlipOptions options) : scale_(options.scale) {}
  void forge(const Rows<float>& honest, float* out, Rng&) const override { mean_row(honest, out, -scale_); }
  void forge(const Rows<double>& honest, double* out, Rng&) const override { mean_row(honest, out, -scale_); }

 private:
  double scale_;
};

}  // namespace

void register_sign_flip(Registry<Attack>& registry) {
  registry.add<SignFlip>({"sign-flip", "send the honest mean with its sign flipped", "Allen-Zhu et al., ICLR 2021"},
                         Options<SignFlipOptions>().add("scale", &SignFlipOptions::scale, "times the flipped mean", above(0)));
}

}  // namespace dml
