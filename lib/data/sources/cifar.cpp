// CIFAR-10 and CIFAR-100: 32 x 32 colour pictures of 10 or 100 classes, features in the order of the file: the red plane, the green, the
// blue. `dir` names a folder with the binary version under its original names, data_batch_1.bin to data_batch_5.bin and test_batch.bin,
// or with train.bin and test.bin (those of CIFAR-100, or a part of CIFAR-10); .gz or not. Standardising subtracts the mean of each channel
// of the training pictures and divides by its deviation, with the figures in common use.
// Source: A. Krizhevsky, 'Learning multiple layers of features from tiny images', 2009.
#include <array>
#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "data/table.h"

namespace dml {
namespace {

constexpr std::size_t kPlane = 32 * 32, kFeatures = 3 * kPlane;

struct CifarOptions {
  std::string dir = required;
  int train = 0, test = 0;
  bool standardise = true;
};

Options<CifarOptions> options() {
  return Options<CifarOptions>()
      .add("dir", &CifarOptions::dir, "folder of the binary version, .gz or not")
      .add("train", &CifarOptions::train, "how many training pictures, from the first; 0: all", at_least(0))
      .add("test", &CifarOptions::test, "how many test pictures, from the first; 0: all", at_least(0))
      .add("standardise", &CifarOptions::standardise, "(x / 255 - mean) / deviation of each channel instead of x / 255");
}

struct Variant {
  const char* name;
  int classes;
  std::array<double, 3> mean, deviation;
};
constexpr Variant kCifar10{"cifar10", 10, {0.4914, 0.4822, 0.4465}, {0.2470, 0.2435, 0.2616}};
constexpr Variant kCifar100{"cifar100", 100, {0.5071, 0.4865, 0.4409}, {0.2673, 0.2564, 0.2762}};

template <const Variant& variant>
class Cifar final : public DataSource {
 public:
  explicit Cifar(CifarOptions options) : options_(std::move(options)) {}
  Dataset load(const OpenOptions& open) const override {
    Dataset out;
    out.name = component_name(variant.name, options(), options_);
    out.classes = variant.classes;
    out.image = {3, 32, 32};
    std::vector<std::string> train;
    if (variant.classes == 10 && !present("data_batch_1.bin").empty()) {
      for (int i = 1; i <= 5; ++i) train.push_back(file("data_batch_" + std::to_string(i) + ".bin"));
      out.test = read({file("test_batch.bin")}, "test", options_.test, open);
    } else {
      train.push_back(file("train.bin"));
      out.test = read({file("test.bin")}, "test", options_.test, open);
    }
    out.train = read(train, "train", options_.train, open);
    return out;
  }

 private:
  // The path of a file or of its .gz; empty when there is neither.
  std::string present(const std::string& name) const {
    for (const char* end : {"", ".gz"}) {
      const auto path = std::filesystem::path(options_.dir) / (name + end);
      std::error_code ignored;
      if (std::filesystem::exists(path, ignored)) return path.string();
    }
    return {};
  }
  std::string file(const std::string& name) const {
    const std::string path = present(name);
    if (path.empty()) throw Error(Fault::input, quote((std::filesystem::path(options_.dir) / name).string()) + " cannot be read: there is no such file, nor one with .gz");
    return path;
  }

  Samples read(const std::vector<std::string>& paths, const std::string& set, int wanted, const OpenOptions& open) const {
    OpenOptions as = open;
    as.from = variant.name;
    Samples out{0, kFeatures, {}, {}};
    for (const auto& path : paths) {
      if (wanted && out.count == static_cast<std::size_t>(wanted)) break;
      const auto reader = open_reader(path, as);
      const auto record = reader->next();
      if (!record) throw Error(Fault::input, quote(path) + " holds no pictures");
      append(out, record->at("pixels", reader->where()), record->at("labels", reader->where()), wanted);
    }
    if (static_cast<std::size_t>(wanted) > out.count)
      throw Error(Fault::usage, "option '" + std::string(variant.name) + ":" + set + "' is " + std::to_string(wanted) + ", " + quote(options_.dir) + " has " + std::to_string(out.count) + " pictures");
    return out;
  }
  void append(Samples& out, const Tensor& pixels, const Tensor& labels, int wanted) const {
    auto count = static_cast<std::size_t>(labels.shape[0]);
    if (wanted) count = std::min(count, static_cast<std::size_t>(wanted) - out.count);
    out.x.reserve((out.count + count) * kFeatures);
    const auto* pixel = pixels.as<std::uint8_t>();
    for (std::size_t i = 0; i < count; ++i) {
      out.y.push_back(labels.as<std::uint8_t>()[i]);
      for (std::size_t c = 0; c < 3; ++c) {
        const double mean = options_.standardise ? variant.mean[c] : 0, deviation = options_.standardise ? variant.deviation[c] : 1;
        for (std::size_t p = 0; p < kPlane; ++p) out.x.push_back(static_cast<float>((*pixel++ / 255.0 - mean) / deviation));
      }
    }
    out.count += count;
  }
  CifarOptions options_;
};

}  // namespace

void register_cifar(Registry<DataSource>& registry) {
  registry.add<Cifar<kCifar10>>({"cifar10", "32x32 colour pictures of 10 classes, from the binary version", "Krizhevsky 2009"}, options());
  registry.add<Cifar<kCifar100>>({"cifar100", "32x32 colour pictures of 100 classes, from the binary version", "Krizhevsky 2009"}, options());
}

}  // namespace dml
