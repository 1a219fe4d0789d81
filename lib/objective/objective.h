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
#include "data/batch.h"
#include "data/dataset.h"
#include "entry/registry.h"
#include "wire/record.h"

namespace dml {

/// 1-d and contiguous. A node's state is on the CPU, f32, f64 or bf16; oracles get it in the objective's arithmetic(), on its device().
using Vec = torch::Tensor;

/// One named tensor inside the flat vector; in record order (sorted by name). A buffer (running statistics of batch norm) is part of the
/// state, it is sent and averaged like a parameter, but it follows the data, not the gradient.
struct ParameterSpec {
  std::string name;
  std::vector<std::int64_t> shape;
  std::int64_t offset = 0, size = 0;
  bool buffer = false;
};

/// Objectives are shared by all simulated nodes and used from several threads: workspaces are per worker_index().
class Objective {
 public:
  virtual ~Objective() = default;
  virtual std::int64_t dim() const = 0;
  /// Of the state that nodes keep, send and write.
  virtual torch::ScalarType dtype() const = 0;
  /// Of the vectors that oracles take: f32 for a bf16 state, else the same.
  torch::ScalarType arithmetic() const { return dtype() == torch::kBFloat16 ? torch::kFloat32 : dtype(); }
  /// Where oracles compute.
  virtual torch::Device device() const { return torch::kCPU; }
  /// x as the oracles take it; x itself where it is so already.
  Vec for_oracles(const Vec& x) const { return x.to(device(), arithmetic()); }
  virtual const std::vector<ParameterSpec>& layout() const = 0;
  /// How many training samples, or terms of a closed-form problem, batches index into.
  virtual std::size_t terms() const = 0;
  /// Starting point. Closed-form problems may ignore `rng`.
  virtual Vec initial(Rng& rng) const = 0;
  /// Loss and accuracy on the test (or training) set; closed-form problems have one value for both. Accuracy is NaN without classes.
  /// x in any dtype, anywhere.
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
  /// out = gradient of the mean loss over the batch; returns that loss. At the places of buffers() out is what the buffers become.
  virtual double gradient(const Vec& x, Batch batch, Vec& out) const = 0;
  /// A run of positions that hold no parameters: solvers put there what gradient() says, without rate, decay or memory.
  struct Run { std::int64_t offset, size; };
  virtual const std::vector<Run>& buffers() const {
    static const std::vector<Run> none;
    return none;
  }
};
class LogitsOracle {
 public:
  virtual ~LogitsOracle() = default;
  /// rows x classes, for samples given as rows x features. Computed in the dtype of x (f64, f32, bf16), which samples share. Language
  /// models: logits of each sample's last token, given those before it.
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
  /// `device`: where oracles compute; see parse_device.
  virtual std::unique_ptr<Objective> build(std::shared_ptr<const Dataset> data, torch::Device device = torch::kCPU) const = 0;
};

void register_objectives(Registry<ObjectiveSource>& registry);

/// A list option as whole numbers: Error(usage) naming `option` when one is not.
std::vector<std::int64_t> whole_numbers(const std::vector<double>& values, const std::string& option);

/// Rows of a dataset as a tensor that shares its memory: count x features, f32.
torch::Tensor samples_tensor(const Samples& samples);

/// f32, f64 or bf16; other types are Error(bug).
Dtype to_dtype(torch::ScalarType type);

/// Flat vector <-> record tensors (named slices). to_record shares memory with x and keeps it alive; from_record copies, widens or
/// narrows floating types to the objective's, and refuses other names, shapes and values that are not finite: Error(input).
Record to_record(const Objective& objective, const Vec& x, std::string kind);
Vec from_record(const Objective& objective, const Record& record, const std::string& where);

}  // namespace dml
