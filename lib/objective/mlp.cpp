// A fully connected ReLU network with softmax cross-entropy on labelled samples. Start (init=fan-in): weights AND biases uniform on
// +-1/sqrt(fan_in) of their layer, as torch.nn.Linear draws them.
// Source: textbook backpropagation (Rumelhart et al., Nature 1986); initialisation of torch.nn.Linear.
#include "objective/dense_network.h"
#include "objective/initialise.h"

namespace dml {
namespace {

struct MlpOptions {
  std::vector<double> hidden{64};
  std::string init = "fan-in", dtype = "f32";
};

class MlpSource final : public ObjectiveSource {
 public:
  explicit MlpSource(MlpOptions options) : options_(std::move(options)) {}
  std::unique_ptr<Objective> build(std::shared_ptr<const Dataset> data, torch::Device device) const override {
    return make_dense_network(std::move(data), {whole_numbers(options_.hidden, "mlp:hidden"), options_.init}, options_.dtype, device);
  }

 private:
  MlpOptions options_;
};

}  // namespace

void register_mlp(Registry<ObjectiveSource>& registry) {
  registry.add<MlpSource>({"mlp", "fully connected ReLU network with softmax cross-entropy", "Rumelhart et al., Nature 1986"},
                          Options<MlpOptions>()
                              .add("hidden", &MlpOptions::hidden, "widths of the hidden layers", between(1, 1e6))
                              .add("init", &MlpOptions::init, "how weights start", one_of(initialisations()))
                              .add("dtype", &MlpOptions::dtype, "of the state; bf16 computes in f32", one_of({"f32", "f64", "bf16"})));
}

}  // namespace dml
