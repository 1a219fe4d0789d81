// A fully connected ReLU network with softmax cross-entropy on labelled samples. Start: weights AND biases uniform on
// +-1/sqrt(fan_in) of their layer, as torch.nn.Linear draws them.
// Source: textbook backpropagation (Rumelhart et al., Nature 1986); initialisation of torch.nn.Linear.
#include "objective/dense_network.h"

namespace dml {
namespace {

struct MlpOptions {
  std::vector<double> hidden{64};
  std::string dtype = "f32";
};

class MlpSource final : public ObjectiveSource {
 public:
  explicit MlpSource(MlpOptions options) : options_(std::move(options)) {}
  std::unique_ptr<Objective> build(std::shared_ptr<const Dataset> data) const override {
    DenseShape shape;
    for (const double width : options_.hidden) {
      if (width != static_cast<double>(static_cast<std::int64_t>(width)))
        throw Error(Fault::usage, "option 'mlp:hidden' must hold whole numbers");
      shape.hidden.push_back(static_cast<std::int64_t>(width));
    }
    return make_dense_network(std::move(data), shape, options_.dtype);
  }

 private:
  MlpOptions options_;
};

}  // namespace

void register_mlp(Registry<ObjectiveSource>& registry) {
  registry.add<MlpSource>({"mlp", "fully connected ReLU network with softmax cross-entropy", "Rumelhart et al., Nature 1986"},
                          Options<MlpOptions>()
                              .add("hidden", &MlpOptions::hidden, "widths of the hidden layers", between(1, 1e6))
                              .add("dtype", &MlpOptions::dtype, "of parameters and arithmetic", one_of({"f32", "f64"})));
}

}  // namespace dml
