// cifar10, cifar100: the binary batches of the two datasets: records of 1 (cifar10) or 2 (cifar100: coarse, fine) label bytes and 3072 pixel
// bytes, 32x32 of red, then green, then blue. A file is one record of kind "images": `labels` u8 [n] (cifar100 also `coarse`), `pixels` u8
// [n, 3, 32, 32]. There is no signature: a file is known by its extension (.cifar10, .cifar100), by --from, or, where its length is known
// and nothing else fits, by being a multiple of the record with labels in range. A file cut between two records is a shorter file.
// Source: A. Krizhevsky, 'Learning multiple layers of features from tiny images', 2009, and the page of the datasets.
#include <algorithm>
#include <array>
#include <cstring>

#include "base/text.h"
#include "entry/registry.h"
#include "formats/whole_reader.h"

namespace dml {
namespace {

constexpr std::size_t kPixels = 3 * 32 * 32, kPiece = 64 << 10;

/// A label byte in front of each picture: the tensor it becomes and how many classes there are.
struct Label { std::string_view tensor; unsigned classes; };
struct Layout {
  std::string_view name;
  std::array<Label, 2> labels;                             // in the order of the file
  std::size_t count;
  std::size_t size() const { return count + kPixels; }
};
constexpr Layout kCifar10{"cifar10", {{{"labels", 10}, {}}}, 1};
constexpr Layout kCifar100{"cifar100", {{{"coarse", 20}, {"labels", 100}}}, 2};

class CifarReader final : public WholeReader {
 public:
  CifarReader(std::unique_ptr<ByteSource> source, const Limits& limits, const Layout& layout) : WholeReader(std::move(source), limits), layout_(layout) {}

 private:
  std::optional<Record> decode() override {
    if (begun() > 0) return std::nullopt;
    begin();
    const std::string bytes = read_bytes();
    if (bytes.empty()) throw Error(Fault::input, source_.name() + " is empty");
    const std::size_t count = bytes.size() / layout_.size();
    if (count * layout_.size() != bytes.size())
      throw Error(Fault::input, source_.name() + " ends early: " + std::to_string(bytes.size() % layout_.size()) + " bytes stand after " + std::to_string(count) + " pictures of " +
                                    std::to_string(layout_.size()));
    Record record{"images", {{"classes", layout_.labels[layout_.count - 1].classes}}, {}, {}};
    for (std::size_t l = 0; l < layout_.count; ++l) record.tensors.push_back(labels(bytes, count, l));
    Buffer pixels(count * kPixels);
    for (std::size_t i = 0; i < count; ++i) std::memcpy(pixels.data() + i * kPixels, bytes.data() + i * layout_.size() + layout_.count, kPixels);
    record.tensors.push_back({"pixels", Dtype::u8, {static_cast<std::int64_t>(count), 3, 32, 32}, std::move(pixels).freeze(), {}});
    return record;
  }
  // Memory grows with what arrives.
  std::string read_bytes() {
    std::string bytes;
    if (const auto left = source_.remaining()) bytes.reserve(std::min(*left, limits_.tensor_bytes));
    std::string piece(kPiece, '\0');
    for (;;) {
      const std::size_t got = source_.read(std::as_writable_bytes(std::span(piece)));
      bytes.append(piece, 0, got);
      if (got == 0) return bytes;
      if (bytes.size() > limits_.tensor_bytes)
        throw Error(Fault::input, where() + " is over the limit of " + format_bytes(static_cast<double>(limits_.tensor_bytes)), "raise --limit-tensor if it is meant");
    }
  }
  Tensor labels(const std::string& bytes, std::size_t count, std::size_t which) const {
    const Label& label = layout_.labels[which];
    std::vector<std::uint8_t> out(count);
    for (std::size_t i = 0; i < count; ++i) {
      out[i] = static_cast<std::uint8_t>(bytes[i * layout_.size() + which]);
      if (out[i] >= label.classes)
        refuse("picture " + std::to_string(i) + " has label " + std::to_string(out[i]) + ", " + std::string(layout_.name) + " has 0.." + std::to_string(label.classes - 1));
    }
    return make_tensor(std::string(label.tensor), out);
  }
  const Layout& layout_;
};

class CifarWriter final : public RecordWriter {
 public:
  CifarWriter(std::unique_ptr<ByteSink> sink, const Layout& layout) : sink_(std::move(sink)), layout_(layout) {}

