// dmerge convert [INPUT] -o OUT: any format to any format, tensor by tensor. Without --dtype nothing changes but the container: kind and
// meta go along where the format has a place for them. Nothing is lost silently: what the format or the dtype cannot hold is refused.
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/text.h"
#include "entry/verb.h"
#include "formats/provenance.h"
#include "pieces.h"

namespace dml {
namespace {

struct ConvertOptions { std::string dtype; };

const std::vector<std::string> kDtypes{"f64", "f32", "f16", "bf16", "f8_e4m3", "f8_e5m2", "i64", "i32", "i16", "i8", "u64", "u32", "u16", "u8", "bool"};

/// What a dtype holds: whole numbers from low to high, or numbers that round to finite ones up to high (in magnitude).
struct Range { double low, high; bool whole; };
Range range_of(Dtype dtype) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  switch (dtype) {
    case Dtype::f64: return {0, kInfinity, false};
    case Dtype::f32: return {0, std::nextafter(0x1.ffffffp127, 0), false};       // half a unit above the largest: that would round to infinity
    case Dtype::f16: return {0, std::nextafter(65520, 0), false};
    case Dtype::bf16: return {0, std::nextafter(0x1.ffp127, 0), false};
    case Dtype::f8_e4m3: return {0, 464, false};                                 // rounds to the even 448
    case Dtype::f8_e5m2: return {0, std::nextafter(61440, 0), false};
    case Dtype::i64: return {-0x1p53, 0x1p53, true};                             // a double holds no more whole numbers
    case Dtype::i32: return {-0x1p31, 0x1p31 - 1, true};
    case Dtype::i16: return {-32768, 32767, true};
    case Dtype::i8: return {-128, 127, true};
    case Dtype::u64: return {0, 0x1p53, true};
    case Dtype::u32: return {0, 0x1p32 - 1, true};
    case Dtype::u16: return {0, 65535, true};
    case Dtype::u8: return {0, 255, true};
    case Dtype::boolean: return {0, 1, true};
  }
  throw Error(Fault::bug, "a dtype without a range");
}

bool holds(const Range& range, Dtype dtype, double value) {
  if (range.whole) return value >= range.low && value <= range.high && value == std::nearbyint(value);
  if (std::isnan(value)) return true;
  return std::isinf(value) ? dtype != Dtype::f8_e4m3 : std::fabs(value) <= range.high;
}

Tensor converted(const Tensor& tensor, Dtype dtype, const std::string& where) {
  const std::size_t width = size_of(dtype);
  const Range range = range_of(dtype);
  const bool wide = size_of(tensor.dtype) == 8 && !is_floating(tensor.dtype);    // widening may round
  Buffer out(static_cast<std::size_t>(tensor.elements()) * width);
  for_each_piece(tensor, [&](std::size_t first, std::size_t count) {
    const auto values = to_doubles(piece_of(tensor, first, count));
    for (const double value : values)
      if (!holds(range, dtype, value) || (wide && std::fabs(value) >= 0x1p53))
        throw Error(Fault::input, where + ": tensor " + quote(tensor.name) + " holds " + format_number(value) + ", which " + std::string(to_string(dtype)) + " cannot hold", "choose another --dtype");
    const Bytes piece = from_doubles(values.data(), count, dtype);
    std::memcpy(out.data() + first * width, piece.data(), piece.size());
  });
  return {tensor.name, dtype, tensor.shape, std::move(out).freeze(), tensor.extra};
}

class Convert final : public Verb {
 public:
  explicit Convert(ConvertOptions options) : dtype_(options.dtype.empty() ? std::nullopt : parse_dtype(options.dtype)) {}
  int run(Invocation& call) override {
    const auto reader = call.reader();
    auto head = reader->next_head();
    OpenOptions open = call.open();
    note_source(reader->header(), open.header);
    const auto writer = open_writer(call.common().output.empty() ? "-" : call.common().output, open);
    for (; head; head = reader->next_head()) {
      writer->begin(*head);
      // A lone array or table is data; the whole numbers of a model are counters and indices.
      const bool every = head->kind == "array" || head->kind == "table";
      while (const auto tensor = reader->next_tensor())
        writer->tensor(dtype_ && tensor->dtype != *dtype_ && (every || is_floating(tensor->dtype)) ? converted(*tensor, *dtype_, reader->where()) : *tensor);
    }
    writer->close(call.environment());
    return 0;
  }

 private:
  // The first header that is not of a conversion stays with the file as `source`.
  static void note_source(const StreamHeader& from, StreamHeader& to) {
    if (from.verb == "convert" && from.extra.count("source")) to.extra["source"] = from.extra.at("source");
    else if (!from.tool.empty()) to.extra["source"] = header_attributes(from);
  }
  std::optional<Dtype> dtype_;
};

}  // namespace

void register_convert(Verbs& verbs) {
  verbs.add<Convert>({"convert", "write an input in another format or dtype, tensor by tensor", ""}, {"[INPUT]", 0, 1, Output::records, reads_and_writes()},
                     Options<ConvertOptions>().add("dtype", &ConvertOptions::dtype,
                                                   "dtype of all floating-point tensors; of a lone array or table whatever it holds", one_of(kDtypes)));
}

}  // namespace dml
