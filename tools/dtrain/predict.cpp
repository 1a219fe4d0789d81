// dtrain predict [MODEL]: the model's logits for all test (or training) samples as one activation record. Computed in --dtype: machines
// that compute in another type or with other threads agree in their fingerprints, not in their bytes.
#include "base/text.h"
#include "dtrain/training.h"
#include "objective/network.h"
#include "objective/torch_setup.h"

namespace dml {
namespace {

struct PredictOptions {
  std::optional<Chain> objective, data;
  std::string of = "test", dtype = "f32", device = "cpu";
  int math_threads = 1;
};

torch::ScalarType type_of(const std::string& name) {
  if (name == "bf16") return torch::kBFloat16;
  return name == "f64" ? torch::kFloat64 : torch::kFloat32;
}

class Predict final : public Verb {
 public:
  explicit Predict(PredictOptions options) : options_(std::move(options)) {}

  int run(Invocation& call) override {
    return translated([&] {
      set_math_threads(options_.math_threads);
      const auto reader = call.reader();
      const auto model = next_model(*reader);
      if (!model) throw Error(Fault::input, "the input holds no model");
      const std::string where = reader->where();
      if (reader->next_head()) throw Error(Fault::input, "the input holds more than one model", "merge them first: dmerge mean");
      const auto problem = problem_of(call, *model, where, options_.objective, options_.data, parse_device(options_.device));
      const auto& oracle = need<LogitsOracle>(*problem.objective, "predict", problem.objective_name, "logits");
      const auto& samples = options_.of == "test" ? problem.data->test : problem.data->train;
      if (samples.count == 0) throw Error(Fault::usage, "dataset " + quote(problem.data->name) + " has no " + options_.of + " samples");
      const auto type = type_of(options_.dtype);
      const auto x = from_record(*problem.objective, *model, where).to(type);
      const auto logits = oracle.logits(x, samples_tensor(samples).to(type)).contiguous();
      const auto writer = call.writer();
      writer->write(activation(logits, *model, problem));
      writer->close(call.environment());
      return 0;
    });
  }

 private:
  Record activation(const torch::Tensor& logits, const Record& model, const Problem& problem) const {
    const auto bytes = static_cast<std::size_t>(logits.numel()) * logits.element_size();
    Record out{"activation", {}, {}, {}};
    out.meta = {{"objective", problem.objective_name}, {"data", problem.data_name}, {"of", options_.of}, {"model", content_digest(model)}};
    out.tensors.push_back({"logits", *parse_dtype(options_.dtype), {logits.size(0), logits.size(1)}, Bytes::copy(logits.data_ptr(), bytes), {}});
    return out;
  }
  PredictOptions options_;
};

}  // namespace

void register_predict(Verbs& verbs) {
  using O = PredictOptions;
  VerbShape shape{"[MODEL]", 0, 1, Output::records, reads_and_writes()};
  verbs.add<Predict>({"predict", "a model's logits for all samples, as one activation record", "card gen-ai-consensus"}, shape,
                     Options<O>()
                         .add("objective", &O::objective, "in place of the model's own")
                         .add("data", &O::data, "in place of the model's own")
                         .add("of", &O::of, "which samples", one_of({"test", "train"}))
                         .add("dtype", &O::dtype, "of the arithmetic and of the output", one_of({"f32", "bf16", "f64"}))
                         .add("device", &O::device, "cpu, cuda or cuda:N: where logits are computed")
                         .add("math-threads", &O::math_threads, "threads inside one matrix product: changes bits", between(1, 1024)));
}

}  // namespace dml
