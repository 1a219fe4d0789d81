// A causal transformer over bytes: embedding and learned positions, `layers` pre-norm blocks of self-attention and a GELU network of four
// times the width, a final norm, one logit for each possible next byte. Loss: mean cross-entropy of every next byte of a sample, in nats.
// The context is the data's: text:context=N. Tensors: embedding, position, norm and head, and layers.N.* as in
// torch.nn.TransformerEncoderLayer(norm_first=True, activation='gelu').
// Source: Vaswani et al., NIPS 2017; pre-norm and initialisation of Radford et al. 2019 (GPT-2): N(0, 0.02^2), 1/sqrt(2 layers) on what adds
// to the residual stream. Symbols: d -> width, h -> heads, T -> time.
// Deviations: no dropout; head and embedding do not share weights.
#include <cmath>

#include "base/text.h"
#include "objective/network.h"
#include "objective/torch_setup.h"

namespace dml {
namespace {

struct TransformerOptions {
  int layers = 2, heads = 4, width = 64;
  std::string init = "normal", dtype = "f32";
};

class AttentionBlock {
 public:
  AttentionBlock(Plan& plan, const std::string& name, const TransformerOptions& o)
      : heads_(o.heads), norm1_(plan, name + ".norm1", o.width),
        project_(plan, name + ".self_attn.in_proj_weight", name + ".self_attn.in_proj_bias", o.width, 3 * o.width),
        gather_(plan, name + ".self_attn.out_proj", o.width, o.width, residual(o)), norm2_(plan, name + ".norm2", o.width),
        widen_(plan, name + ".linear1", o.width, 4 * o.width), narrow_(plan, name + ".linear2", 4 * o.width, o.width, residual(o)) {}

  torch::Tensor operator()(const Pass& pass, const torch::Tensor& x, const torch::Tensor& mask) const {
    const auto y = x + attend(pass, norm1_(pass, x), mask);
    return y + narrow_(pass, at::gelu(widen_(pass, norm2_(pass, y))));
  }

 private:
  static double residual(const TransformerOptions& o) { return 1.0 / std::sqrt(2.0 * o.layers); }

  torch::Tensor attend(const Pass& pass, const torch::Tensor& x, const torch::Tensor& mask) const {
    const auto rows = x.size(0), time = x.size(1), width = x.size(2), each = width / heads_;
    const auto parts = project_(pass, x).view({rows, time, 3, heads_, each}).permute({2, 0, 3, 1, 4});   // 3 x rows x heads x time x each
    const auto scores = at::matmul(parts[0], parts[1].transpose(-2, -1)) / std::sqrt(static_cast<double>(each));
    const auto mixed = at::matmul(at::softmax(scores + mask, -1), parts[2]);
    return gather_(pass, mixed.transpose(1, 2).reshape({rows, time, width}));
  }

  std::int64_t heads_;
  LayerNorm norm1_;
  Linear project_, gather_;
  LayerNorm norm2_;
  Linear widen_, narrow_;
};

class Transformer final : public Architecture {
 public:
  Transformer(const TransformerOptions& o, std::int64_t context, std::int64_t vocabulary) : plan_(o.init), context_(context) {
    embedding_ = plan_.add({Plan::Kind::weight, "embedding.weight", {vocabulary, o.width}, {vocabulary, o.width, o.width, vocabulary}, 1});
    position_ = plan_.add({Plan::Kind::weight, "position.weight", {context, o.width}, {context, o.width, o.width, context}, 1});
    for (int i = 0; i < o.layers; ++i) blocks_.emplace_back(plan_, "layers." + std::to_string(i), o);
    norm_.emplace(plan_, "norm", o.width);
    head_.emplace(plan_, "head", o.width, vocabulary);
  }
  const Plan& plan() const override { return plan_; }

  torch::Tensor forward(const Pass& pass, const torch::Tensor& tokens) const override {
    const auto time = tokens.size(1);
    if (time < 1 || time > context_)
      throw Error(Fault::usage, "samples of " + std::to_string(time) + " tokens, the transformer's context is " + std::to_string(context_));
    auto x = at::embedding(pass.tensors[embedding_], tokens) + pass.tensors[position_].narrow(0, 0, time);
    const auto mask = torch::full({time, time}, -std::numeric_limits<double>::infinity(), x.options().requires_grad(false)).triu(1);
    for (const auto& block : blocks_) x = block(pass, x, mask);
    return (*head_)(pass, (*norm_)(pass, x));
  }

 private:
  Plan plan_;
  std::int64_t context_;
  std::size_t embedding_, position_;
  std::vector<AttentionBlock> blocks_;
  std::optional<LayerNorm> norm_;
  std::optional<Linear> head_;
};

class TransformerSource final : public ObjectiveSource {
 public:
  explicit TransformerSource(TransformerOptions options) : options_(std::move(options)) {
    if (options_.width % options_.heads != 0)
      throw Error(Fault::usage, "option 'transformer:width' is " + std::to_string(options_.width) + ", no multiple of heads = " + std::to_string(options_.heads));
  }
  std::unique_ptr<Objective> build(std::shared_ptr<const Dataset> data, torch::Device device) const override {
    setup_torch();
    if (!data || data->vocabulary == 0)
      throw Error(Fault::usage, "objective 'transformer' needs a text" + (data ? ", dataset " + quote(data->name) + " is none" : ""), "--data text:file=FILE");
    auto network = std::make_unique<const Transformer>(options_, static_cast<std::int64_t>(data->train.features) - 1, data->vocabulary);
    return std::make_unique<NetworkObjective>(std::move(data), std::move(network), options_.dtype, device);
  }

 private:
  TransformerOptions options_;
};

}  // namespace

void register_transformer(Registry<ObjectiveSource>& registry) {
  using O = TransformerOptions;
  registry.add<TransformerSource>({"transformer", "causal transformer over the bytes of a text", "Vaswani et al., NIPS 2017; Radford et al. 2019"},
                                  Options<O>()
                                      .add("layers", &O::layers, "blocks of attention and network", between(1, 1000))
                                      .add("heads", &O::heads, "attention heads of each block", between(1, 1024))
                                      .add("width", &O::width, "numbers that describe a position; a multiple of heads", between(1, 65536))
                                      .add("init", &O::init, "how weights start", one_of(initialisations()))
                                      .add("dtype", &O::dtype, "of the state; bf16 computes in f32", one_of({"f32", "f64", "bf16"})));
}

}  // namespace dml
