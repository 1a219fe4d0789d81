#include "data/table.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace dml {
namespace {

constexpr double kMostClasses = 65536;

void append(Samples& to, const Samples& from, std::size_t row) {
  const float* x = from.x.data() + row * from.features;
  to.x.insert(to.x.end(), x, x + from.features);
  if (!from.y.empty()) to.y.push_back(from.y[row]);
  if (!from.group.empty()) to.group.push_back(from.group[row]);
  ++to.count;
}

}  // namespace

Tensor read_array(const std::string& path, const std::string& format, const OpenOptions& open) {
  OpenOptions options = open;
  options.from = format;
  const auto reader = open_reader(path, options);
  auto record = reader->next();
  if (!record) throw Error(Fault::input, quote(path) + " holds no array");
  return record->at("data", reader->where());
}

std::int32_t to_label(double value, const std::string& path, std::size_t row) {
  if (!(value >= 0 && value < kMostClasses && value == std::floor(value)))
    throw Error(Fault::input, "sample " + std::to_string(row) + " of " + quote(path) + " has label " + format_number(value) +
                                  ", must be a whole number 0..65535");
  return static_cast<std::int32_t>(value);
}

void split_every(const Samples& all, std::size_t every, Samples& train, Samples& test) {
  train = test = Samples{0, all.features, {}, {}};
  for (std::size_t i = 0; i < all.count; ++i) append(i % every == every - 1 ? test : train, all, i);
}

ImageShape read_shape(const std::vector<double>& shape, std::size_t features, const std::string& owner) {
  if (shape.empty()) return {};
  double product = 1;
  for (const double extent : shape) {
    if (extent < 1 || extent != std::floor(extent)) throw Error(Fault::usage, "option '" + owner + ":shape' must hold whole numbers of 1 or more");
    product *= extent;
  }
  if (shape.size() != 3 || product != static_cast<double>(features))
    throw Error(Fault::usage, "option '" + owner + ":shape' must be CHANNELS,HEIGHT,WIDTH, together " + std::to_string(features) + " features");
  return {static_cast<std::int64_t>(shape[0]), static_cast<std::int64_t>(shape[1]), static_cast<std::int64_t>(shape[2])};
}

int count_classes(const Samples& train, const Samples& test) {
  std::int32_t most = -1;
  for (const auto* samples : {&train, &test})
    for (const auto label : samples->y) most = std::max(most, label);
  return most + 1;
}

}  // namespace dml
