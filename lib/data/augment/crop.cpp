// Surrounds a picture by `pad` pixels on each side and cuts the old size out of it at random: a shift by up to `pad` pixels.
// Source: He et al., CVPR 2016, section 4.2 (CIFAR-10: pad 4).
// Deviation: the border has the value `fill` of the prepared data. Where data were standardised, 0 is their mean, not black.
#include <algorithm>
#include <vector>

#include "data/dataset.h"

namespace dml {
namespace {

struct CropOptions {
  int pad = 4;
  double fill = 0;
};

class Crop final : public Augmentation {
 public:
  explicit Crop(CropOptions options) : pad_(options.pad), fill_(static_cast<float>(options.fill)) {}
  void apply(float* image, const ImageShape& shape, Rng& rng) const override {
    const auto places = static_cast<std::uint64_t>(2 * pad_ + 1);
    const auto down = static_cast<std::int64_t>(rng.below(places)) - pad_, right = static_cast<std::int64_t>(rng.below(places)) - pad_;
    thread_local std::vector<float> before;
    const auto plane = shape.height * shape.width;
    for (std::int64_t c = 0; c < shape.channels; ++c, image += plane) {
      before.assign(image, image + plane);
      std::fill(image, image + plane, fill_);
      const auto from = std::max<std::int64_t>(0, -right), to = std::min(shape.width, shape.width - right);
      for (std::int64_t r = 0; r < shape.height; ++r)
        if (r + down >= 0 && r + down < shape.height && from < to)
          std::copy(before.data() + (r + down) * shape.width + from + right, before.data() + (r + down) * shape.width + to + right, image + r * shape.width + from);
    }
  }

 private:
  std::int64_t pad_;
  float fill_;
};

}  // namespace

void register_crop(Registry<Augmentation>& registry) {
  registry.add<Crop>({"crop", "shift a training picture by a few pixels", "He et al., CVPR 2016, section 4.2"},
                     Options<CropOptions>()
                         .add("pad", &CropOptions::pad, "by how many pixels at most", between(1, 1000))
                         .add("fill", &CropOptions::fill, "value of what lies beyond the border"));
}

}  // namespace dml
