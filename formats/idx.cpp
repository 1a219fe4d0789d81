// idx: one array, as the MNIST files have it. Bytes 0 0 T R, then R sizes (big-endian u32), then the elements, big-endian, row-major.
// T: 08 u8, 09 i8, 0b i16, 0c i32, 0d f32, 0e f64. Reads to one record of kind "array" with tensor `data` in the machine's byte order;
// writes a record that has one tensor of such a type. A file that ends before its last element, or goes on after it, is refused.
// Source: Y. LeCun, 'The MNIST database', section on file formats. Rank is 1 to 8 here.
#include <algorithm>
#include <array>
#include <bit>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "entry/registry.h"
#include "wire/format.h"

namespace dml {
namespace {

constexpr unsigned kMostRank = 8;
constexpr std::size_t kPiece = 4 << 20;                    // what is read before more memory is taken for a stream of unknown length
static_assert(std::endian::native == std::endian::little, "tensors hold little-endian elements");

struct Code { unsigned code; Dtype dtype; };
constexpr std::array<Code, 6> kCodes{{{0x08, Dtype::u8}, {0x09, Dtype::i8}, {0x0b, Dtype::i16}, {0x0c, Dtype::i32}, {0x0d, Dtype::f32}, {0x0e, Dtype::f64}}};

std::optional<Dtype> dtype_of(unsigned code) {
  for (const auto& row : kCodes)
    if (row.code == code) return row.dtype;
  return std::nullopt;
}

void swap_bytes(std::byte* data, std::size_t bytes, std::size_t width) {
  if (width == 1) return;
  for (std::size_t at = 0; at + width <= bytes; at += width) std::reverse(data + at, data + at + width);
}

class IdxReader final : public RecordReader {
 public:
  IdxReader(std::unique_ptr<ByteSource> source, const Limits& limits) : source_(std::move(source)), limits_(limits) {}
  const StreamHeader& header() override { return header_; }
  std::optional<RecordHead> next_head() override {
    if (done_) {
      pending_ = false;
      return std::nullopt;
    }
    done_ = pending_ = true;
    read_header();
    read_data();
    return RecordHead{"array", {}, 1, {}};
  }
  std::optional<Tensor> next_tensor() override {
    if (!pending_) return std::nullopt;
    pending_ = false;
    return std::move(tensor_);
  }
  std::string where() const override { return "record 0 of " + source_->name(); }

 private:
  void read_header() {
    std::array<std::byte, 4> magic;
    read_exactly(magic);
    const auto dtype = dtype_of(std::to_integer<unsigned>(magic[2]));
    const unsigned rank = std::to_integer<unsigned>(magic[3]);
    if (magic[0] != std::byte{0} || magic[1] != std::byte{0} || !dtype) throw Error(Fault::input, source_->name() + " is no idx file");
    if (rank < 1 || rank > kMostRank)
      throw Error(Fault::input, source_->name() + ": rank " + std::to_string(rank) + " is not among 1.." + std::to_string(kMostRank));
    tensor_.name = "data";
    tensor_.dtype = *dtype;
    bytes_ = size_of(*dtype);
    bool empty = false;                                    // other extents keep to the limit all the same, as in a dml stream
    for (unsigned r = 0; r < rank; ++r) {
      std::array<std::byte, 4> size;
      read_exactly(size);
      std::uint64_t extent = 0;
      for (const auto b : size) extent = extent << 8 | std::to_integer<std::uint64_t>(b);
      tensor_.shape.push_back(static_cast<std::int64_t>(extent));
      if (extent == 0) empty = true;
      else if (bytes_ > limits_.tensor_bytes / extent)
        throw Error(Fault::input, source_->name() + ": an array of " + shape_text(tensor_.shape) + " exceeds the limit of " +
                                      format_bytes(static_cast<double>(limits_.tensor_bytes)));
      bytes_ *= std::max<std::uint64_t>(1, extent);
    }
    if (empty) bytes_ = 0;
    if (const auto left = source_->remaining(); left && *left < bytes_) ends_early();
  }

