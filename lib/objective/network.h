// Any network as an objective: the loss is cross-entropy, gradients come from LibTorch's autograd over views of the flat vector.
#pragma once
#include <memory>
#include <vector>

#include "objective/calibration.h"
#include "objective/layers.h"
#include "objective/workspace.h"

namespace dml {

/// A network's layers. Immutable once built; evaluated from several threads.
class Architecture {
 public:
  virtual ~Architecture() = default;
  virtual const Plan& plan() const = 0;
  /// Pictures (rows x channels x height x width) or flat samples (rows x features): logits rows x classes. Tokens (rows x time, i64):
  /// logits rows x time x vocabulary, each of the next token.
  virtual torch::Tensor forward(const Pass& pass, const torch::Tensor& input) const = 0;
};

class NetworkObjective final : public Objective, public ValueOracle, public GradientOracle, public LogitsOracle, public CalibrationOracle {
 public:
  /// `dtype`: f32, f64 or bf16 (a state of half the size; arithmetic is f32). Labelled data, or tokens of a text. Error(input) when the
  /// labels do not fit.
  NetworkObjective(std::shared_ptr<const Dataset> data, std::unique_ptr<const Architecture> network, const std::string& dtype, torch::Device device);
  ~NetworkObjective() override;

  std::int64_t dim() const override { return dim_; }
  torch::ScalarType dtype() const override { return dtype_; }
  torch::Device device() const override { return device_; }
  const std::vector<ParameterSpec>& layout() const override { return layout_; }
  std::size_t terms() const override { return data_->train.count; }
  Vec initial(Rng& rng) const override;
  Score score(const Vec& x, bool on_test) const override;
  /// As in training: batch norm by the batch's statistics. Buffers are left as they are.
  double value(const Vec& x, Batch batch) const override;
  double gradient(const Vec& x, Batch batch, Vec& out) const override;
  const std::vector<Run>& buffers() const override { return buffers_; }
  torch::Tensor logits(const Vec& x, const torch::Tensor& samples) const override;
  Vec recalibrated(const Vec& x) const override;

 private:
  struct Workspace;
  struct Loaded { torch::Tensor input, target; };          // target: rows, or rows x time for a text
  Loaded load(Workspace& work, const Samples& samples, const Batch& batch) const;
  torch::Tensor shaped(const torch::Tensor& samples) const;
  Pass bind(const Vec& x, bool training) const;
  torch::Tensor loss(const Pass& pass, const Loaded& loaded) const;

  std::shared_ptr<const Dataset> data_;
  std::unique_ptr<const Architecture> network_;
  torch::ScalarType dtype_;
  torch::Device device_;
  std::vector<ParameterSpec> layout_;                      // sorted by name
  std::vector<std::size_t> spec_of_;                       // of slots: index into layout_
  std::vector<Run> buffers_;
  std::int64_t dim_ = 0;
  mutable WorkspacePool<Workspace> work_;
};

/// "cpu", "cuda" or "cuda:N". Error(usage) for other words; Error(system) when this LibTorch or this machine has no such device.
torch::Device parse_device(const std::string& text);

torch::ScalarType parse_scalar(const std::string& dtype);  // f32, f64, bf16

/// Labels below `classes` for every sample: Error(input) naming the dataset.
void check_labels(const Dataset& data);
/// Error(usage) when the data are no pictures; `objective` names who wants them.
const ImageShape& need_pictures(const Dataset* data, const std::string& objective);

}  // namespace dml
