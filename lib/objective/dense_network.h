// Fully connected ReLU networks with softmax cross-entropy: forward and backward by hand over preallocated buffers, products by
// LibTorch's `out=` forms. Softmax regression is the network without hidden layers.
#pragma once
#include "objective/objective.h"
#include "objective/workspace.h"

namespace dml {

struct DenseShape {
  std::vector<std::int64_t> hidden;                        // widths of the hidden layers
  std::string init = "fan-in";                             // see initialisations()
};

/// T is float or double. Parameters: layer.0.weight (out x in), layer.0.bias, ..., flat in order of name.
template <class T>
class DenseNetwork final : public Objective, public ValueOracle, public GradientOracle, public LogitsOracle {
 public:
  /// `state`: what nodes keep; arithmetic is in T. Error(input) when the data have no labels or a label outside 0..classes-1.
  DenseNetwork(std::shared_ptr<const Dataset> data, const DenseShape& shape, torch::ScalarType state);
  ~DenseNetwork() override;

  std::int64_t dim() const override { return dim_; }
  torch::ScalarType dtype() const override { return state_; }
  const std::vector<ParameterSpec>& layout() const override { return layout_; }
  std::size_t terms() const override { return data_->train.count; }
  Vec initial(Rng& rng) const override;
  Score score(const Vec& x, bool on_test) const override;
  double value(const Vec& x, Batch batch) const override;
  double gradient(const Vec& x, Batch batch, Vec& out) const override;
  torch::Tensor logits(const Vec& x, const torch::Tensor& samples) const override;

 private:
  struct Layer { std::int64_t in = 0, out = 0, weight = 0, bias = 0; };   // weight, bias: offsets in the flat vector
  struct Workspace;
  void fit(Workspace& work, std::int64_t rows) const;
  void gather(Workspace& work, const Samples& samples, Batch batch) const;
  void forward(Workspace& work, const T* x) const;
  double softmax(Workspace& work, bool backward) const;
  void backward(Workspace& work, const T* x, T* g) const;

  std::shared_ptr<const Dataset> data_;
  torch::ScalarType state_;
  std::string init_;
  std::vector<Layer> layers_;
  std::vector<ParameterSpec> layout_;
  std::int64_t dim_ = 0;
  mutable WorkspacePool<Workspace> steps_, scores_;        // apart: their batch sizes differ
};

extern template class DenseNetwork<float>;
extern template class DenseNetwork<double>;

/// The network with a state of f32, f64 or bf16; on a device other than the CPU by LibTorch's autograd, with the same tensors.
std::unique_ptr<Objective> make_dense_network(std::shared_ptr<const Dataset> data, const DenseShape& shape, const std::string& dtype, torch::Device device);

}  // namespace dml
