// Speed of a training step of convolutional networks against the same step written straight on LibTorch tensors, both in this run, on one
// thread: batch by index_select, forward, cross-entropy, backward, plain SGD.
//   lenet    LeNet-5, batch 32, the shipped MNIST images
//   resnet   ResNet of depth 8, width 16, batch norm, batch 32, random pictures of CIFAR's shape
// Prints steps a second by processor time of the better of several repeats taken in turn. Must reach: ours >= 0.8 direct, each.
#include <torch/torch.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <functional>

#include "aggregate/aggregator.h"
#include "attack/attack.h"
#include "base/parallel.h"
#include "formats/formats.h"
#include "objective/torch_setup.h"
#include "train/worker.h"

using namespace dml;

namespace {

constexpr int kBatch = 32, kRepeats = 7;

double processor_seconds() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}
double seconds_of(const std::function<void()>& work) {
  const double before = processor_seconds();
  work();
  return processor_seconds() - before;
}

// The network as a program of its own would have it: leaves, an expression, SGD.
class Direct {
 public:
  explicit Direct(const Dataset& data)
      : x_(torch::from_blob(const_cast<float*>(data.train.x.data()),
                            {static_cast<std::int64_t>(data.train.count), data.image.channels, data.image.height, data.image.width})),
        y_(torch::tensor(data.train.y).to(torch::kInt64)) {}
  virtual ~Direct() = default;
  void run(int steps) {
    for (int i = 0; i < steps; ++i) {
      const auto index = torch::randint(x_.size(0), {kBatch}, torch::kInt64);
      const auto loss = torch::cross_entropy_loss(forward(x_.index_select(0, index)), y_.index_select(0, index));
      loss.backward();
      const torch::NoGradGuard no_gradient;
      for (auto& p : leaves_) {
        p.sub_(p.grad(), 0.01);
        p.mutable_grad() = torch::Tensor();
      }
      last = loss.item<double>();
    }
  }
  double last = 0;

 protected:
  virtual torch::Tensor forward(const torch::Tensor& x) = 0;
  torch::Tensor leaf(at::IntArrayRef shape, double bound) {
    leaves_.push_back(torch::empty(shape).uniform_(-bound, bound).requires_grad_());
    return leaves_.back();
  }

 private:
  torch::Tensor x_, y_;
  std::vector<torch::Tensor> leaves_;
};

class DirectLenet final : public Direct {
 public:
  using Direct::Direct;

 private:
  torch::Tensor forward(const torch::Tensor& input) override {
    auto x = torch::max_pool2d(torch::relu(torch::conv2d(input, w1, b1, 1, 2)), 2);
    x = torch::max_pool2d(torch::relu(torch::conv2d(x, w2, b2)), 2).flatten(1);
    return torch::linear(torch::relu(torch::linear(torch::relu(torch::linear(x, w3, b3)), w4, b4)), w5, b5);
  }
  torch::Tensor w1 = leaf({6, 1, 5, 5}, 0.2), b1 = leaf({6}, 0.2), w2 = leaf({16, 6, 5, 5}, 0.08), b2 = leaf({16}, 0.08), w3 = leaf({120, 400}, 0.05),
                b3 = leaf({120}, 0.05), w4 = leaf({84, 120}, 0.09), b4 = leaf({84}, 0.09), w5 = leaf({10, 84}, 0.1), b5 = leaf({10}, 0.1);
};

class DirectResnet final : public Direct {
 public:
  explicit DirectResnet(const Dataset& data) : Direct(data) {
    std::int64_t in = 16;
    for (const std::int64_t out : {16, 32, 64}) {
      blocks_.push_back({unit(in, out, 3, in == out ? 1 : 2), unit(out, out, 3, 1), in == out ? Unit{} : unit(in, out, 1, 2)});
      in = out;
    }
  }

