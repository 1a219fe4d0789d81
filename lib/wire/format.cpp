#include "wire/format.h"

#include "base/error.h"
#include "base/text.h"

namespace dml {

constexpr std::size_t kMostRank = 16;

std::unique_ptr<RecordReader> Format::open_path(const std::string&, const Limits&) const { return nullptr; }

std::uint64_t tensor_bytes(const Tensor& tensor, const Limits& limits, const std::string& where) {
  if (tensor.shape.size() > kMostRank)
    throw Error(Fault::input, where + ": tensor " + quote(tensor.name) + " has " + std::to_string(tensor.shape.size()) + " dimensions, at most 16 are read");
  unsigned __int128 bytes = size_of(tensor.dtype);
  bool empty = false;                                      // other extents keep to the limit all the same
  for (const auto extent : tensor.shape) {
    if (extent == 0) empty = true;
    else bytes *= static_cast<std::uint64_t>(extent);
    if (bytes > limits.tensor_bytes)
      throw Error(Fault::input, where + ": tensor " + quote(tensor.name) + " of shape " + shape_text(tensor.shape) + " is over the limit of " +
                                    format_bytes(static_cast<double>(limits.tensor_bytes)), "raise --limit-tensor if it is meant");
  }
  return empty ? 0 : static_cast<std::uint64_t>(bytes);
}

}  // namespace dml
