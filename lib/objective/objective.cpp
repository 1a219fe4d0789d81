#include "objective/objective.h"

#include <cmath>
#include <cstring>

#include "base/text.h"
#include "math/linear.h"

namespace dml {
namespace {

template <class T>
void copy_in(const Tensor& tensor, T* out, const std::string& where) {
  const auto count = static_cast<std::size_t>(tensor.elements());
  if (tensor.dtype == DtypeOf<T>::value) {
    if (count) std::memcpy(out, tensor.data.data(), count * sizeof(T));
  } else {
    const auto wide = to_doubles(tensor);
    for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<T>(wide[i]);
  }
  if (!all_finite(out, count)) throw Error(Fault::input, where + ": tensor " + quote(tensor.name) + " has values that are not finite");
}

}  // namespace

std::vector<std::int64_t> whole_numbers(const std::vector<double>& values, const std::string& option) {
  std::vector<std::int64_t> out;
  for (const double value : values) {
    if (std::fabs(value) > 1e15 || value != std::floor(value)) throw Error(Fault::usage, "option '" + option + "' must hold whole numbers");
    out.push_back(static_cast<std::int64_t>(value));
  }
  return out;
}

torch::Tensor samples_tensor(const Samples& samples) {
  return torch::from_blob(const_cast<float*>(samples.x.data()),
                          {static_cast<std::int64_t>(samples.count), static_cast<std::int64_t>(samples.features)}, torch::kFloat32);
}

Dtype to_dtype(torch::ScalarType type) {
  if (type == torch::kFloat32) return Dtype::f32;
  if (type == torch::kFloat64) return Dtype::f64;
  if (type == torch::kBFloat16) return Dtype::bf16;
  throw Error(Fault::bug, "parameters of a type that is none of f32, f64 and bf16");
}

Record to_record(const Objective& objective, const Vec& x, std::string kind) {
  Record out{std::move(kind), {}, {}, {}};
  const auto dtype = to_dtype(x.scalar_type());
  const auto width = size_of(dtype);
  const auto owner = std::make_shared<const torch::Tensor>(x);
  const auto* data = static_cast<const std::byte*>(x.data_ptr());
  out.tensors.reserve(objective.layout().size());
  for (const auto& spec : objective.layout())
    out.tensors.push_back({spec.name, dtype, spec.shape,
                           Bytes(owner, data + static_cast<std::size_t>(spec.offset) * width, static_cast<std::size_t>(spec.size) * width), {}});
  return out;
}

Vec from_record(const Objective& objective, const Record& record, const std::string& where) {
  if (record.tensors.size() != objective.layout().size())
    throw Error(Fault::input, where + " has " + std::to_string(record.tensors.size()) + " tensors, the objective has " +
                                  std::to_string(objective.layout().size()));
  Vec wide = torch::empty({objective.dim()}, objective.arithmetic());
  for (const auto& spec : objective.layout()) {
    const auto& tensor = record.at(spec.name, where);
    if (tensor.shape != spec.shape)
      throw Error(Fault::input, where + ": tensor " + quote(spec.name) + " is " + shape_text(tensor.shape) + ", the objective's is " +
                                    shape_text(spec.shape));
    if (!is_floating(tensor.dtype)) throw Error(Fault::input, where + ": tensor " + quote(spec.name) + " is not floating");
    if (wide.scalar_type() == torch::kFloat32) copy_in(tensor, wide.data_ptr<float>() + spec.offset, where);
    else copy_in(tensor, wide.data_ptr<double>() + spec.offset, where);
  }
  return wide.to(objective.dtype());                       // bf16: exact for a bf16 record
}

}  // namespace dml
