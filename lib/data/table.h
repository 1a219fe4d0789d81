// What the sources of datasets share: reading tensors from files, labels, splits, names.
#pragma once
#include <cmath>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "entry/options.h"

namespace dml {

/// The one tensor `data` of a file of the given format ("csv", "idx"), gz or not. Error(input) if the file has another form.
Tensor read_array(const std::string& path, const std::string& format, const OpenOptions& open);

/// Label number `value` of sample `row`: Error(input) unless it is a whole number 0..65535.
std::int32_t to_label(double value, const std::string& path, std::size_t row);

/// count x features from rows that are already samples; every `every`-th one (the every-th, 2 every-th, ...) is left to the test set.
void split_every(const Samples& all, std::size_t every, Samples& train, Samples& test);

/// What the option `shape=CHANNELS,HEIGHT,WIDTH` says of `features` features; {} when it says nothing. Error(usage) naming `owner`.
ImageShape read_shape(const std::vector<double>& shape, std::size_t features, const std::string& owner);

/// 1 + the largest label of both sets; 0 if there are none.
int count_classes(const Samples& train, const Samples& test);

/// "mnist:pool=2": the component with those options that differ from their defaults.
template <class T>
std::string component_name(const std::string& name, const Options<T>& options, const T& value) {
  Component component{name, {}};
  const Settings defaults = options.resolved(T{});
  for (const auto& [key, text] : options.resolved(value)) {
    const auto it = defaults.find(key);
    if (it == defaults.end() || it->second != text) component.settings[key] = text;
  }
  return to_string(component);
}

}  // namespace dml
