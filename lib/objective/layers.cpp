#include "objective/layers.h"

#include <algorithm>

namespace dml {
namespace {

constexpr double kEps = 1e-5;                              // torch.nn's

std::int64_t product(const std::vector<std::int64_t>& shape) {
  std::int64_t out = 1;
  for (const auto extent : shape) out *= extent;
  return out;
}

Plan::Slot bias_slot(const std::string& name, std::int64_t size, std::int64_t fan_in) {
  return {Plan::Kind::bias, name, {size}, {size, 1, fan_in, size}};
}
Plan::Slot weight_slot(const std::string& name, std::int64_t out, std::int64_t in, double scale) {
  return {Plan::Kind::weight, name, {out, in}, {out, in, in, out}, scale};
}
Plan::Slot constant_slot(const std::string& name, std::int64_t size, double value) { return {Plan::Kind::constant, name, {size}, {}, value}; }

}  // namespace

std::size_t Plan::add(Slot slot) {
  slots_.push_back(std::move(slot));
  return slots_.size() - 1;
}

std::vector<double> Plan::start(std::size_t at, Rng& rng) const {
  const auto& slot = slots_[at];
  std::vector<double> out(static_cast<std::size_t>(product(slot.shape)), slot.value);
  if (slot.kind == Kind::weight) initialise_weight(rule_, slot.fans, slot.value, rng, out.data());
  if (slot.kind == Kind::bias) initialise_bias(rule_, slot.fans.fan_in, slot.fans.rows, rng, out.data());
  return out;
}

Conv::Conv(Plan& plan, const std::string& name, const ConvShape& shape) : shape_(shape) {
  const auto area = shape.kernel * shape.kernel;
  weight_ = plan.add({Plan::Kind::weight, name + ".weight", {shape.out, shape.in, shape.kernel, shape.kernel},
                      {shape.out, shape.in * area, shape.in * area, shape.out * area}, 1});
  if (shape.bias) bias_ = plan.add(bias_slot(name + ".bias", shape.out, shape.in * area));
}

torch::Tensor Conv::operator()(const Pass& pass, const torch::Tensor& x) const {
  return at::conv2d(x, pass.tensors[weight_], shape_.bias ? pass.tensors[bias_] : torch::Tensor(), shape_.stride, shape_.pad);
}

Linear::Linear(Plan& plan, const std::string& name, std::int64_t in, std::int64_t out, double scale)
    : weight_(plan.add(weight_slot(name + ".weight", out, in, scale))), bias_(plan.add(bias_slot(name + ".bias", out, in))) {}

Linear::Linear(Plan& plan, const std::string& weight, const std::string& bias, std::int64_t in, std::int64_t out)
    : weight_(plan.add(weight_slot(weight, out, in, 1))), bias_(plan.add(bias_slot(bias, out, in))) {}

torch::Tensor Linear::operator()(const Pass& pass, const torch::Tensor& x) const { return at::linear(x, pass.tensors[weight_], pass.tensors[bias_]); }

const std::vector<std::string>& Norm::kinds() {
  static const std::vector<std::string> names{"batch", "group", "layer", "none"};
  return names;
}

Norm::Norm(Plan& plan, const std::string& name, const std::string& kind, std::int64_t channels, std::int64_t groups) : kind_(kind) {
  if (kind == "none") return;
  if (kind == "group") groups_ = std::min(groups, channels);
  if (channels % groups_ != 0)
    throw Error(Fault::usage, "group norm cannot cut " + std::to_string(channels) + " channels into " + std::to_string(groups_) + " groups");
  weight_ = plan.add(constant_slot(name + ".weight", channels, 1));
  bias_ = plan.add(constant_slot(name + ".bias", channels, 0));
  if (kind != "batch") return;
  mean_ = plan.add({Plan::Kind::buffer, name + ".running_mean", {channels}, {}, 0});
  variance_ = plan.add({Plan::Kind::buffer, name + ".running_var", {channels}, {}, 1});
}

torch::Tensor Norm::operator()(const Pass& pass, const torch::Tensor& x) const {
  if (kind_ == "none") return x;
  if (kind_ != "batch") return at::group_norm(x, groups_, pass.tensors[weight_], pass.tensors[bias_], kEps);
  if (pass.training && x.numel() == x.size(1))
    throw Error(Fault::usage, "batch norm needs more than one value of a channel, and this batch of one sample has one", "a larger --batch, or norm=group");
  return at::batch_norm(x, pass.tensors[weight_], pass.tensors[bias_], pass.tensors[mean_], pass.tensors[variance_], pass.training, pass.momentum, kEps, true);
}

LayerNorm::LayerNorm(Plan& plan, const std::string& name, std::int64_t width)
    : width_(width), weight_(plan.add(constant_slot(name + ".weight", width, 1))), bias_(plan.add(constant_slot(name + ".bias", width, 0))) {}

torch::Tensor LayerNorm::operator()(const Pass& pass, const torch::Tensor& x) const {
  return at::layer_norm(x, {width_}, pass.tensors[weight_], pass.tensors[bias_], kEps);
}

}  // namespace dml