  // With a known length everything is there; otherwise memory grows with what arrives, whatever the header claims.
  void read_data() {
    const bool known = source_->remaining().has_value();
    auto data = std::make_shared<std::vector<std::byte>>();
    while (data->size() < bytes_) {
      const std::size_t have = data->size();
      data->resize(known ? bytes_ : std::min<std::size_t>(bytes_, have + std::max(kPiece, have)));
      read_exactly(std::span(*data).subspan(have));
    }
    std::array<std::byte, 1> more;
    if (source_->read(more) != 0) throw Error(Fault::input, source_->name() + " goes on after its array of " + shape_text(tensor_.shape));
    swap_bytes(data->data(), data->size(), size_of(tensor_.dtype));
    const std::byte* begin = data->data();
    const std::size_t size = data->size();
    tensor_.data = Bytes(std::move(data), begin, size);
  }

  void read_exactly(std::span<std::byte> out) {
    while (!out.empty()) {
      const std::size_t got = source_->read(out);
      if (got == 0) ends_early();
      out = out.subspan(got);
    }
  }
  [[noreturn]] void ends_early() const {
    throw Error(Fault::input, source_->name() + " ends early: " +
                                  (tensor_.shape.empty() ? "its header is cut" : "its array of " + shape_text(tensor_.shape) + " is cut"));
  }

  std::unique_ptr<ByteSource> source_;
  Limits limits_;
  StreamHeader header_;
  Tensor tensor_;
  std::uint64_t bytes_ = 0;
  bool done_ = false, pending_ = false;
};

class IdxWriter final : public RecordWriter {
 public:
  explicit IdxWriter(std::unique_ptr<ByteSink> sink) : sink_(std::move(sink)) {}

  void begin(const RecordHead& head) override {
    if (begun_ || head.tensors != 1)
      throw Error(Fault::usage, "idx holds one array: " + sink_->name() + " cannot take " +
                                    (begun_ ? "a second record" : "a record of " + std::to_string(head.tensors) + " tensors"));
    begun_ = true;
  }
  void tensor(const Tensor& tensor) override {
    const auto* row = std::find_if(kCodes.begin(), kCodes.end(), [&](const Code& c) { return c.dtype == tensor.dtype; });
    if (row == kCodes.end())
      throw Error(Fault::usage, "idx holds u8, i8, i16, i32, f32 and f64, not " + std::string(to_string(tensor.dtype)));
    const bool small = std::all_of(tensor.shape.begin(), tensor.shape.end(), [](std::int64_t v) { return v <= 0xffffffffll; });
    if (tensor.shape.empty() || tensor.shape.size() > kMostRank || !small)
      throw Error(Fault::usage, "idx holds arrays of rank 1 to 8 with sizes below 2^32, not " + shape_text(tensor.shape));
    std::vector<std::byte> bytes = {std::byte{0}, std::byte{0}, std::byte(row->code), std::byte(tensor.shape.size())};
    for (const auto extent : tensor.shape)
      for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(std::byte(static_cast<std::uint64_t>(extent) >> shift & 255));
    sink_->write(bytes);
    bytes.assign(tensor.data.data(), tensor.data.data() + tensor.data.size());
    swap_bytes(bytes.data(), bytes.size(), size_of(tensor.dtype));
    sink_->write(bytes);
  }
  void close(const Attributes&) override {
    if (!begun_) throw Error(Fault::usage, "idx holds one array: there is no record for " + sink_->name());
    sink_->commit();
  }

 private:
  std::unique_ptr<ByteSink> sink_;
  bool begun_ = false;
};

class Idx final : public Format {
 public:
  std::string name() const override { return "idx"; }
  std::vector<std::string> extensions() const override { return {"idx", "idx1", "idx2", "idx3", "idx1-ubyte", "idx3-ubyte"}; }
  bool sniff(std::span<const std::byte> head) const override {
    if (head.size() < 4 || head[0] != std::byte{0} || head[1] != std::byte{0}) return false;
    const auto rank = std::to_integer<unsigned>(head[3]);
    return dtype_of(std::to_integer<unsigned>(head[2])) && rank >= 1 && rank <= kMostRank;
  }
  std::unique_ptr<RecordReader> reader(std::unique_ptr<ByteSource> source, const Limits& limits) const override {
    return std::make_unique<IdxReader>(std::move(source), limits);
  }
  std::unique_ptr<RecordWriter> writer(std::unique_ptr<ByteSink> sink, const StreamHeader&) const override {
    return std::make_unique<IdxWriter>(std::move(sink));
  }
};

}  // namespace

void register_idx(Registry<Format>& registry) {
  registry.add<Idx>({"idx", "one array, the format of the MNIST files", "LeCun, Cortes, Burges: MNIST database"});
}

}  // namespace dml
