#include "objective/network.h"

#include <algorithm>
#include <numeric>

#include "base/text.h"
#include "objective/torch_setup.h"

namespace dml {
namespace {

constexpr std::size_t kScoreRows = 256;

std::vector<std::size_t> by_name(const std::vector<Plan::Slot>& slots) {
  std::vector<std::size_t> order(slots.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return slots[a].name < slots[b].name; });
  return order;
}

// Rows whose largest logit is the label's, among rows that are finite.
std::int64_t count_right(const torch::Tensor& logits, const torch::Tensor& target) {
  const auto [best, at] = logits.max(-1);
  return (at.eq(target) & best.isfinite()).sum().item<std::int64_t>();
}

}  // namespace

// One thread's batch on the CPU; grows to the largest.
struct NetworkObjective::Workspace {
  std::vector<float> samples;
  std::vector<std::int64_t> labels;
};

NetworkObjective::NetworkObjective(std::shared_ptr<const Dataset> data, std::unique_ptr<const Architecture> network, const std::string& dtype,
                                   torch::Device device)
    : data_(std::move(data)), network_(std::move(network)), dtype_(parse_scalar(dtype)), device_(device) {
  if (data_->vocabulary == 0) check_labels(*data_);
  const auto& slots = network_->plan().slots();
  spec_of_.resize(slots.size());
  for (const std::size_t slot : by_name(slots)) {
    const auto& from = slots[slot];
    std::int64_t size = 1;
    for (const auto extent : from.shape) size *= extent;
    const bool buffer = from.kind == Plan::Kind::buffer;
    if (buffer) buffers_.push_back({dim_, size});
    spec_of_[slot] = layout_.size();
    layout_.push_back({from.name, from.shape, dim_, size, buffer});
    dim_ += size;
  }
}

NetworkObjective::~NetworkObjective() = default;

Vec NetworkObjective::initial(Rng& rng) const {
  Vec x = torch::empty({dim_}, torch::kFloat64);
  for (std::size_t slot = 0; slot < spec_of_.size(); ++slot) {
    const auto values = network_->plan().start(slot, rng);
    std::copy(values.begin(), values.end(), x.data_ptr<double>() + layout_[spec_of_[slot]].offset);
  }
  return x.to(dtype_);
}

// The slots' tensors as views of x.
Pass NetworkObjective::bind(const Vec& x, bool training) const {
  Pass pass{{}, training, 0.1};
  pass.tensors.reserve(spec_of_.size());
  for (const std::size_t at : spec_of_) {
    const auto& spec = layout_[at];
    pass.tensors.push_back(x.narrow(0, spec.offset, spec.size).view(spec.shape));
  }
  return pass;
}

torch::Tensor NetworkObjective::shaped(const torch::Tensor& samples) const {
  const auto& image = data_->image;
  return image.channels ? samples.view({samples.size(0), image.channels, image.height, image.width}) : samples;
}

NetworkObjective::Loaded NetworkObjective::load(Workspace& work, const Samples& samples, const Batch& batch) const {
  const auto rows = static_cast<std::int64_t>(batch.size()), features = static_cast<std::int64_t>(samples.features);
  work.samples.resize(std::max(work.samples.size(), batch.size() * samples.features));
  gather(*data_, samples, batch, work.samples.data());
  const auto values = torch::from_blob(work.samples.data(), {rows, features}, torch::kFloat32);
  if (data_->vocabulary) {
    const auto tokens = values.to(device_, torch::kInt64);
    return {tokens.narrow(1, 0, features - 1), tokens.narrow(1, 1, features - 1)};
  }
  work.labels.resize(batch.size());
  std::transform(batch.begin(), batch.end(), work.labels.begin(), [&](std::uint32_t i) { return samples.y[i]; });
  return {shaped(values.to(device_, arithmetic())), torch::from_blob(work.labels.data(), {rows}, torch::kInt64).to(device_)};
}

torch::Tensor NetworkObjective::loss(const Pass& pass, const Loaded& loaded) const {
  const auto logits = network_->forward(pass, loaded.input);
  return at::cross_entropy_loss(logits.reshape({-1, logits.size(-1)}), loaded.target.reshape({-1}));
}

double NetworkObjective::value(const Vec& at, Batch batch) const {
  const torch::NoGradGuard no_gradient;
  const auto work = work_.borrow();
  auto pass = bind(for_oracles(at), true);
  for (std::size_t slot = 0; slot < spec_of_.size(); ++slot)
    if (layout_[spec_of_[slot]].buffer) pass.tensors[slot] = pass.tensors[slot].clone();
  return loss(pass, load(*work, data_->train, batch)).item<double>();
}

double NetworkObjective::gradient(const Vec& at, Batch batch, Vec& out) const {
  const auto work = work_.borrow();
  torch::Tensor result;
  std::vector<torch::Tensor> wanted, places, found;
  {
    const torch::AutoGradMode record(false);
    auto pass = bind(for_oracles(at), true);
    const auto to = bind(out, true);
    for (std::size_t slot = 0; slot < spec_of_.size(); ++slot) {
      if (layout_[spec_of_[slot]].buffer) {                // batch norm moves the copy in `out`
        to.tensors[slot].copy_(pass.tensors[slot]);
        pass.tensors[slot] = to.tensors[slot];
      } else {
        pass.tensors[slot] = pass.tensors[slot].detach().requires_grad_();
        wanted.push_back(pass.tensors[slot]);
        places.push_back(to.tensors[slot]);
      }
    }
    const auto loaded = load(*work, data_->train, batch);
    const torch::AutoGradMode now(true);
    result = loss(pass, loaded);
    found = torch::autograd::grad({result}, wanted, {}, false, false, true);
  }
  const torch::NoGradGuard no_gradient;
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (found[i].defined()) places[i].copy_(found[i]);
    else places[i].zero_();
  }
  return result.item<double>();
}

