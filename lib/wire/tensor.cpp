#include "wire/tensor.h"

#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace dml {
namespace {

struct DtypeRow { Dtype dtype; std::string_view name; std::size_t size; bool floating; };
constexpr std::array<DtypeRow, 15> kDtypes{{
    {Dtype::f64, "f64", 8, true}, {Dtype::f32, "f32", 4, true}, {Dtype::f16, "f16", 2, true}, {Dtype::bf16, "bf16", 2, true},
    {Dtype::f8_e4m3, "f8_e4m3", 1, true}, {Dtype::f8_e5m2, "f8_e5m2", 1, true},
    {Dtype::i64, "i64", 8, false}, {Dtype::i32, "i32", 4, false}, {Dtype::i16, "i16", 2, false}, {Dtype::i8, "i8", 1, false},
    {Dtype::u64, "u64", 8, false}, {Dtype::u32, "u32", 4, false}, {Dtype::u16, "u16", 2, false}, {Dtype::u8, "u8", 1, false},
    {Dtype::boolean, "bool", 1, false}}};

const DtypeRow& row(Dtype dtype) { return kDtypes[static_cast<std::size_t>(dtype)]; }

// A binary float with `E` exponent and `M` mantissa bits; `finite`: no infinity, only the all-ones code is NaN (E4M3).
template <int E, int M, bool finite>
struct SmallFloat {
  static constexpr int kBias = (1 << (E - 1)) - 1;
  static constexpr unsigned kMaxExponent = (1u << E) - 1, kMantissa = (1u << M) - 1;

  static double widen(unsigned code) {
    const double sign = code >> (E + M) ? -1.0 : 1.0;
    const unsigned exponent = code >> M & kMaxExponent, mantissa = code & kMantissa;
    if (exponent == kMaxExponent && (!finite || mantissa == kMantissa)) {
      if (mantissa) return std::numeric_limits<double>::quiet_NaN();
      return sign * std::numeric_limits<double>::infinity();
    }
    if (exponent == 0) return sign * std::ldexp(static_cast<double>(mantissa), 1 - kBias - M);
    return sign * std::ldexp(1.0 + std::ldexp(static_cast<double>(mantissa), -M), static_cast<int>(exponent) - kBias);
  }

  static unsigned round(double value) {
    const unsigned sign = std::signbit(value) ? 1u << (E + M) : 0;
    const unsigned nan = sign | kMaxExponent << M | (finite ? kMantissa : 1u << (M - 1));
    const unsigned overflow = finite ? nan : sign | kMaxExponent << M;
    if (std::isnan(value)) return nan;
    if (std::isinf(value)) return overflow;
    const double magnitude = std::fabs(value);
    if (magnitude == 0) return sign;
    const int exponent = std::max(std::ilogb(magnitude), 1 - kBias);
    // Units of the last place are exact in double; nearbyint rounds ties to even.
    const double units = std::nearbyint(std::ldexp(magnitude, M - exponent));
    const auto code = static_cast<unsigned>(units) + (static_cast<unsigned>(exponent + kBias - 1) << M);
    const unsigned limit = kMaxExponent << M | (finite ? kMantissa : 0);
    return code >= limit ? overflow : sign | code;
  }
};
using Half = SmallFloat<5, 10, false>;
using Bfloat = SmallFloat<8, 7, false>;
using E4m3 = SmallFloat<4, 3, true>;
using E5m2 = SmallFloat<5, 2, false>;

template <class Visit>
void with_codec(Dtype dtype, Visit visit) {
  const auto plain = [&]<class T>(T) {
    visit([](T v) { return static_cast<double>(v); }, [](double v) { return static_cast<T>(v); }, T{});
  };
  switch (dtype) {
    case Dtype::f64: return plain(double{});
    case Dtype::f32: return plain(float{});
    case Dtype::i64: return plain(std::int64_t{});
    case Dtype::i32: return plain(std::int32_t{});
    case Dtype::i16: return plain(std::int16_t{});
    case Dtype::i8: return plain(std::int8_t{});
    case Dtype::u64: return plain(std::uint64_t{});
    case Dtype::u32: return plain(std::uint32_t{});
    case Dtype::u16: return plain(std::uint16_t{});
    case Dtype::u8: case Dtype::boolean: return plain(std::uint8_t{});
    case Dtype::f16: return visit(Half::widen, [](double v) { return static_cast<std::uint16_t>(Half::round(v)); }, std::uint16_t{});
    case Dtype::bf16: return visit(Bfloat::widen, [](double v) { return static_cast<std::uint16_t>(Bfloat::round(v)); }, std::uint16_t{});
    case Dtype::f8_e4m3: return visit(E4m3::widen, [](double v) { return static_cast<std::uint8_t>(E4m3::round(v)); }, std::uint8_t{});
    case Dtype::f8_e5m2: return visit(E5m2::widen, [](double v) { return static_cast<std::uint8_t>(E5m2::round(v)); }, std::uint8_t{});
  }
}

}  // namespace

std::size_t size_of(Dtype dtype) { return row(dtype).size; }
bool is_floating(Dtype dtype) { return row(dtype).floating; }
std::string_view to_string(Dtype dtype) { return row(dtype).name; }

std::optional<Dtype> parse_dtype(std::string_view name) {
  for (const auto& candidate : kDtypes)
    if (candidate.name == name) return candidate.dtype;
  return std::nullopt;
}

std::int64_t Tensor::elements() const {
  std::int64_t count = 1;
  for (const auto extent : shape) count *= extent;
  return count;
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  if (shape.empty()) return "scalar";
  std::string out;
  for (const auto extent : shape) out += (out.empty() ? "" : "x") + std::to_string(extent);
  return out;
}

std::vector<double> to_doubles(const Tensor& tensor) {
  std::vector<double> out(static_cast<std::size_t>(tensor.elements()));
  with_codec(tensor.dtype, [&]<class T>(auto widen, auto, T) {
    const std::byte* from = tensor.data.data();
    for (std::size_t i = 0; i < out.size(); ++i) {
      T value;                                             // memcpy: bytes of a stranger need not be aligned
      std::memcpy(&value, from + i * sizeof(T), sizeof(T));
      out[i] = widen(value);
    }
  });
  return out;
}

Bytes from_doubles(const double* values, std::size_t count, Dtype dtype) {
  Buffer buffer(count * size_of(dtype));
  with_codec(dtype, [&]<class T>(auto, auto round, T) {
    T* to = buffer.as<T>();
    for (std::size_t i = 0; i < count; ++i) to[i] = round(values[i]);
  });
  return std::move(buffer).freeze();
}

}  // namespace dml
