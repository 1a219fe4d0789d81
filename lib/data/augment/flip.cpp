// Mirrors a picture left to right with a given chance.
// Source: Krizhevsky et al., NIPS 2012, section 4.1; He et al., CVPR 2016, section 4.2 (CIFAR-10).
#include <algorithm>

#include "data/dataset.h"

namespace dml {
namespace {

struct FlipOptions { double chance = 0.5; };

class Flip final : public Augmentation {
 public:
  explicit Flip(FlipOptions options) : chance_(options.chance) {}
  void apply(float* image, const ImageShape& shape, Rng& rng) const override {
    if (rng.uniform() >= chance_) return;
    for (std::int64_t row = 0; row < shape.channels * shape.height; ++row) std::reverse(image + row * shape.width, image + (row + 1) * shape.width);
  }

 private:
  double chance_;
};

}  // namespace

void register_flip(Registry<Augmentation>& registry) {
  registry.add<Flip>({"flip", "mirror a training picture left to right", "Krizhevsky et al., NIPS 2012, section 4.1"},
                     Options<FlipOptions>().add("chance", &FlipOptions::chance, "how often", above(0), at_most(1)));
}

}  // namespace dml