Objective::Score NetworkObjective::score(const Vec& x, bool on_test) const {
  const auto& samples = on_test ? data_->test : data_->train;
  if (samples.count == 0) throw Error(Fault::usage, "dataset " + quote(data_->name) + " has no " + (on_test ? "test" : "training") + " samples");
  const torch::NoGradGuard no_gradient;
  const auto pass = bind(for_oracles(x), false);
  const auto work = work_.borrow();
  double loss = 0, right = 0, targets = 0;
  std::vector<std::uint32_t> rows;
  for (std::size_t first = 0; first < samples.count; first += rows.size()) {
    rows.resize(std::min(kScoreRows, samples.count - first));
    std::iota(rows.begin(), rows.end(), static_cast<std::uint32_t>(first));
    const auto loaded = load(*work, samples, rows);
    const auto logits = network_->forward(pass, loaded.input);
    const auto flat = logits.reshape({-1, logits.size(-1)}), target = loaded.target.reshape({-1});
    const auto count = static_cast<double>(target.numel());
    loss += at::cross_entropy_loss(flat, target).item<double>() * count;
    right += static_cast<double>(count_right(flat, target));
    targets += count;
  }
  return {loss / targets, right / targets};
}

torch::Tensor NetworkObjective::logits(const Vec& x, const torch::Tensor& samples) const {
  const torch::NoGradGuard no_gradient;
  const auto pass = bind(x.to(device_), false);
  torch::Tensor out;
  std::vector<torch::Tensor> blocks;
  for (std::int64_t first = 0; first < samples.size(0); first += static_cast<std::int64_t>(kScoreRows)) {
    const auto rows = std::min<std::int64_t>(kScoreRows, samples.size(0) - first);
    const auto some = samples.narrow(0, first, rows).to(device_);
    if (data_->vocabulary) blocks.push_back(network_->forward(pass, some.narrow(1, 0, some.size(1) - 1).to(torch::kInt64)).select(1, -1).to(torch::kCPU));
    else blocks.push_back(network_->forward(pass, shaped(some)).to(torch::kCPU));
  }
  return torch::cat(blocks);
}

Vec NetworkObjective::recalibrated(const Vec& x) const {
  if (buffers_.empty()) throw Error(Fault::usage, "this network has no running statistics to take anew");
  const torch::NoGradGuard no_gradient;
  const auto& samples = data_->train;
  const auto work = work_.borrow();
  const Vec out = for_oracles(x).clone();
  auto pass = bind(out, true);
  const std::size_t size = std::min(kScoreRows, samples.count);
  std::vector<std::uint32_t> rows(size);
  for (std::size_t first = 0, batches = 1; first + size <= samples.count; first += size, ++batches) {
    std::iota(rows.begin(), rows.end(), static_cast<std::uint32_t>(first));
    pass.momentum = 1.0 / static_cast<double>(batches);    // the mean of all batches so far
    network_->forward(pass, load(*work, samples, rows).input);
  }
  return out.to(x.options());
}

torch::Device parse_device(const std::string& text) {
  if (text == "cpu") return torch::kCPU;
  const auto number = text.size() > 5 && text.starts_with("cuda:") ? parse_unsigned(text.substr(5)) : std::optional<std::uint64_t>(0);
  if ((text != "cuda" && !text.starts_with("cuda:")) || !number || *number > 1023 || text == "cuda:")
    throw Error(Fault::usage, "option '--device' is " + quote(text) + ", must be cpu, cuda or cuda:N");
  const auto devices = torch::cuda::is_available() ? torch::cuda::device_count() : 0;
  if (*number >= devices)
    throw Error(Fault::system, "device " + quote(text) + " cannot be had: LibTorch " TORCH_VERSION " sees " + std::to_string(devices) + " CUDA devices here",
                devices ? "" : "Debian's LibTorch is built without CUDA: build with another one by -DCMAKE_PREFIX_PATH");
  return torch::Device(torch::kCUDA, static_cast<c10::DeviceIndex>(*number));
}

torch::ScalarType parse_scalar(const std::string& dtype) {
  if (dtype == "bf16") return torch::kBFloat16;
  return dtype == "f64" ? torch::kFloat64 : torch::kFloat32;
}

void check_labels(const Dataset& data) {
  if (data.classes < 2) throw Error(Fault::input, "dataset " + quote(data.name) + " has no classes, the objective needs them");
  for (const auto* samples : {&data.train, &data.test}) {
    if (samples->y.size() != samples->count) throw Error(Fault::input, "dataset " + quote(data.name) + " has samples without labels");
    for (const auto label : samples->y)
      if (label < 0 || label >= data.classes)
        throw Error(Fault::input, "dataset " + quote(data.name) + " has label " + std::to_string(label) + ", must be below " +
                                      std::to_string(data.classes));
  }
}

const ImageShape& need_pictures(const Dataset* data, const std::string& objective) {
  if (!data) throw Error(Fault::usage, "objective '" + objective + "' needs --data");
  if (data->image.channels == 0)
    throw Error(Fault::usage, "objective '" + objective + "' needs pictures, dataset " + quote(data->name) + " holds none",
                "csv data have a shape=CHANNELS,HEIGHT,WIDTH");
  return data->image;
}

}  // namespace dml
