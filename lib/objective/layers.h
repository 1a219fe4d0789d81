// Layers as functions of named tensors: a layer declares its tensors in a Plan when the network is built and finds them in a Pass when it
// is evaluated. Names are those of torch.nn, so that a converted model loads into the same network there.
#pragma once
#include <string>
#include <vector>

#include "objective/initialise.h"

namespace dml {

/// The tensors of a network in order of declaration, and how each starts.
class Plan {
 public:
  enum class Kind { weight, bias, constant, buffer };
  struct Slot {
    Kind kind;
    std::string name;
    std::vector<std::int64_t> shape;
    WeightShape fans{};
    double value = 0;                                      // weight: scale of the rule; constant, buffer: what it starts from
  };
  explicit Plan(std::string rule) : rule_(std::move(rule)) {}
  std::size_t add(Slot slot);
  const std::vector<Slot>& slots() const { return slots_; }
  /// Values of one slot, row-major.
  std::vector<double> start(std::size_t slot, Rng& rng) const;

 private:
  std::string rule_;
  std::vector<Slot> slots_;
};

/// One evaluation. `training`: batch norm uses the batch's statistics and moves the buffers among `tensors`.
struct Pass {
  std::vector<torch::Tensor> tensors;                      // of the slots, in order
  bool training = false;
  double momentum = 0.1;                                   // of that move
};

struct ConvShape { std::int64_t in = 1, out = 1, kernel = 3, stride = 1, pad = 0; bool bias = true; };

class Conv {
 public:
  Conv(Plan& plan, const std::string& name, const ConvShape& shape);
  torch::Tensor operator()(const Pass& pass, const torch::Tensor& x) const;

 private:
  ConvShape shape_;
  std::size_t weight_, bias_ = 0;
};

class Linear {
 public:
  /// `scale`: factor on the starting weights. `weight`, `bias`: names, where they are not NAME.weight and NAME.bias.
  Linear(Plan& plan, const std::string& name, std::int64_t in, std::int64_t out, double scale = 1);
  Linear(Plan& plan, const std::string& weight, const std::string& bias, std::int64_t in, std::int64_t out);
  torch::Tensor operator()(const Pass& pass, const torch::Tensor& x) const;

 private:
  std::size_t weight_, bias_;
};

/// Over channels of pictures: batch (Ioffe and Szegedy, ICML 2015; running mean and unbiased variance are buffers), group
/// (Wu and He, ECCV 2018), layer (Ba et al. 2016: one group), none (identity, without tensors).
class Norm {
 public:
  Norm(Plan& plan, const std::string& name, const std::string& kind, std::int64_t channels, std::int64_t groups);
  torch::Tensor operator()(const Pass& pass, const torch::Tensor& x) const;
  static const std::vector<std::string>& kinds();

 private:
  std::string kind_;
  std::int64_t groups_ = 1;
  std::size_t weight_ = 0, bias_ = 0, mean_ = 0, variance_ = 0;
};

/// Over the last axis.
class LayerNorm {
 public:
  LayerNorm(Plan& plan, const std::string& name, std::int64_t width);
  torch::Tensor operator()(const Pass& pass, const torch::Tensor& x) const;

 private:
  std::int64_t width_;
  std::size_t weight_, bias_;
};

}  // namespace dml
