// npy: one numpy array. Reads versions 1 to 3, either byte order, row- or column-major, to one record of kind "array" with tensor `data`;
// writes version 1, little-endian and row-major, from a record of one tensor. numpy has no bf16 and no 8-bit floats.
// Source: numpy.lib.format (NEP 1). Deviations: no structured types, complex numbers or text; a header of at most 64 KiB; never a pickle.
#include <array>

#include "base/error.h"
#include "entry/registry.h"
#include "formats/npy_array.h"

namespace dml {
namespace {

class Reader final : public RecordReader {
 public:
  Reader(std::unique_ptr<ByteSource> source, const Limits& limits) : source_(std::move(source)), limits_(limits) {}
  const StreamHeader& header() override { return header_; }
  std::optional<RecordHead> next_head() override {
    array_.reset();
    if (std::exchange(done_, true)) return std::nullopt;
    array_ = read_npy_array(*source_, "data", limits_);
    std::array<std::byte, 1> more;
    if (source_->read(more) != 0) throw Error(Fault::input, source_->name() + " goes on after its array of " + shape_text(array_->shape));
    return RecordHead{"array", {}, 1, {}};
  }
  std::optional<Tensor> next_tensor() override { return std::exchange(array_, std::nullopt); }
  std::string where() const override { return "record 0 of " + source_->name(); }

 private:
  std::unique_ptr<ByteSource> source_;
  Limits limits_;
  StreamHeader header_;
  std::optional<Tensor> array_;
  bool done_ = false;
};

class Writer final : public RecordWriter {
 public:
  explicit Writer(std::unique_ptr<ByteSink> sink) : sink_(std::move(sink)) {}
  void begin(const RecordHead& head) override {
    if (begun_ || head.tensors != 1)
      throw Error(Fault::usage, "npy holds one array: " + sink_->name() + " cannot take " +
                                    (begun_ ? "a second record" : "a record of " + std::to_string(head.tensors) + " tensors"), "npz holds several");
    begun_ = true;
  }
  void tensor(const Tensor& tensor) override {
    sink_->write(std::as_bytes(std::span<const char>(npy_header(tensor))));
    sink_->write(tensor.data.span());
  }
  void close(const Attributes&) override {
    if (!begun_) throw Error(Fault::usage, "npy holds one array: there is no record for " + sink_->name());
    sink_->commit();
  }

 private:
  std::unique_ptr<ByteSink> sink_;
  bool begun_ = false;
};

class Npy final : public Format {
 public:
  std::string name() const override { return "npy"; }
  std::vector<std::string> extensions() const override { return {"npy"}; }
  bool sniff(std::span<const std::byte> head) const override {
    return std::string_view(reinterpret_cast<const char*>(head.data()), head.size()).starts_with("\x93NUMPY");
  }
  std::unique_ptr<RecordReader> reader(std::unique_ptr<ByteSource> source, const Limits& limits) const override {
    return std::make_unique<Reader>(std::move(source), limits);
  }
  std::unique_ptr<RecordWriter> writer(std::unique_ptr<ByteSink> sink, const StreamHeader&) const override {
    return std::make_unique<Writer>(std::move(sink));
  }
};

}  // namespace

void register_npy(Registry<Format>& registry) {
  registry.add<Npy>({"npy", "one numpy array", "numpy.lib.format, NEP 1"});
}

}  // namespace dml
