// A residual network of the CIFAR kind: a 3x3 convolution, three stages of (depth - 2) / 6 basic blocks with width, 2 width and 4 width
// channels, the second and third starting with stride 2, global average pooling, one fully connected layer. depth=20,width=16 with batch
// norm is ResNet-20. Tensors are named as in torchvision (conv1, bn1, layer1.0.conv1, layer2.0.downsample.0, fc).
// Source: He et al., CVPR 2016, section 4.2. norm: Norm of layers.h. Batch norm's running statistics are buffers: part of the state, sent and
// averaged with the weights (card single-merge), set by what a step saw, never by its gradient.
// Deviation: a shortcut that changes shape is a 1x1 convolution with a norm (option B; torchvision), not a padded identity. Without a norm
// convolutions have biases.
#include "objective/network.h"
#include "objective/torch_setup.h"

namespace dml {
namespace {

struct ResnetOptions {
  int depth = 20, width = 16, groups = 8;
  std::string norm = "batch", init = "kaiming-normal", dtype = "f32";
};

// Two 3x3 convolutions around which the input is added.
class Block {
 public:
  Block(Plan& plan, const std::string& name, std::int64_t in, std::int64_t out, std::int64_t stride, const ResnetOptions& o)
      : first_(plan, name + ".conv1", {in, out, 3, stride, 1, o.norm == "none"}), first_norm_(plan, name + ".bn1", o.norm, out, o.groups),
        second_(plan, name + ".conv2", {out, out, 3, 1, 1, o.norm == "none"}), second_norm_(plan, name + ".bn2", o.norm, out, o.groups) {
    if (stride == 1 && in == out) return;
    shortcut_.emplace(plan, name + ".downsample.0", ConvShape{in, out, 1, stride, 0, o.norm == "none"});
    shortcut_norm_.emplace(plan, name + ".downsample.1", o.norm, out, o.groups);
  }
  torch::Tensor operator()(const Pass& pass, const torch::Tensor& x) const {
    auto out = second_norm_(pass, second_(pass, at::relu(first_norm_(pass, first_(pass, x)))));
    return at::relu(out + (shortcut_ ? (*shortcut_norm_)(pass, (*shortcut_)(pass, x)) : x));
  }

 private:
  Conv first_;
  Norm first_norm_;
  Conv second_;
  Norm second_norm_;
  std::optional<Conv> shortcut_;
  std::optional<Norm> shortcut_norm_;
};

class Resnet final : public Architecture {
 public:
  Resnet(const ResnetOptions& o, const ImageShape& image, std::int64_t classes)
      : plan_(o.init), first_(plan_, "conv1", {image.channels, o.width, 3, 1, 1, o.norm == "none"}), norm_(plan_, "bn1", o.norm, o.width, o.groups) {
    std::int64_t channels = o.width;
    for (int stage = 0; stage < 3; ++stage)
      for (int i = 0; i < (o.depth - 2) / 6; ++i) {
        const std::int64_t out = std::int64_t{o.width} << stage;
        blocks_.emplace_back(plan_, "layer" + std::to_string(stage + 1) + "." + std::to_string(i), channels, out, stage > 0 && i == 0 ? 2 : 1, o);
        channels = out;
      }
    last_.emplace(plan_, "fc", channels, classes);
  }
  const Plan& plan() const override { return plan_; }
  torch::Tensor forward(const Pass& pass, const torch::Tensor& input) const override {
    auto x = at::relu(norm_(pass, first_(pass, input)));
    for (const auto& block : blocks_) x = block(pass, x);
    return (*last_)(pass, x.mean({2, 3}));
  }

 private:
  Plan plan_;
  Conv first_;
  Norm norm_;
  std::vector<Block> blocks_;
  std::optional<Linear> last_;
};

class ResnetSource final : public ObjectiveSource {
 public:
  explicit ResnetSource(ResnetOptions options) : options_(std::move(options)) {
    if ((options_.depth - 2) % 6 != 0 || options_.depth < 8)
      throw Error(Fault::usage, "option 'resnet:depth' is " + std::to_string(options_.depth) + ", must be 6 n + 2 with n >= 1: 8, 14, 20, ...");
  }
  std::unique_ptr<Objective> build(std::shared_ptr<const Dataset> data, torch::Device device) const override {
    setup_torch();
    const auto& image = need_pictures(data.get(), "resnet");
    auto network = std::make_unique<const Resnet>(options_, image, data->classes);
    return std::make_unique<NetworkObjective>(std::move(data), std::move(network), options_.dtype, device);
  }

 private:
  ResnetOptions options_;
};

}  // namespace

void register_resnet(Registry<ObjectiveSource>& registry) {
  using O = ResnetOptions;
  registry.add<ResnetSource>({"resnet", "small residual network of the CIFAR kind for pictures", "He et al., CVPR 2016, section 4.2"},
                             Options<O>()
                                 .add("depth", &O::depth, "layers with weights: 6 n + 2", between(8, 1202))
                                 .add("width", &O::width, "channels of the first stage", between(1, 4096))
                                 .add("norm", &O::norm, "after each convolution", one_of(Norm::kinds()))
                                 .add("groups", &O::groups, "of norm=group", at_least(1))
                                 .add("init", &O::init, "how weights start", one_of(initialisations()))
                                 .add("dtype", &O::dtype, "of the state; bf16 computes in f32", one_of({"f32", "f64", "bf16"})));
}

}  // namespace dml
