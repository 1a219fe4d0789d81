#include "objective/dense_network.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "base/text.h"
#include "math/linear.h"
#include "objective/network.h"
#include "objective/torch_setup.h"

namespace dml {
namespace {

constexpr std::int64_t kScoreRows = 256;

template <class T>
torch::Tensor view(const T* data, std::int64_t rows, std::int64_t columns, bool transposed = false) {
  const auto type = sizeof(T) == 4 ? torch::kFloat32 : torch::kFloat64;
  auto* at = const_cast<T*>(data);
  if (transposed) return torch::from_blob(at, {columns, rows}, {1, columns}, type);
  return torch::from_blob(at, {rows, columns}, {columns, 1}, type);
}

// The same layers for devices on which the loops by hand do not run.
class DenseArchitecture final : public Architecture {
 public:
  DenseArchitecture(const std::vector<std::int64_t>& widths, const std::string& init) : plan_(init) {
    for (std::size_t l = 0; l + 1 < widths.size(); ++l) layers_.emplace_back(plan_, "layer." + std::to_string(l), widths[l], widths[l + 1]);
  }
  const Plan& plan() const override { return plan_; }
  torch::Tensor forward(const Pass& pass, const torch::Tensor& input) const override {
    auto x = input.flatten(1);
    for (std::size_t l = 0; l < layers_.size(); ++l) x = l + 1 < layers_.size() ? at::relu(layers_[l](pass, x)) : layers_[l](pass, x);
    return x;
  }

