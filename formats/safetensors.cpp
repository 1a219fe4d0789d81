// safetensors: one record of named tensors, a JSON header in front of their data; read and written.
//   file    u64 length of the header, the header, the data of all tensors without a gap; little-endian, row-major
//   header  {"__metadata__": {text: text}, NAME: {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}, ...}
// A model in several files is read by its index NAME.safetensors.index.json, {"weight_map": {tensor: file}}, or by the folder that holds it.
// Kind and whatever of the meta is no text travel in __metadata__ under the key `dml` (provenance.h); a file of others is of kind model.
// Source: huggingface/safetensors, README (format) and its Rust reader, whose refusals are kept: gaps, overlaps, a header over 100 MB.
// Deviations: a name that stands twice is refused (JSON readers would take the last one), and more than 16 dimensions are.
#include "base/error.h"
#include "entry/registry.h"
#include "formats/safetensors_reader.h"
#include "formats/safetensors_writer.h"

namespace dml {
namespace {

class Writer final : public RecordWriter {
 public:
  Writer(std::unique_ptr<ByteSink> sink, const StreamHeader& header) : sink_(std::move(sink)), header_(header), name_(sink_->name()) {}
  void begin(const RecordHead& head) override {
    if (file_) throw Error(Fault::usage, "safetensors holds one record: " + name_ + " cannot take a second one");
    file_ = std::make_unique<SafetensorsFile>(std::move(sink_), header_, head);
  }
  void tensor(const Tensor& tensor) override { file_->add(tensor); }
  void close(const Attributes&) override {
    if (!file_) throw Error(Fault::usage, "safetensors holds one record: there is none for " + name_);
    file_->commit();
  }

 private:
  std::unique_ptr<ByteSink> sink_;
  StreamHeader header_;
  std::string name_;
  std::unique_ptr<SafetensorsFile> file_;
};

class Safetensors final : public Format {
 public:
  std::string name() const override { return "safetensors"; }
  std::vector<std::string> extensions() const override { return {"safetensors"}; }
  bool sniff(std::span<const std::byte> head) const override {
    if (head.size() < 9 || head[8] != std::byte{'{'}) return false;
    std::uint64_t length = 0;
    for (int i = 7; i >= 0; --i) length = length << 8 | std::to_integer<std::uint64_t>(head[static_cast<std::size_t>(i)]);
    return length >= 2 && length <= kMostSafetensorsHeader;
  }
  std::unique_ptr<RecordReader> reader(std::unique_ptr<ByteSource> source, const Limits& limits) const override {
    return read_safetensors(std::move(source), limits);
  }
  std::unique_ptr<RecordWriter> writer(std::unique_ptr<ByteSink> sink, const StreamHeader& header) const override {
    return std::make_unique<Writer>(std::move(sink), header);
  }
  std::unique_ptr<RecordReader> open_path(const std::string& path, const Limits& limits) const override { return open_safetensors_path(path, limits); }
};

}  // namespace

void register_safetensors(Registry<Format>& registry) {
  registry.add<Safetensors>({"safetensors", "named tensors, as model hubs have them; also in several files", "huggingface/safetensors, format description"});
}

}  // namespace dml