 private:
  struct Unit { torch::Tensor w, gain, bias, mean, variance; std::int64_t stride = 1, pad = 0; };
  struct Block { Unit first, second, shortcut; };
  Unit unit(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride) {
    return {leaf({out, in, kernel, kernel}, 0.1), leaf({out}, 1), leaf({out}, 0.1), torch::zeros(out), torch::ones(out), stride, kernel / 2};
  }
  static torch::Tensor apply(const Unit& u, const torch::Tensor& x) {
    return torch::batch_norm(torch::conv2d(x, u.w, {}, u.stride, u.pad), u.gain, u.bias, u.mean, u.variance, true, 0.1, 1e-5, true);
  }
  torch::Tensor forward(const torch::Tensor& input) override {
    auto x = torch::relu(apply(first_, input));
    for (const auto& b : blocks_) x = torch::relu(apply(b.second, torch::relu(apply(b.first, x))) + (b.shortcut.w.defined() ? apply(b.shortcut, x) : x));
    return torch::linear(x.mean({2, 3}), w_, b_);
  }
  Unit first_ = unit(3, 16, 3, 1);
  std::vector<Block> blocks_;
  torch::Tensor w_ = leaf({10, 64}, 0.1), b_ = leaf({10}, 0.1);
};

const Families& families() {
  static const Families* all = [] {
    auto* f = new Families;
    f->add<Format>("format", register_formats);
    f->add<DataSource>("dataset", register_datasets);
    f->add<ObjectiveSource>("objective", register_objectives);
    f->add<Solver>("solver", register_solvers);
    f->add<Rate>("rate", register_rates);
    return f;
  }();
  return *all;
}

std::shared_ptr<const Dataset> mnist() {
  OpenOptions open;
  const auto& formats = families().get<Format>();
  for (const auto& info : formats.entries()) open.formats.push_back(formats.make(Component{info.card.name, {}}));
  return std::make_shared<const Dataset>(families().get<DataSource>().make("mnist")->load(open));
}

std::shared_ptr<const Dataset> random_pictures() {
  auto data = std::make_shared<Dataset>();
  data->name = "random";
  data->classes = 10;
  data->image = {3, 32, 32};
  data->train = {512, 3072, std::vector<float>(512 * 3072), std::vector<std::int32_t>(512)};
  Rng rng("pictures", 1);
  for (auto& v : data->train.x) v = static_cast<float>(rng.normal());
  for (auto& v : data->train.y) v = static_cast<std::int32_t>(rng.below(10));
  return data;
}

void bench(const char* name, const std::string& component, std::shared_ptr<const Dataset> data, Direct& direct, int steps) {
  Setup setup;
  setup.families = &families();
  setup.objective = families().get<ObjectiveSource>().make(component)->build(data);
  setup.objective_name = component;
  setup.nodes = 1;
  setup.rounds = 1'000'000;
  setup.local_steps = steps;
  setup.batch = kBatch;
  setup.lr = 0.01;
  setup.parts = {{}};
  for (std::uint32_t i = 0; i < data->train.count; ++i) setup.parts[0].push_back(i);
  const auto shared = finish_setup(std::move(setup));
  Worker worker(shared, 0);
  Vec x = shared->initial.clone();
  double best_direct = 1e9, best_ours = 1e9;
  for (int repeat = 0; repeat < kRepeats; ++repeat) {
    best_direct = std::min(best_direct, seconds_of([&] { direct.run(steps); }));
    best_ours = std::min(best_ours, seconds_of([&] { worker.run(x, static_cast<std::uint64_t>(repeat)); }));
  }
  std::printf("%-7s direct %7.1f steps/s, ours %7.1f steps/s: ours / direct %.2f (aim 0.8)\n", name, steps / best_direct, steps / best_ours, best_direct / best_ours);
}

}  // namespace

int main() {
  try {
    setup_torch();
    torch::manual_seed(1);
    std::printf("blas: %s\n", get_text(about_torch(), "blas")->c_str());
    const auto digits = mnist();
    DirectLenet lenet(*digits);
    bench("lenet", "cnn", digits, lenet, 100);
    const auto pictures = random_pictures();
    DirectResnet resnet(*pictures);
    bench("resnet", "resnet:depth=8", pictures, resnet, 5);
  } catch (const Error& error) {
    std::fprintf(stderr, "cnn_bench: %s\n", error.what());
    return static_cast<int>(error.fault());
  }
}
