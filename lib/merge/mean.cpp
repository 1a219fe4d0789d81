// mean: the average of all models, tensor by tensor: the single final merge of card single-merge (merged = (1/m) sum_k theta_k).
// Sums run over the models in the order given, in double, and are rounded once to the stored dtype.
#include <algorithm>
#include <array>
#include <cstring>

#include "base/parallel.h"
#include "merge/merger.h"

namespace dml {
namespace {

constexpr std::size_t kBlock = 4096;                       // doubles of one accumulator: 32 KiB stay in the first cache

template <class T>
Bytes average(const std::vector<Tensor>& inputs, std::size_t size) {
  Buffer out(size * sizeof(T));
  T* to = out.as<T>();
  const double count = static_cast<double>(inputs.size());
  parallel_blocks(size, 64 * kBlock, [&](std::size_t first, std::size_t last) {
    std::array<double, kBlock> sum;
    for (std::size_t at = first; at < last; at += kBlock) {
      const std::size_t n = std::min(kBlock, last - at);
      std::fill_n(sum.begin(), n, 0.0);
      for (const auto& input : inputs) {
        const T* from = input.as<T>() + at;
        for (std::size_t i = 0; i < n; ++i) sum[i] += static_cast<double>(from[i]);
      }
      for (std::size_t i = 0; i < n; ++i) to[at + i] = static_cast<T>(sum[i] / count);
    }
  });
  return std::move(out).freeze();
}

// 16-bit and 8-bit floats, widened block by block: all at once they would take four to eight times the tensor.
Bytes average_narrow(const std::vector<Tensor>& inputs, std::size_t size) {
  const Dtype dtype = inputs[0].dtype;
  const std::size_t width = size_of(dtype);
  Buffer out(size * width);
  parallel_blocks(size, 16 * kBlock, [&](std::size_t first, std::size_t last) {
    const std::size_t n = last - first;
    std::vector<double> sum(n);
    for (const auto& input : inputs) {
      const auto values = to_doubles({{}, dtype, {static_cast<std::int64_t>(n)}, input.data.slice(first * width, n * width), {}});
      for (std::size_t i = 0; i < n; ++i) sum[i] += values[i];
    }
    for (auto& value : sum) value /= static_cast<double>(inputs.size());
    const Bytes rounded = from_doubles(sum.data(), n, dtype);
    std::memcpy(out.data() + first * width, rounded.data(), rounded.size());
  });
  return std::move(out).freeze();
}

class Mean final : public Merger {
 public:
  void plan(std::size_t) override {}
  Tensor merge(const std::vector<Tensor>& inputs) const override {
    Tensor out = inputs[0];
    if (inputs.size() == 1) return out;
    const auto size = static_cast<std::size_t>(out.elements());
    if (out.dtype == Dtype::f32) out.data = average<float>(inputs, size);
    else if (out.dtype == Dtype::f64) out.data = average<double>(inputs, size);
    else out.data = average_narrow(inputs, size);
    return out;
  }
};

}  // namespace

void register_mean(Registry<Merger>& registry) {
  registry.add<Mean>({"mean", "the average of all models", "Zhu et al. 2025, arXiv 2507.06542: the single global merging"},
                     {Trait::permutation_invariant, Trait::translation_equivariant, Trait::scale_equivariant, Trait::exact_anywhere});
}

}  // namespace dml
