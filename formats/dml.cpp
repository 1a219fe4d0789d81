// dml: the project's own stream of records. formats/dml.md is the normative text; the msgpack of single objects is in wire/codec.
#include <algorithm>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/error.h"
#include "base/text.h"
#include "entry/registry.h"
#include "wire/codec.h"

namespace dml {
namespace {

class DmlReader final : public RecordReader {
 public:
  DmlReader(std::unique_ptr<ByteSource> source, const Limits& limits) : source_(std::move(source)), limits_(limits) {}

  const StreamHeader& header() override {
    if (!header_) read_header();
    return *header_;
  }

  std::optional<RecordHead> next_head() override {
    if (finished_) return std::nullopt;
    if (!header_) read_header();
    while (next_tensor()) {
    }
    for (;;) {
      ParsedObject object = parse_next(place());
      if (object.fields.count("kind")) {
        hash(object.size);
        ++records_;
        ++total_records_;
        if (records_ > limits_.records) throw Error(Fault::input, name() + " holds more than " + std::to_string(limits_.records) + " records");
        RecordHead head = to_head(std::move(object), limits_, where());
        tensors_left_ = head.tensors;
        last_name_.clear();
        return head;
      }
      if (!object.fields.count("end")) throw Error(Fault::input, after() + " stands neither a record nor the end record");
      finish_stream(object);
      source_.skip(object.size);
      if (source_.peek(1).empty()) {
        finished_ = true;
        return std::nullopt;
      }
      read_header();                                       // streams may follow one another: cat a.dml b.dml
    }
  }

  std::optional<Tensor> next_tensor() override {
    if (tensors_left_ == 0) return std::nullopt;
    TensorPart part = to_tensor_part(next_object(), limits_, where());
    Tensor& tensor = part.tensor;
    if (part.part != 0) throw Error(Fault::input, where() + ": tensor " + quote(tensor.name) + " lacks its first part");
    if (!last_name_.empty() && tensor.name <= last_name_)
      throw Error(Fault::input, where() + ": tensor " + quote(tensor.name) + " is out of order or stands twice");
    const std::uint64_t whole = static_cast<std::uint64_t>(tensor.elements()) * size_of(tensor.dtype);
    if (const auto left = source_.remaining(); left && *left < whole) ends_early();
    Buffer buffer(whole);
    read_data(buffer.span().subspan(0, part.bytes));
    for (std::uint64_t i = 1; i < part.parts; ++i) {
      const TensorPart more = to_tensor_part(next_object(), limits_, where());
      if (more.part != i || more.parts != part.parts || more.tensor.name != tensor.name || more.tensor.dtype != tensor.dtype ||
          more.tensor.shape != tensor.shape)
        throw Error(Fault::input, where() + ": the parts of tensor " + quote(tensor.name) + " do not belong together");
      read_data(buffer.span().subspan(i * kMostPart, more.bytes));
    }
    tensor.data = std::move(buffer).freeze();
    last_name_ = tensor.name;
    --tensors_left_;
    return std::move(tensor);
  }

  std::string where() const override {
    return total_records_ == 0 ? name() : "record " + std::to_string(total_records_ - 1) + " of " + name();
  }

 private:
  std::string name() const { return source_.name(); }
  std::string after() const { return records_ == 0 ? "after the header of " + name() : "after " + where(); }
  [[noreturn]] void ends_early() const {
    throw Error(Fault::input, name() + " ends early: no end record " + (records_ == 0 ? "after its header" : "after record " + std::to_string(total_records_ - 1)));
  }

  void read_header() {
    XXH3_64bits_reset(&hash_);
    records_ = 0;
    if (source_.peek(1).empty()) throw Error(Fault::input, name() + " is empty", "a stream without records still has a header and an end record");
    const std::string where = "the header of " + name();
    auto object = parse_next(where);
    hash(object.size);
    header_ = to_header(std::move(object), where);
  }

  // Parses the next object without taking it.
  ParsedObject parse_next(const std::string& where) {
    std::size_t wanted = 4096;
    for (;;) {
      const auto bytes = source_.peek(wanted);
      const auto object = parse_object(bytes.first(std::min(bytes.size(), kMostHead)), where);
      if (object) return *object;
      if (bytes.size() >= kMostHead) throw Error(Fault::input, where + ": an object is longer than 64 KiB without its data");
      if (bytes.size() < wanted) ends_early();
      wanted = std::min(kMostHead, wanted * 4);
    }
  }
  ParsedObject next_object() {                             // taken and hashed
    auto object = parse_next(place());
    hash(object.size);
    return object;
  }
  std::string place() const { return tensors_left_ ? where() : "what follows " + (records_ ? where() : "the header of " + name()); }
  void hash(std::size_t taken) {
    XXH3_64bits_update(&hash_, source_.peek(taken).data(), taken);
    source_.skip(taken);
  }
  void read_data(std::span<std::byte> out) {
    // In pieces that stay in the cache between the read and the hash.
    for (std::size_t at = 0; at < out.size(); at += 1 << 20) {
      const auto piece = out.subspan(at, std::min<std::size_t>(1 << 20, out.size() - at));
      if (!source_.read_exactly(piece)) ends_early();
      XXH3_64bits_update(&hash_, piece.data(), piece.size());
    }
  }
  void finish_stream(const ParsedObject& end) {
    const std::string at = "the end record of " + name();
    const auto records = get_unsigned(end.fields, "records"), checksum = get_unsigned(end.fields, "checksum");
    if (get_bool(end.fields, "end") != true || !records || !checksum) throw Error(Fault::input, at + " lacks a key or has one of another type");
    if (*records != records_)
      throw Error(Fault::input, at + " counts " + std::to_string(*records) + " records, " + std::to_string(records_) + " came");
    if (*checksum != XXH3_64bits_digest(&hash_)) throw Error(Fault::input, name() + " is damaged: its checksum does not fit");
  }