  void begin(const RecordHead& head) override {
    record_ = {head.kind, head.meta, {}, {}};
    left_ = head.tensors;
    if (left_ == 0) finish();
  }
  void tensor(const Tensor& tensor) override {
    record_.tensors.push_back(tensor);
    if (--left_ == 0) finish();
  }
  void close(const Attributes&) override {
    if (!written_) refuse("there is no record");
    sink_->commit();
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(Fault::usage, std::string(layout_.name) + " holds labelled pictures, " + sink_->name() + " cannot take this: " + what);
  }
  void finish() {
    const Tensor& pixels = checked("pixels");
    if (pixels.shape.size() != 4 || pixels.shape[1] != 3 || pixels.shape[2] != 32 || pixels.shape[3] != 32) refuse("pixels are " + shape_text(pixels.shape) + ", not Nx3x32x32");
    if (record_.tensors.size() != layout_.count + 1) refuse("a record of " + std::to_string(record_.tensors.size()) + " tensors");
    const auto count = static_cast<std::size_t>(pixels.shape[0]);
    std::array<const Tensor*, 2> labels{};
    for (std::size_t l = 0; l < layout_.count; ++l) {
      labels[l] = &checked(std::string(layout_.labels[l].tensor));
      if (labels[l]->shape != std::vector<std::int64_t>{pixels.shape[0]}) refuse("'" + labels[l]->name + "' is " + shape_text(labels[l]->shape) + " for " + std::to_string(count) + " pictures");
    }
    std::vector<std::byte> bytes(layout_.size());
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t l = 0; l < layout_.count; ++l) {
        bytes[l] = labels[l]->data.data()[i];
        if (std::to_integer<unsigned>(bytes[l]) >= layout_.labels[l].classes) refuse("picture " + std::to_string(i) + " has a label that is out of range");
      }
      std::memcpy(bytes.data() + layout_.count, pixels.data.data() + i * kPixels, kPixels);
      sink_->write(bytes);
    }
    written_ = written_ || count > 0;
  }
  const Tensor& checked(const std::string& name) const {
    const Tensor* tensor = record_.find(name);
    if (!tensor || tensor->dtype != Dtype::u8) refuse("a record of kind " + quote(record_.kind) + " without u8 tensor '" + name + "'");
    return *tensor;
  }

  std::unique_ptr<ByteSink> sink_;
  const Layout& layout_;
  Record record_;
  std::uint64_t left_ = 0;
  bool written_ = false;
};

template <const Layout& layout>
class Cifar final : public Format {
 public:
  std::string name() const override { return std::string(layout.name); }
  std::vector<std::string> extensions() const override { return {name()}; }
  bool is_text() const override { return true; }           // without a signature, that is
  bool sniff(std::span<const std::byte>) const override { return false; }
  bool sniff_size(std::span<const std::byte> head, std::uint64_t size) const override {
    if (size == 0 || size % layout.size() != 0) return false;
    for (std::size_t l = 0; l < layout.count; ++l)
      if (l >= head.size() || std::to_integer<unsigned>(head[l]) >= layout.labels[l].classes) return false;
    return true;
  }
  std::unique_ptr<RecordReader> reader(std::unique_ptr<ByteSource> source, const Limits& limits) const override {
    return std::make_unique<CifarReader>(std::move(source), limits, layout);
  }
  std::unique_ptr<RecordWriter> writer(std::unique_ptr<ByteSink> sink, const StreamHeader&) const override {
    return std::make_unique<CifarWriter>(std::move(sink), layout);
  }
};

}  // namespace

void register_cifar(Registry<Format>& registry) {
  registry.add<Cifar<kCifar10>>({"cifar10", "binary batches of CIFAR-10: a label and 32x32 colours", "Krizhevsky 2009"});
  registry.add<Cifar<kCifar100>>({"cifar100", "binary batches of CIFAR-100: two labels and 32x32 colours", "Krizhevsky 2009"});
}

}  // namespace dml
