#include "merge/apply.h"

#include "base/error.h"
#include "base/text.h"

namespace dml {
namespace {

template <class T>
Bytes added(const Tensor& base, const Tensor& update) {
  Buffer out(base.data.size());
  add_update(base.as<T>(), update.as<T>(), out.as<T>(), static_cast<std::size_t>(base.elements()));
  return std::move(out).freeze();
}

Bytes added_wide(const Tensor& base, const Tensor& update) {
  auto sum = to_doubles(base);
  const auto delta = to_doubles(update);
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += delta[i];
  return from_doubles(sum.data(), sum.size(), base.dtype);
}

Tensor add_tensor(const Tensor& base, const Tensor& update, const std::string& where) {
  if (base.shape != update.shape)
    throw Error(Fault::input, where + ": tensor " + quote(base.name) + " is " + shape_text(update.shape) + ", the model's is " +
                                  shape_text(base.shape));
  if (!is_floating(base.dtype) || !is_floating(update.dtype))
    throw Error(Fault::input, where + ": tensor " + quote(base.name) + " is not floating: updates of integers have no meaning");
  Tensor out = base;
  if (base.dtype == Dtype::f32 && update.dtype == Dtype::f32) out.data = added<float>(base, update);
  else if (base.dtype == Dtype::f64 && update.dtype == Dtype::f64) out.data = added<double>(base, update);
  else out.data = added_wide(base, update);
  return out;
}

}  // namespace

Record apply_update(const Record& base, const Record& update, const std::string& where) {
  if (update.kind != "update") throw Error(Fault::input, where + " is of kind " + quote(update.kind) + ", not an update");
  if (update.tensors.size() != base.tensors.size())
    throw Error(Fault::input, where + " has " + std::to_string(update.tensors.size()) + " tensors, the model has " +
                                  std::to_string(base.tensors.size()));
  if (const auto digest = get_text(update.meta, "base"); digest && *digest != content_digest(base))
    throw Error(Fault::input, where + " was made from another model: its base is " + quote(*digest) + ", this one is '" +
                                  content_digest(base) + "'");
  Record out{base.kind, base.meta, {}, base.extra};
  out.tensors.reserve(base.tensors.size());
  for (const auto& tensor : base.tensors) out.tensors.push_back(add_tensor(tensor, update.at(tensor.name, where), where));
  if (const auto round = get_unsigned(update.meta, "round")) out.meta["round"] = *round + 1;
  return out;
}

}  // namespace dml
