// What a lying node sends instead of the truth: bounded only by what the receivers check.
#pragma once
#include <vector>

#include "aggregate/aggregator.h"
#include "base/random.h"
#include "entry/registry.h"

namespace dml {

class Attack {
 public:
  virtual ~Attack() = default;
  /// out[0..columns) = the vector sent, given the honest vectors that the attacker knows (at least one; in a network only its own).
  /// `out` must not overlap a row.
  virtual void forge(const Rows<float>& honest, float* out, Rng& rng) const = 0;
  virtual void forge(const Rows<double>& honest, double* out, Rng& rng) const = 0;
};

void register_attacks(Registry<Attack>& registry);

/// The record that an attacker sends in place of `honest`: same kind, meta, names, types and shapes. Floating tensors only.
Record attack_record(const Attack& attack, const Record& honest, Rng& rng);

/// Mean over the rows in row order, in double.
template <class T>
void mean_row(const Rows<T>& honest, T* out, double factor) {
  for (std::size_t i = 0; i < honest.columns; ++i) {
    double sum = 0;
    for (const T* row : honest.row) sum += row[i];
    out[i] = static_cast<T>(factor * sum / static_cast<double>(honest.count()));
  }
}

}  // namespace dml
