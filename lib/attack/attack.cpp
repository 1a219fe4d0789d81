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

// Other floating types are forged in double and rounded.
Bytes forged_wide(const Attack& attack, const Tensor& tensor, Rng& rng) {
  if (!is_floating(tensor.dtype)) throw Error(Fault::bug, "an attack on tensors of type " + std::string(to_string(tensor.dtype)));
  const auto honest = to_doubles(tensor);
  std::vector<double> out(honest.size());
  attack.forge(Rows<double>{{honest.data()}, honest.size()}, out.data(), rng);
  return from_doubles(out.data(), out.size(), tensor.dtype);
}

}  // namespace

Record attack_record(const Attack& attack, const Record& honest, Rng& rng) {
  Record out = honest;
  for (auto& tensor : out.tensors) {
    if (tensor.dtype == Dtype::f32) tensor.data = forged<float>(attack, tensor, rng);
    else if (tensor.dtype == Dtype::f64) tensor.data = forged<double>(attack, tensor, rng);
    else tensor.data = forged_wide(attack, tensor, rng);
  }
  return out;
}

}  // namespace dml
