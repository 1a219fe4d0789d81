#include "solver/solver.h"

#include <cstring>

#include "base/text.h"
#include "objective/vector.h"

namespace dml {

void Solver::load(const Record& state, const Vec&) {
  if (!state.tensors.empty() || !state.meta.empty()) throw Error(Fault::input, "the saved state is one of another solver: this one remembers nothing");
}

double GradientSolver::step(Vec& x, const GradientOracle& objective, Batch batch, double lr) {
  const auto work = scratch_vectors().borrow();
  Vec& g = work->like(x);
  const double loss = objective.gradient(x, batch, g);
  const auto& buffers = objective.buffers();
  std::vector<torch::Tensor> after;
  for (const auto& run : buffers) {
    auto place = g.narrow(0, run.offset, run.size);
    after.push_back(place.clone());
    place.zero_();
  }
  update(x, g, lr);
  for (std::size_t i = 0; i < buffers.size(); ++i) x.narrow(0, buffers[i].offset, buffers[i].size).copy_(after[i]);
  return loss;
}

torch::Tensor& Memory::of(const Vec& x) {
  if (!value_.defined()) value_ = torch::zeros_like(x);
  if (value_.numel() != x.numel() || value_.scalar_type() != x.scalar_type()) throw Error(Fault::bug, "a solver is used for vectors of different kinds");
  return value_;
}

void Memory::save(Record& to) const {
  if (!value_.defined()) return;
  const auto copy = value_.to(torch::kCPU).contiguous();
  to.tensors.push_back({name_, to_dtype(copy.scalar_type()), {copy.numel()},
                        Bytes::copy(copy.data_ptr(), static_cast<std::size_t>(copy.numel()) * copy.element_size()), {}});
}

void Memory::load(const Record& from, const Vec& like) {
  value_ = torch::Tensor();
  const auto* tensor = from.find(name_);
  if (!tensor) return;
  if (tensor->dtype != to_dtype(like.scalar_type()) || tensor->shape != std::vector<std::int64_t>{like.numel()})
    throw Error(Fault::input, "the saved state has a solver tensor " + quote(name_) + " of another shape or type");
  auto read = torch::empty({like.numel()}, like.scalar_type());
  if (read.numel() > 0) std::memcpy(read.data_ptr(), tensor->data.data(), tensor->data.size());
  value_ = read.to(like.device());
}

}  // namespace dml