 private:
  Plan plan_;
  std::vector<Linear> layers_;
};

std::vector<std::int64_t> widths_of(const Dataset& data, const DenseShape& shape) {
  auto widths = shape.hidden;
  widths.insert(widths.begin(), static_cast<std::int64_t>(data.train.features));
  widths.push_back(data.classes);
  return widths;
}

}  // namespace

// Buffers of one thread for one batch size. activation[0] is the gathered batch, activation[l + 1] the output of layer l.
template <class T>
struct DenseNetwork<T>::Workspace {
  std::int64_t rows = -1;
  std::vector<std::int32_t> labels;
  std::vector<float> samples;                              // before they are widened
  std::vector<torch::Tensor> activation, delta, delta_t;   // delta[l]: gradient of the loss by layer l's output before ReLU
  std::size_t correct = 0;
};

template <class T>
DenseNetwork<T>::DenseNetwork(std::shared_ptr<const Dataset> data, const DenseShape& shape, torch::ScalarType state)
    : data_(std::move(data)), state_(state), init_(shape.init) {
  check_labels(*data_);
  const auto widths = widths_of(*data_, shape);
  for (std::size_t l = 0; l + 1 < widths.size(); ++l) {
    const auto in = widths[l], out = widths[l + 1];
    layers_.push_back({in, out, 0, 0});
    layout_.push_back({"layer." + std::to_string(l) + ".weight", {out, in}, 0, out * in});
    layout_.push_back({"layer." + std::to_string(l) + ".bias", {out}, 0, out});
  }
  std::sort(layout_.begin(), layout_.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  for (auto& spec : layout_) {
    spec.offset = dim_;
    dim_ += spec.size;
    auto& layer = layers_[std::stoul(spec.name.substr(6))];
    (spec.shape.size() == 2 ? layer.weight : layer.bias) = spec.offset;
  }
}

template <class T>
DenseNetwork<T>::~DenseNetwork() = default;

template <class T>
Vec DenseNetwork<T>::initial(Rng& rng) const {
  Vec x = torch::zeros({dim_}, torch::kFloat64);
  double* at = x.template data_ptr<double>();
  for (const auto& layer : layers_) {
    initialise_weight(init_, {layer.out, layer.in, layer.in, layer.out}, 1, rng, at + layer.weight);
    initialise_bias(init_, layer.in, layer.out, rng, at + layer.bias);
  }
  return x.to(state_);
}

template <class T>
void DenseNetwork<T>::fit(Workspace& work, std::int64_t rows) const {
  if (work.rows == rows) return;
  work.rows = rows;
  work.labels.resize(static_cast<std::size_t>(rows));
  work.activation = {torch::empty({rows, layers_.front().in}, arithmetic())};
  work.delta.clear();
  work.delta_t.clear();
  for (const auto& layer : layers_) {
    work.activation.push_back(torch::empty({rows, layer.out}, arithmetic()));
    work.delta.push_back(torch::empty({rows, layer.out}, arithmetic()));
    work.delta_t.push_back(work.delta.back().t());
  }
}

template <class T>
void DenseNetwork<T>::gather(Workspace& work, const Samples& samples, Batch batch) const {
  fit(work, static_cast<std::int64_t>(batch.size()));
  T* out = work.activation[0].template data_ptr<T>();
  if constexpr (sizeof(T) == sizeof(float)) {
    dml::gather(*data_, samples, batch, out);
  } else {
    work.samples.resize(batch.size() * samples.features);
    dml::gather(*data_, samples, batch, work.samples.data());
    std::copy(work.samples.begin(), work.samples.end(), out);
  }
  for (std::size_t r = 0; r < batch.size(); ++r) work.labels[r] = samples.y[batch[r]];
}

template <class T>
void DenseNetwork<T>::forward(Workspace& work, const T* x) const {
  const auto rows = static_cast<std::size_t>(work.rows);
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const auto& layer = layers_[l];
    auto& out = work.activation[l + 1];
    at::mm_out(out, work.activation[l], view(x + layer.weight, layer.out, layer.in, true));
    add_bias(out.template data_ptr<T>(), x + layer.bias, rows, static_cast<std::size_t>(layer.out), l + 1 < layers_.size());
  }
}

// Mean cross-entropy of the batch and how many rows are right (first of equal maxima); for `backward` also (softmax - one-hot) / rows.
template <class T>
double DenseNetwork<T>::softmax(Workspace& work, bool backward) const {
  const auto classes = layers_.back().out;
  const T* z = work.activation.back().template data_ptr<T>();
  T* d = work.delta.back().template data_ptr<T>();
  double loss = 0;
  work.correct = 0;
  for (std::int64_t r = 0; r < work.rows; ++r, z += classes, d += classes) {
    const auto label = work.labels[static_cast<std::size_t>(r)];
    const auto best = std::max_element(z, z + classes);
    work.correct += best - z == label && std::isfinite(*best);
    T sum = 0;
    for (std::int64_t c = 0; c < classes; ++c) sum += d[c] = std::exp(z[c] - *best);
    loss += std::log(static_cast<double>(sum)) - static_cast<double>(z[label] - *best);
    if (!backward) continue;
    const T factor = T(1) / (sum * static_cast<T>(work.rows));
    for (std::int64_t c = 0; c < classes; ++c) d[c] *= factor;
    d[label] -= T(1) / static_cast<T>(work.rows);
  }
  return loss / static_cast<double>(work.rows);
}

template <class T>
void DenseNetwork<T>::backward(Workspace& work, const T* x, T* g) const {
  const auto rows = static_cast<std::size_t>(work.rows);
  for (std::size_t l = layers_.size(); l-- > 0;) {
    const auto& layer = layers_[l];
    auto weight_gradient = view(g + layer.weight, layer.out, layer.in);
    at::mm_out(weight_gradient, work.delta_t[l], work.activation[l]);
    sum_rows(work.delta[l].template data_ptr<T>(), rows, static_cast<std::size_t>(layer.out), g + layer.bias);
    if (l == 0) break;
    at::mm_out(work.delta[l - 1], work.delta[l], view(x + layer.weight, layer.out, layer.in));
    mask_relu(work.delta[l - 1].template data_ptr<T>(), work.activation[l].template data_ptr<T>(),
              rows * static_cast<std::size_t>(layer.in));
  }
}

template <class T>
double DenseNetwork<T>::gradient(const Vec& x, Batch batch, Vec& out) const {
  const at::AutoDispatchBelowADInplaceOrView below_autograd;
  const auto work = steps_.borrow();
  gather(*work, data_->train, batch);
  const Vec at = for_oracles(x);
  forward(*work, at.data_ptr<T>());
  const double loss = softmax(*work, true);
  backward(*work, at.data_ptr<T>(), out.data_ptr<T>());
  return loss;
}

template <class T>
double DenseNetwork<T>::value(const Vec& x, Batch batch) const {
  const at::AutoDispatchBelowADInplaceOrView below_autograd;
  const auto work = steps_.borrow();
  gather(*work, data_->train, batch);
  forward(*work, for_oracles(x).data_ptr<T>());
  return softmax(*work, false);
}

template <class T>
Objective::Score DenseNetwork<T>::score(const Vec& x, bool on_test) const {
  const at::AutoDispatchBelowADInplaceOrView below_autograd;
  const auto& samples = on_test ? data_->test : data_->train;
  if (samples.count == 0) throw Error(Fault::usage, "dataset " + quote(data_->name) + " has no " + (on_test ? "test" : "training") + " samples");
  const auto work = scores_.borrow();
  const Vec at = for_oracles(x);
  double loss = 0;
  std::size_t correct = 0;
  std::vector<std::uint32_t> rows;
  for (std::size_t first = 0; first < samples.count; first += rows.size()) {
    rows.resize(std::min<std::size_t>(kScoreRows, samples.count - first));
    std::iota(rows.begin(), rows.end(), static_cast<std::uint32_t>(first));
    gather(*work, samples, rows);
    forward(*work, at.data_ptr<T>());
    loss += softmax(*work, false) * static_cast<double>(rows.size());
    correct += work->correct;
  }
  const auto count = static_cast<double>(samples.count);
  return {loss / count, static_cast<double>(correct) / count};
}

template <class T>
torch::Tensor DenseNetwork<T>::logits(const Vec& x, const torch::Tensor& samples) const {
  const torch::NoGradGuard no_gradient;
  auto out = samples;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const auto& layer = layers_[l];
    const auto weight = x.narrow(0, layer.weight, layer.in * layer.out).view({layer.out, layer.in});
    out = at::linear(out, weight, x.narrow(0, layer.bias, layer.out));
    if (l + 1 < layers_.size()) out = at::relu(out);
  }
  return out;
}

template class DenseNetwork<float>;
template class DenseNetwork<double>;

std::unique_ptr<Objective> make_dense_network(std::shared_ptr<const Dataset> data, const DenseShape& shape, const std::string& dtype, torch::Device device) {
  if (!data) throw Error(Fault::usage, "this objective needs --data");
  if (data->vocabulary) throw Error(Fault::usage, "this objective needs samples with classes, dataset " + quote(data->name) + " is a text", "--objective transformer");
  setup_torch();
  if (!device.is_cpu()) {
    auto network = std::make_unique<const DenseArchitecture>(widths_of(*data, shape), shape.init);
    return std::make_unique<NetworkObjective>(std::move(data), std::move(network), dtype, device);
  }
  if (dtype == "f64") return std::make_unique<DenseNetwork<double>>(std::move(data), shape, torch::kFloat64);
  return std::make_unique<DenseNetwork<float>>(std::move(data), shape, parse_scalar(dtype));
}

}  // namespace dml
