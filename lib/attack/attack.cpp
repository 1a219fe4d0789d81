#include "attack/attack.h"

namespace dml {
namespace {

template <class T>
Bytes forged(const Attack& attack, const Tensor& tensor, Rng& rng) {
  Buffer out(tensor.data.size());
  const auto count = static_cast<std::size_t>(tensor.elements());
  attack.forge(Rows<T>{{tensor.as<T>()}, count}, out.as<T>(), rng);
  return std::move(out).freeze();
}

}  // namespace

Record attack_record(const Attack& attack, const Record& honest, Rng& rng) {
  Record out = honest;
  for (auto& tensor : out.tensors) {
    if (tensor.dtype == Dtype::f32) tensor.data = forged<float>(attack, tensor, rng);
    else if (tensor.dtype == Dtype::f64) tensor.data = forged<double>(attack, tensor, rng);
    else throw Error(Fault::bug, "an attack on tensors of type " + std::string(to_string(tensor.dtype)));
  }
  return out;
}

}  // namespace dml
