// Sends independent normal noise that has nothing to do with the honest vectors.
// Source: robust-aggregators card; ByzFL Gaussian (mu 0, sigma 1).
#include "attack/attack.h"

namespace dml {
namespace {

struct GaussianOptions { double mean = 0, sigma = 1; };

class Gaussian final : public Attack {
 public:
  explicit Gaussian(GaussianOptions options) : options_(options) {}
  void forge(const Rows<float>& honest, float* out, Rng& rng) const override { draw(honest.columns, out, rng); }
  void forge(const Rows<double>& honest, double* out, Rng& rng) const override { draw(honest.columns, out, rng); }

 private:
  template <class T>
  void draw(std::size_t count, T* out, Rng& rng) const {
    for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<T>(options_.mean + options_.sigma * rng.normal());
  }
  GaussianOptions options_;
};

}  // namespace

void register_gaussian(Registry<Attack>& registry) {
  registry.add<Gaussian>({"gaussian", "send normal noise", "Blanchard et al., NeurIPS 2017"},
                         Options<GaussianOptions>()
                             .add("mean", &GaussianOptions::mean, "of the noise")
                             .add("sigma", &GaussianOptions::sigma, "standard deviation of the noise", above(0)));
}

}  // namespace dml
