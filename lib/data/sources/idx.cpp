// A dataset of one's own in IDX files, as MNIST and its relatives have it: an array whose first size is the number of samples (all others
// together are the features; two are one channel's picture, three a picture with its channels first) and an array of as many labels. Without test files every fifth sample (the 5th, 10th, ...) is a test sample.
// Source: LeCun, Cortes, Burges, 'The MNIST database'; formats/idx.cpp.
#include "base/error.h"
#include "base/text.h"
#include "data/table.h"

namespace dml {
namespace {

constexpr std::size_t kEvery = 5;

struct IdxOptions {
  std::string images = required, labels = required, test_images, test_labels;
  double scale = 255;
};

Options<IdxOptions> options() {
  return Options<IdxOptions>()
      .add("images", &IdxOptions::images, "array of training samples")
      .add("labels", &IdxOptions::labels, "array of their classes, numbered from 0")
      .add("test-images", &IdxOptions::test_images, "array of test samples; none: every fifth training sample")
      .add("test-labels", &IdxOptions::test_labels, "array of their classes")
      .add("scale", &IdxOptions::scale, "features are divided by this", above(0));
}

class IdxData final : public DataSource {
 public:
  explicit IdxData(IdxOptions options) : options_(std::move(options)) {
    if (options_.test_images.empty() != options_.test_labels.empty())
      throw Error(Fault::usage, "options 'idx:test-images' and 'idx:test-labels' go together");
  }
  Dataset load(const OpenOptions& open) const override {
    Dataset out;
    out.name = component_name("idx", options(), options_);
    const Samples first = read(options_.images, options_.labels, open, out.image);
    if (options_.test_images.empty()) {
      split_every(first, kEvery, out.train, out.test);
    } else {
      out.train = first;
      ImageShape ignored;
      out.test = read(options_.test_images, options_.test_labels, open, ignored);
      if (out.test.features != out.train.features)
        throw Error(Fault::input, quote(options_.test_images) + " has " + std::to_string(out.test.features) + " features, " + quote(options_.images) +
                                      " " + std::to_string(out.train.features));
    }
    if (out.train.count == 0) throw Error(Fault::input, quote(options_.images) + " has no training sample");
    out.classes = count_classes(out.train, out.test);
    return out;
  }

 private:
  Samples read(const std::string& images_path, const std::string& labels_path, const OpenOptions& open, ImageShape& image) const {
    const Tensor images = read_array(images_path, "idx", open), labels = read_array(labels_path, "idx", open);
    if (labels.shape.size() != 1 || labels.shape[0] != images.shape[0])
      throw Error(Fault::input, quote(labels_path) + " has shape " + shape_text(labels.shape) + ", " + quote(images_path) + " has " +
                                    std::to_string(images.shape[0]) + " samples");
    Samples out{static_cast<std::size_t>(images.shape[0]), 0, {}, {}};
    if (images.shape.size() == 3) image = {1, images.shape[1], images.shape[2]};
    if (images.shape.size() == 4) image = {images.shape[1], images.shape[2], images.shape[3]};
    out.features = out.count ? static_cast<std::size_t>(images.elements()) / out.count : 0;
    out.x.reserve(out.count * out.features);
    for (const double value : to_doubles(images)) {
      out.x.push_back(static_cast<float>(value / options_.scale));
      if (!std::isfinite(out.x.back()))
        throw Error(Fault::input, "sample " + std::to_string((out.x.size() - 1) / out.features) + " of " + quote(images_path) + " has a feature that is not finite");
    }
    for (const double value : to_doubles(labels)) out.y.push_back(to_label(value, labels_path, out.y.size()));
    return out;
  }
  IdxOptions options_;
};

}  // namespace

void register_idx(Registry<DataSource>& registry) {
  registry.add<IdxData>({"idx", "samples and labels from IDX files", "LeCun, Cortes, Burges: MNIST database"}, options());
}

}  // namespace dml
