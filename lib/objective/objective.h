// A problem: oracles over a flat parameter vector. Training programs see nothing else, so the same program runs on a quadratic in f64
// and on a network in f32. Include this before doctest.
#pragma once
#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "data/dataset.h"
#include "entry/registry.h"
#include "wire/record.h"

namespace dml {

using Vec = torch::Tensor;                                 // 1-d, contiguous, CPU, f32 or f64
/// Indices into the training samples (or into the problem's terms); may repeat.
using Batch = std::span<const std::uint32_t>;

/// One named parameter tensor inside the flat vector; in record order (sorted by name).
struct ParameterSpec { std::string name; std::vector<std::int64_t> shape; std::int64_t offset = 0, size = 0; };

/// Objectives are shared by all simulated nodes and used from several threads: workspaces are per worker_index().
class Objective {
 public:
  virtual ~Objective() = default;
  virtual std::int64_t dim() const = 0;
  virtual torch::ScalarType dtype() const = 0;
  virtual const std::vector<ParameterSpec>& layout() const = 0;
  /// How many training samples, or terms of a closed-form problem, batches index into.
  virtual std::size_t terms() const = 0;
  /// Starting point. Closed-form problems may ignore `rng`.
  virtual Vec initial(Rng& rng) const = 0;
  /// Loss and accuracy on the test (or training) set; closed-form problems have one value for both. Accuracy is NaN without classes.
  struct Score { double loss = 0, accuracy = 0; };
  virtual Score score(const Vec& x, bool on_test) const = 0;
};

class ValueOracle {
 public:
  virtual ~ValueOracle() = default;
  virtual double value(const Vec& x, Batch batch) const = 0;       // mean over the batch
};
class GradientOracle {
 public:
  virtual ~GradientOracle() = default;
  /// out = gradient of the mean loss over the batch; returns that loss.
  virtual double gradient(const Vec& x, Batch batch, Vec& out) const = 0;
};
class LogitsOracle {
 public:
  virtual ~LogitsOracle() = default;
  /// rows x classes, for samples given as rows x features. Computed in the dtype of x (f64, f32, bf16), which samples share.
  virtual torch::Tensor logits(const Vec& x, const torch::Tensor& samples) const = 0;
};

template <class Oracle>
const Oracle& need(const Objective& objective, const std::string& program, const std::string& objective_name, const char* oracle) {
  if (const auto* found = dynamic_cast<const Oracle*>(&objective)) return *found;
  throw Error(Fault::usage, program + " needs the " + oracle + " oracle; objective '" + objective_name + "' does not offer it");
}

/// Builds the problem; data may be absent for closed-form ones.
class ObjectiveSource {
 public:
  virtual ~ObjectiveSource() = default;
  virtual bool needs_data() const { return true; }
  virtual std::unique_ptr<Objective> build(std::shared_ptr<const Dataset> data) const = 0;
};

void register_objectives(Registry<ObjectiveSource>& registry);

/// Rows of a dataset as a tensor that shares its memory: count x features, f32.
torch::Tensor samples_tensor(const Samples& samples);

/// f32 or f64; other types are Error(bug).
Dtype to_dtype(torch::ScalarType type);

/// Flat vector <-> record tensors (named slices). to_record shares memory with x and keeps it alive; from_record copies, widens or
/// narrows floating types to the objective's, and refuses other names, shapes and values that are not finite: Error(input).
Record to_record(const Objective& objective, const Vec& x, std::string kind);
Vec from_record(const Objective& objective, const Record& record, const std::string& where);

}  // namespace dml
