// Counter-based random numbers: Philox4x32-10 (Salmon et al., SC 2011). A stream is named, never advanced by somebody else:
// key = XXH3-64(purpose, seed), counter = (block, draw, node, round). The same name gives the same numbers in the simulator, in a
// process of its own, and for any number of threads. The distributions use only + - * / sqrt: equal bits on every CPU.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace dml {

/// The ten-round Philox block function: 128 random bits for (key, counter).
std::array<std::uint32_t, 4> philox(std::uint64_t key, const std::array<std::uint32_t, 4>& counter);

std::uint64_t stream_key(std::string_view purpose, std::uint64_t seed);

class Rng {
 public:
  Rng(std::string_view purpose, std::uint64_t seed, std::uint32_t node = 0, std::uint32_t round = 0, std::uint32_t draw = 0)
      : Rng(stream_key(purpose, seed), node, round, draw) {}
  Rng(std::uint64_t key, std::uint32_t node, std::uint32_t round, std::uint32_t draw) : key_(key), counter_{0, draw, node, round} {}

  std::uint32_t bits32();
  std::uint64_t bits64();
  double uniform();                          // [0, 1), 53 bits
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  double normal();                           // N(0, 1), Box-Muller
  double gamma(double shape);                // Gamma(shape, 1), Marsaglia and Tsang 2000; uses libm pow for shape < 1
  std::uint64_t below(std::uint64_t n);      // uniform on 0..n-1, n >= 1, unbiased
  /// k distinct numbers out of 0..n-1 in random order; k <= n.
  std::vector<std::size_t> choose(std::size_t n, std::size_t k);
  template <class T>
  void shuffle(std::span<T> items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  std::uint64_t key_;
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 4> block_{};
  unsigned used_ = 4;
  bool has_spare_ = false;
  double spare_ = 0;
};

/// Natural logarithm of x > 0 (normal numbers) and sine, cosine of 2 pi u for u in [0, 1), from + - * / alone; error below 4 ulp.
double portable_log(double x);
std::pair<double, double> portable_sincos_turn(double u);

}  // namespace dml
