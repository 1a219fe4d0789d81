// npz: one record of named numpy arrays in a zip archive, each as NAME.npy. Reads stored and deflated archives, also beyond 4 GiB, array
// by array; writes stored ones, as numpy.savez does. Kind, meta and the stream's header travel in the archive's comment (provenance.h),
// which numpy leaves alone; the archives of others are of kind model.
// An archive names its arrays at its end: what comes through a pipe is held in memory (compressed), a file is read where an array lies.
// Source: numpy.savez and numpy.lib.format. Deviation: an entry that is no .npy array is refused.
#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "entry/registry.h"
#include "formats/npy_array.h"
#include "formats/provenance.h"
#include "wire/zip.h"

namespace dml {
namespace {

constexpr std::string_view kSuffix = ".npy";

class Reader final : public RecordReader {
 public:
  Reader(std::unique_ptr<ByteSource> source, const Limits& limits) : source_(std::move(source)), limits_(limits), name_(source_->name()) {}
  const StreamHeader& header() override {
    prepare();
    return header_;
  }
  std::optional<RecordHead> next_head() override {
    prepare();
    if (!std::exchange(begun_, true)) return head_;
    next_ = order_.size();
    return std::nullopt;
  }
  std::optional<Tensor> next_tensor() override {
    if (!begun_ || next_ == order_.size()) return std::nullopt;
    const auto& [name, entry] = order_[next_++];
    const auto bytes = archive_->open(*entry);
    Tensor tensor = read_npy_array(*bytes, name, limits_);
    std::byte more;
    if (bytes->read({&more, 1}) != 0) throw Error(Fault::input, bytes->name() + " goes on after its array of " + shape_text(tensor.shape));
    return tensor;
  }
  std::string where() const override { return "record 0 of " + name_; }

 private:
  void prepare() {
    if (archive_) return;
    if (!source_->can_read_at()) source_ = memory_source(read_all(*source_, limits_.inflated_bytes), name_);
    archive_ = std::make_unique<ZipReader>(std::move(source_), limits_.tensors);
    std::uint64_t inflated = 0;
    for (const auto& entry : archive_->entries()) {
      if (entry.deflated && entry.size > limits_.inflated_bytes - inflated)
        throw Error(Fault::input, name_ + " inflates to more than the limit of " + format_bytes(static_cast<double>(limits_.inflated_bytes)));
      inflated += entry.deflated ? entry.size : 0;
      if (!entry.name.ends_with(kSuffix) || entry.name.size() == kSuffix.size())
        throw Error(Fault::input, name_ + " holds " + quote(entry.name) + ", which is no .npy array");
      order_.emplace_back(entry.name.substr(0, entry.name.size() - kSuffix.size()), &entry);
    }
    std::sort(order_.begin(), order_.end());
    head_ = RecordHead{"model", {}, 0, {}};
    read_provenance(archive_->comment(), header_, head_);
    head_.tensors = order_.size();
  }

  std::unique_ptr<ByteSource> source_;
  Limits limits_;
  std::string name_;
  std::unique_ptr<ZipReader> archive_;
  std::vector<std::pair<std::string, const ZipEntry*>> order_;         // by name
  std::size_t next_ = 0;
  StreamHeader header_;
  RecordHead head_;
  bool begun_ = false;
};

class Writer final : public RecordWriter {
 public:
  Writer(std::unique_ptr<ByteSink> sink, const StreamHeader& header) : sink_(std::move(sink)), archive_(*sink_), header_(header) {}
  void begin(const RecordHead& head) override {
    if (begun_) throw Error(Fault::usage, "npz holds one record: " + sink_->name() + " cannot take a second one");
    begun_ = true;
    comment_ = provenance_json(header_, head.kind, head.meta);
  }
  void tensor(const Tensor& tensor) override {
    archive_.add(tensor.name + std::string(kSuffix), std::as_bytes(std::span<const char>(npy_header(tensor))), tensor.data.span());
  }
  void close(const Attributes&) override {
    if (!begun_) throw Error(Fault::usage, "npz holds one record: there is none for " + sink_->name());
    archive_.close(comment_);
    sink_->commit();
  }

 private:
  std::unique_ptr<ByteSink> sink_;
  ZipWriter archive_;
  StreamHeader header_;
  std::string comment_;
  bool begun_ = false;
};

class Npz final : public Format {
 public:
  std::string name() const override { return "npz"; }
  std::vector<std::string> extensions() const override { return {"npz"}; }
  bool sniff(std::span<const std::byte> head) const override {
    const std::string_view start(reinterpret_cast<const char*>(head.data()), head.size());
    return start.starts_with("PK\3\4") || start.starts_with("PK\5\6");   // the second: no entry at all
  }
  std::unique_ptr<RecordReader> reader(std::unique_ptr<ByteSource> source, const Limits& limits) const override {
    return std::make_unique<Reader>(std::move(source), limits);
  }
  std::unique_ptr<RecordWriter> writer(std::unique_ptr<ByteSink> sink, const StreamHeader& header) const override {
    return std::make_unique<Writer>(std::move(sink), header);
  }
};

}  // namespace

void register_npz(Registry<Format>& registry) {
  registry.add<Npz>({"npz", "named numpy arrays in a zip archive", "numpy.savez; PKWARE APPNOTE 6.3"});
}

}  // namespace dml
