// A LeNet-like convolutional network: convolutions, each followed by a norm (or none), an activation and 2 x 2 pooling, then fully connected
// layers. The defaults are LeNet-5 on 28 x 28 pictures with ReLU: 5x5 kernels, 6 and 16 channels, 120 and 84 hidden units, 61,706
// parameters. Lists shorter than `channels` repeat their last value. Tensors: convN.*, bnN.* (running statistics of norm=batch are buffers
// of the state), fcN.*, as a torch.nn.Module would name them.
// Source: LeCun et al., Proc. IEEE 1998, section II-B. Variants of the cards: diffgrad channels=16,32,kernel=3,pad=1,stride=1,2,pool=none,hidden=0;
// bristle channels=10,50,pad=0,hidden=0 and channels=64,128,kernel=3,pad=0,norm=batch,activation=leaky-relu,hidden=0.
// Deviations from 1998: ReLU for tanh, maximum for the scaled mean (activation=tanh,pool=average), C3 is dense, softmax cross-entropy.
#include "objective/network.h"
#include "objective/torch_setup.h"

namespace dml {
namespace {

struct CnnOptions {
  std::vector<double> channels{6, 16}, kernel{5}, stride{1}, pad{2, 0}, hidden{120, 84};
  std::string pool = "max", norm = "none", activation = "relu", init = "fan-in", dtype = "f32";
  int groups = 8;
};

std::int64_t at_or_last(const std::vector<std::int64_t>& list, std::size_t i) { return list[std::min(i, list.size() - 1)]; }

class Cnn final : public Architecture {
 public:
  Cnn(const CnnOptions& options, const ImageShape& image, std::int64_t classes) : plan_(options.init), pool_(options.pool), activation_(options.activation) {
    const auto channels = whole_numbers(options.channels, "cnn:channels"), kernel = whole_numbers(options.kernel, "cnn:kernel"),
               stride = whole_numbers(options.stride, "cnn:stride"), pad = whole_numbers(options.pad, "cnn:pad");
    ImageShape now = image;
    for (std::size_t i = 0; i < channels.size(); ++i) {
      const ConvShape shape{now.channels, channels[i], at_or_last(kernel, i), at_or_last(stride, i), at_or_last(pad, i), true};
      const std::string number = std::to_string(i + 1);
      convolutions_.emplace_back(plan_, "conv" + number, shape);
      norms_.emplace_back(plan_, "bn" + number, options.norm, shape.out, options.groups);
      now = {shape.out, shrink(now.height, shape), shrink(now.width, shape)};
      if (now.height < 1 || now.width < 1)
        throw Error(Fault::usage, "pictures of " + std::to_string(image.height) + "x" + std::to_string(image.width) + " are too small for convolution " + number +
                                      " of this cnn", "fewer channels=, a smaller kernel=, pad= or pool=none");
    }
    auto widths = whole_numbers(options.hidden, "cnn:hidden");
    if (widths == std::vector<std::int64_t>{0}) widths.clear();
    widths.insert(widths.begin(), now.size());
    widths.push_back(classes);
    for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
      if (widths[i + 1] < 1) throw Error(Fault::usage, "option 'cnn:hidden' must hold widths of 1 or more, or be 0");
      full_.emplace_back(plan_, "fc" + std::to_string(i + 1), widths[i], widths[i + 1]);
    }
  }
  const Plan& plan() const override { return plan_; }

  torch::Tensor forward(const Pass& pass, const torch::Tensor& input) const override {
    auto x = input;
    for (std::size_t i = 0; i < convolutions_.size(); ++i) x = pooled(active(norms_[i](pass, convolutions_[i](pass, x))));
    x = x.flatten(1);
    for (std::size_t i = 0; i < full_.size(); ++i) x = i + 1 < full_.size() ? active(full_[i](pass, x)) : full_[i](pass, x);
    return x;
  }

 private:
  std::int64_t shrink(std::int64_t extent, const ConvShape& shape) const {
    if (extent + 2 * shape.pad < shape.kernel) return 0;
    const auto after = (extent + 2 * shape.pad - shape.kernel) / shape.stride + 1;
    return pool_ == "none" ? after : after / 2;
  }
  torch::Tensor active(const torch::Tensor& x) const {
    if (activation_ == "relu") return at::relu(x);
    return activation_ == "tanh" ? at::tanh(x) : at::leaky_relu(x, 0.01);
  }
  torch::Tensor pooled(const torch::Tensor& x) const {
    if (pool_ == "none") return x;
    return pool_ == "max" ? at::max_pool2d(x, 2) : at::avg_pool2d(x, 2);
  }

  Plan plan_;
  std::string pool_, activation_;
  std::vector<Conv> convolutions_;
  std::vector<Norm> norms_;
  std::vector<Linear> full_;
};

class CnnSource final : public ObjectiveSource {
 public:
  explicit CnnSource(CnnOptions options) : options_(std::move(options)) {}
  std::unique_ptr<Objective> build(std::shared_ptr<const Dataset> data, torch::Device device) const override {
    setup_torch();
    const auto& image = need_pictures(data.get(), "cnn");
    auto network = std::make_unique<const Cnn>(options_, image, data->classes);
    return std::make_unique<NetworkObjective>(std::move(data), std::move(network), options_.dtype, device);
  }

 private:
  CnnOptions options_;
};

}  // namespace

void register_cnn(Registry<ObjectiveSource>& registry) {
  using O = CnnOptions;
  registry.add<CnnSource>({"cnn", "LeNet-like convolutional network for pictures", "LeCun et al., Proc. IEEE 1998"},
                          Options<O>()
                              .add("channels", &O::channels, "of each convolution", between(1, 65536))
                              .add("kernel", &O::kernel, "side of each convolution's kernel", between(1, 1024))
                              .add("stride", &O::stride, "of each convolution", between(1, 1024))
                              .add("pad", &O::pad, "zeros around the input of each convolution", between(0, 1024))
                              .add("pool", &O::pool, "2x2, after each activation", one_of({"max", "average", "none"}))
                              .add("norm", &O::norm, "after each convolution", one_of({"none", "batch", "group", "layer"}))
                              .add("groups", &O::groups, "of norm=group", at_least(1))
                              .add("activation", &O::activation, "after each layer but the last", one_of({"relu", "leaky-relu", "tanh"}))
                              .add("hidden", &O::hidden, "widths of the fully connected layers but the last; 0: none", between(0, 1e6))
                              .add("init", &O::init, "how weights start", one_of(initialisations()))
                              .add("dtype", &O::dtype, "of the state; bf16 computes in f32", one_of({"f32", "f64", "bf16"})));
}

}  // namespace dml
