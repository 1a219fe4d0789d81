// MNIST: 28 x 28 handwritten digits. The first 4,000 training and 1,000 test images ship with the tools; `dir` names a folder with the
// full set under its original names (.gz or not). Values are divided by 255, pool=2 averages 2 x 2 blocks to 14 x 14, standardise
// subtracts 0.1307 and divides by 0.3081 (mean and deviation of the training images): the preparation of card single-merge.
// Source: LeCun, Cortes, Burges (CC BY-SA 3.0).
#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "data/table.h"

namespace dml {
namespace {

constexpr std::int64_t kSide = 28;

struct MnistOptions {
  std::string dir;
  int train = 0, test = 0, pool = 1;
  bool standardise = true;
};

Options<MnistOptions> options() {
  return Options<MnistOptions>()
      .add("dir", &MnistOptions::dir, "folder of the full set; default: the shipped 4000 and 1000 images")
      .add("train", &MnistOptions::train, "how many training images, from the first; 0: all", at_least(0))
      .add("test", &MnistOptions::test, "how many test images, from the first; 0: all", at_least(0))
      .add("pool", &MnistOptions::pool, "2: average 2x2 blocks to 14x14; 1: as they are", between(1, 2))
      .add("standardise", &MnistOptions::standardise, "(x / 255 - 0.1307) / 0.3081 instead of x / 255");
}

class Mnist final : public DataSource {
 public:
  explicit Mnist(MnistOptions options) : options_(std::move(options)) {}
  Dataset load(const OpenOptions& open) const override {
    Dataset out{component_name("mnist", options(), options_), {}, {}, 10};
    out.train = read(file("train-images-idx3-ubyte", "mnist-4000-train-images.idx3.gz"),
                     file("train-labels-idx1-ubyte", "mnist-4000-train-labels.idx1.gz"), "train", options_.train, open);
    out.test = read(file("t10k-images-idx3-ubyte", "mnist-1000-test-images.idx3.gz"),
                    file("t10k-labels-idx1-ubyte", "mnist-1000-test-labels.idx1.gz"), "test", options_.test, open);
    out.image = {1, kSide / options_.pool, kSide / options_.pool};
    return out;
  }

 private:
  std::string file(const std::string& original, const std::string& shipped) const {
    if (options_.dir.empty()) return shipped_data(shipped);
    const auto path = std::filesystem::path(options_.dir) / original;
    std::error_code ignored;
    return std::filesystem::exists(path, ignored) ? path.string() : path.string() + ".gz";
  }

  Samples read(const std::string& images_path, const std::string& labels_path, const std::string& set, int wanted, const OpenOptions& open) const {
    const Tensor images = read_array(images_path, "idx", open), labels = read_array(labels_path, "idx", open);
    if (images.dtype != Dtype::u8 || images.shape.size() != 3 || images.shape[1] != kSide || images.shape[2] != kSide)
      throw Error(Fault::input, quote(images_path) + " holds " + std::string(to_string(images.dtype)) + " " + shape_text(images.shape) + ", MNIST has u8 Nx28x28");
    if (labels.dtype != Dtype::u8 || labels.shape.size() != 1 || labels.shape[0] != images.shape[0])
      throw Error(Fault::input, quote(labels_path) + " holds " + std::string(to_string(labels.dtype)) + " " + shape_text(labels.shape) + ", " +
                                    quote(images_path) + " needs u8 " + std::to_string(images.shape[0]));
    if (wanted > images.shape[0])
      throw Error(Fault::usage, "option 'mnist:" + set + "' is " + std::to_string(wanted) + ", " + quote(images_path) + " has " +
                                    std::to_string(images.shape[0]) + " images", "dir=FOLDER names a folder with more");
    const std::size_t count = static_cast<std::size_t>(wanted ? wanted : images.shape[0]);
    Samples out = prepare(images.as<std::uint8_t>(), count);
    for (std::size_t i = 0; i < count; ++i) {
      out.y.push_back(labels.as<std::uint8_t>()[i]);
      if (out.y.back() > 9) throw Error(Fault::input, "sample " + std::to_string(i) + " of " + quote(labels_path) + " has label " + std::to_string(out.y.back()) + ", MNIST has 0..9");
    }
    return out;
  }

  Samples prepare(const std::uint8_t* pixels, std::size_t count) const {
    const auto pool = static_cast<std::size_t>(options_.pool), side = static_cast<std::size_t>(kSide) / pool;
    const double mean = options_.standardise ? 0.1307 : 0.0, deviation = options_.standardise ? 0.3081 : 1.0;
    Samples out{count, side * side, {}, {}};
    out.x.reserve(count * out.features);
    for (std::size_t i = 0; i < count; ++i, pixels += kSide * kSide)
      for (std::size_t r = 0; r < side; ++r)
        for (std::size_t c = 0; c < side; ++c) {
          unsigned sum = 0;
          for (std::size_t a = 0; a < pool; ++a)
            for (std::size_t b = 0; b < pool; ++b) sum += pixels[(r * pool + a) * kSide + c * pool + b];
          out.x.push_back(static_cast<float>((sum / (255.0 * static_cast<double>(pool * pool)) - mean) / deviation));
        }
    return out;
  }
  MnistOptions options_;
};

}  // namespace

void register_mnist(Registry<DataSource>& registry) {
  registry.add<Mnist>({"mnist", "28x28 handwritten digits; 4000 and 1000 ship with the tools", "LeCun, Cortes, Burges: MNIST database"}, options());
}

}  // namespace dml
