// Multinomial logistic regression: one linear layer with softmax cross-entropy, convex. Starts at zero, so every node starts alike.
// Source: textbook (Bishop 2006, section 4.3.4).
#include "objective/dense_network.h"

namespace dml {
namespace {

struct SoftmaxOptions { std::string dtype = "f32"; };

class SoftmaxSource final : public ObjectiveSource {
 public:
  explicit SoftmaxSource(SoftmaxOptions options) : options_(std::move(options)) {}
  std::unique_ptr<Objective> build(std::shared_ptr<const Dataset> data) const override {
    return make_dense_network(std::move(data), {{}, false}, options_.dtype);
  }

 private:
  SoftmaxOptions options_;
};

}  // namespace

void register_softmax(Registry<ObjectiveSource>& registry) {
  registry.add<SoftmaxSource>({"softmax", "multinomial logistic regression", "Bishop 2006, section 4.3.4"},
                              Options<SoftmaxOptions>().add("dtype", &SoftmaxOptions::dtype, "of parameters and arithmetic", one_of({"f32", "f64"})));
}

}  // namespace dml