  BufferedSource source_;
  Limits limits_;
  XXH3_state_t hash_;
  std::optional<StreamHeader> header_;
  std::uint64_t records_ = 0, total_records_ = 0, tensors_left_ = 0;
  std::string last_name_;
  bool finished_ = false;
};

class DmlWriter final : public RecordWriter {
 public:
  DmlWriter(std::unique_ptr<ByteSink> sink, const StreamHeader& header) : sink_(std::move(sink)) {
    XXH3_64bits_reset(&hash_);
    append_header(pending_, 0, header);
    count_pending(0);
  }
  void begin(const RecordHead& head) override {
    expect_complete();
    const std::size_t from = pending_.size();
    append_head(pending_, offset_, head);
    count_pending(from);
    tensors_left_ = head.tensors;
    last_name_.clear();
    ++records_;
  }
  void tensor(const Tensor& tensor) override {
    if (tensors_left_ == 0) throw Error(Fault::bug, "a record got more tensors than its head says");
    if (!last_name_.empty() && tensor.name <= last_name_) throw Error(Fault::bug, "tensor " + quote(tensor.name) + " is written out of order");
    const std::uint64_t whole = tensor.data.size(), parts = std::max<std::uint64_t>(1, (whole + kMostPart - 1) / kMostPart);
    if (whole != static_cast<std::uint64_t>(tensor.elements()) * size_of(tensor.dtype))
      throw Error(Fault::bug, "tensor " + quote(tensor.name) + " has " + std::to_string(whole) + " bytes, which is not its shape");
    for (std::uint64_t part = 0; part < parts; ++part) {
      const std::uint64_t bytes = std::min(kMostPart, whole - part * kMostPart);
      const std::size_t from = pending_.size();
      append_tensor(pending_, offset_, tensor, part, parts, bytes);
      count_pending(from);
      write_data(tensor.data.span().subspan(part * kMostPart, bytes));
    }
    last_name_ = tensor.name;
    --tensors_left_;
  }
  void close(const Attributes& environment) override {
    expect_complete();
    append_end(pending_, offset_, records_, XXH3_64bits_digest(&hash_), environment);
    flush();
    sink_->commit();
  }

 private:
  void expect_complete() const {
    if (tensors_left_ != 0) throw Error(Fault::bug, "a record got fewer tensors than its head says");
  }
  // Hashes what was appended to pending_ since `from`.
  void count_pending(std::size_t from) {
    XXH3_64bits_update(&hash_, pending_.data() + from, pending_.size() - from);
    offset_ += pending_.size() - from;
    if (pending_.size() >= 64 << 10) flush();
  }
  void write_data(std::span<const std::byte> data) {
    offset_ += data.size();
    if (data.size() < 16 << 10) {
      pending_.append(reinterpret_cast<const char*>(data.data()), data.size());
      XXH3_64bits_update(&hash_, data.data(), data.size());
      return;
    }
    flush();
    constexpr std::size_t kPiece = 4 << 20;                // large for the file system; small enough to be hashed while it is in the cache
    for (std::size_t at = 0; at < data.size(); at += kPiece) {
      const auto piece = data.subspan(at, std::min(kPiece, data.size() - at));
      XXH3_64bits_update(&hash_, piece.data(), piece.size());
      sink_->write(piece);
    }
  }
  void flush() {
    sink_->write(std::as_bytes(std::span(pending_)));
    pending_.clear();
  }

  std::unique_ptr<ByteSink> sink_;
  XXH3_state_t hash_;
  std::string pending_, last_name_;
  std::uint64_t offset_ = 0, records_ = 0, tensors_left_ = 0;
};

class DmlFormat final : public Format {
 public:
  std::string name() const override { return "dml"; }
  std::vector<std::string> extensions() const override { return {"dml"}; }
  bool sniff(std::span<const std::byte> head) const override {
    // A map whose first key is "dml".
    const auto lead = head.empty() ? 0u : static_cast<unsigned>(head[0]);
    const std::size_t at = lead == 0xde ? 3 : lead == 0xdf ? 5 : (lead & 0xf0) == 0x80 ? 1 : 0;
    static constexpr std::string_view kKey = "\xa3" "dml";
    return at != 0 && head.size() >= at + kKey.size() &&
           std::string_view(reinterpret_cast<const char*>(head.data()) + at, kKey.size()) == kKey;
  }
  std::unique_ptr<RecordReader> reader(std::unique_ptr<ByteSource> source, const Limits& limits) const override {
    return std::make_unique<DmlReader>(std::move(source), limits);
  }
  std::unique_ptr<RecordWriter> writer(std::unique_ptr<ByteSink> sink, const StreamHeader& header) const override {
    return std::make_unique<DmlWriter>(std::move(sink), header);
  }
};

}  // namespace

void register_dml(Registry<Format>& registry) {
  registry.add<DmlFormat>({"dml", "the project's own stream of records, read and written", "formats/dml.md"});
}

}  // namespace dml
