// Multinomial logistic regression: one linear layer with softmax cross-entropy, convex. Starts at zero unless init says otherwise.
// Source: textbook (Bishop 2006, section 4.3.4).
#include "objective/dense_network.h"
#include "objective/initialise.h"

namespace dml {
namespace {

struct SoftmaxOptions { std::string init = "zeros", dtype = "f32"; };

class SoftmaxSource final : public ObjectiveSource {
 public:
  explicit SoftmaxSource(SoftmaxOptions options) : options_(std::move(options)) {}
  std::unique_ptr<Objective> build(std::shared_ptr<const Dataset> data, torch::Device device) const override {
    return make_dense_network(std::move(data), {{}, options_.init}, options_.dtype, device);
  }

 private:
  SoftmaxOptions options_;
};

}  // namespace

void register_softmax(Registry<ObjectiveSource>& registry) {
  registry.add<SoftmaxSource>({"softmax", "multinomial logistic regression", "Bishop 2006, section 4.3.4"},
                              Options<SoftmaxOptions>()
                                  .add("init", &SoftmaxOptions::init, "how weights start", one_of(initialisations()))
                                  .add("dtype", &SoftmaxOptions::dtype, "of the state; bf16 computes in f32", one_of({"f32", "f64", "bf16"})));
}

}  // namespace dml
