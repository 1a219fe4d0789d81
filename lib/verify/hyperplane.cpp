// Random-hyperplane hash: bit k says on which side of a random hyperplane through the origin the output lies.
// Source: M. Charikar, Similarity estimation techniques from rounding algorithms, STOC 2002, section 3: two vectors at an angle t
// differ in a bit with probability t / pi, so rounding noise of honest machines costs few bits and another output about half of them.
//
//   x     all floating tensors of the record in record order (sorted by name), widened to double; other tensors are left out
//   g_k   standard normal row k: Rng("hyperplane", seed, node = k).normal(), that is key = XXH3-64("hyperplane", seed) and Philox
//         counter (m, 0, k, 0), whose block m gives g_k,2m and g_k,2m+1
//   bit k = 1 iff sum_j g_kj x_j > 0, summed in the fixed order of gaussian_dot: the bits depend neither on threads nor on the CPU
//
// Positive scaling of x changes nothing. NaN or infinity in x is an error; x = 0 gives all bits 0, with a warning.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/random.h"
#include "base/text.h"
#include "math/gaussian_dot.h"
#include "verify/fingerprint.h"

namespace dml {
namespace {

struct HyperplaneOptions {
  int bits = 256;
  std::uint64_t seed = 0;
};

SplitVector floating_values(const Record& record, std::string_view where) {
  SplitVector x;
  for (const auto& tensor : record.tensors) {
    if (!is_floating(tensor.dtype)) continue;
    const auto values = to_doubles(tensor);
    for (std::size_t i = 0; i < values.size(); ++i)
      if (!std::isfinite(values[i]))
        throw Error(Fault::input, std::string(where) + ": tensor " + quote(tensor.name) + " holds " +
                                      (std::isnan(values[i]) ? "NaN" : "infinity") + " at position " + std::to_string(i));
    x.append(values.data(), values.size());
  }
  if (x.size == 0)
    throw Error(Fault::input, std::string(where) + " has no floating values to hash", "--fingerprint sha256 hashes any record");
  x.pad();
  return x;
}

bool is_zero(const SplitVector& x) {
  const auto zero = [](double v) { return v == 0; };
  return std::all_of(x.even.begin(), x.even.end(), zero) && std::all_of(x.odd.begin(), x.odd.end(), zero);
}

class Hyperplane final : public Fingerprint {
 public:
  explicit Hyperplane(HyperplaneOptions options) : options_(options), key_(stream_key("hyperplane", options.seed)) {}

  FingerprintValue of_record(const Record& record, std::string_view where) const override {
    const SplitVector x = floating_values(record, where);
    if (is_zero(x)) warn(std::string(where) + " is all zero: its hyperplane hash tells nothing");
    const auto bits = static_cast<std::uint32_t>(options_.bits);
    FingerprintValue out{"hyperplane:bits=" + std::to_string(bits) + ",seed=" + std::to_string(options_.seed), bits, {}};
    out.value.resize((bits + 7) / 8);
    // One task per byte: no two threads write to the same one.
    parallel_for(out.value.size(), [&](std::size_t byte) {
      unsigned value = 0;
      for (std::uint32_t k = static_cast<std::uint32_t>(8 * byte); k < std::min<std::size_t>(bits, 8 * byte + 8); ++k)
        if (gaussian_dot(key_, k, 0, 0, x) > 0) value |= 0x80u >> (k % 8);
      out.value[byte] = static_cast<std::uint8_t>(value);
    });
    return out;
  }

 private:
  HyperplaneOptions options_;
  std::uint64_t key_;
};

}  // namespace

void register_hyperplane(Registry<Fingerprint>& registry) {
  registry.add<Hyperplane>({"hyperplane", "signs of random projections of all floating values", "Charikar, STOC 2002, section 3"},
                           Options<HyperplaneOptions>()
                               .add("bits", &HyperplaneOptions::bits, "length of the hash", between(1, kMostFingerprintBits))
                               .add("seed", &HyperplaneOptions::seed, "which hyperplanes; hashes of different seeds never compare"),
                           {Trait::exact_anywhere});
}

}  // namespace dml
