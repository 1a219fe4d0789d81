// ndjson: one JSON object a line. The records of this project are objects with `kind`, `meta` and `tensors`, a list of {"name", "dtype",
// "shape", "data"} whose data is flat and row-major; they stand between a line {"dml": 1, "tool", ...} and a line {"end": true, "records"},
// without which a file is cut. Every other object, such as a line of --metrics, is a record of kind "metric" with the object as its meta;
// a file that holds only such lines has no end mark. Numbers read back to the same bits (see formats/ndjson_value.h).
// Source: RFC 8259 (JSON), github.com/ndjson/ndjson-spec. A line is at most 4 GiB long.
#include "formats/ndjson_value.h"

#include "base/text.h"
#include "entry/registry.h"
#include "formats/whole_reader.h"
#include "wire/codec.h"

namespace dml {
namespace {

using simdjson::dom::element;

constexpr std::uint64_t kMostLine = (std::uint64_t{1} << 32) - 1024;      // simdjson's own limit
constexpr std::size_t kPiece = 64 << 10;

class NdjsonReader final : public WholeReader {
 public:
  NdjsonReader(std::unique_ptr<ByteSource> source, const Limits& limits) : WholeReader(std::move(source), limits) {}
  const StreamHeader& header() override {
    if (line_ == 0) fetch();                               // it stands before the first record
    return header_;
  }

 private:
  std::optional<Record> decode() override {
    if (line_ == 0 || !waiting_) fetch();
    if (!waiting_) return std::nullopt;
    waiting_ = false;
    begin();
    ++records_;
    if (has("kind") && (has("meta") || has("tensors"))) return own();
    return checked({"metric", ndjson::to_map(root_, false, at()), {}, {}});
  }

  // Goes to the line of the next record and over lines that begin or end a stream.
  void fetch() {
    while (read_line()) {
      if (!in_stream_ && has("dml")) begin_stream();
      else if (in_stream_ && has("end") && !has("kind")) end_stream();
      else {
        waiting_ = true;
        return;
      }
    }
    if (in_stream_) throw Error(Fault::input, source_.name() + " ends early: no line with its end after line " + std::to_string(line_));
    if (line_ == 0 || !any_) throw Error(Fault::input, source_.name() + " is empty", "a stream without records still has a first and a last line");
  }

  // The next line that is not blank, parsed into root_; false at the end.
  bool read_line() {
    std::string text;
    do {
      text.clear();
      if (!read_text(text)) return false;
    } while (text.find_first_not_of(" \t\r") == std::string::npos);
    any_ = true;
    const std::size_t size = text.size();
    text.append(simdjson::SIMDJSON_PADDING, '\0');
    if (const auto error = parser_.parse(text.data(), size, false).get(root_))
      throw Error(Fault::input, at() + " is no JSON: " + trimmed(simdjson::error_message(error)));
    if (!root_.is_object()) throw Error(Fault::input, at() + " is no JSON object");
    return true;
  }
  bool read_text(std::string& text) {
    ++line_;
    for (;;) {
      const auto bytes = source_.peek(1);
      if (bytes.empty() && text.empty()) return false;
      if (bytes.empty()) throw Error(Fault::input, at() + " does not end: the file may be cut", "a complete text file ends with a line break");
      const std::string_view piece(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      const std::size_t end = piece.find('\n');
      text.append(piece.substr(0, end));
      source_.skip(end == std::string_view::npos ? piece.size() : end + 1);
      if (text.size() > most_line()) throw Error(Fault::input, at() + " is longer than " + format_bytes(static_cast<double>(most_line())));
      if (end != std::string_view::npos) return true;
    }
  }
  // Text takes more bytes than the tensor that it becomes, at most about 16 for one; attributes come on top.
  std::uint64_t most_line() const { return limits_.tensor_bytes > kMostLine / 16 ? kMostLine : (std::uint64_t{1} << 20) + 16 * limits_.tensor_bytes; }

  void begin_stream() {
    StreamHeader header;
    header.tool = text("tool"), header.version = text("version"), header.verb = text("verb");
    header.options = ndjson::to_map(member("options"), true, at());
    if (has("seed")) header.seed = natural("seed");
    header.extra = extra(root_, {"dml", "tool", "version", "verb", "options", "seed"});
    if (natural("dml") != static_cast<std::uint64_t>(kMajorVersion)) throw Error(Fault::input, at() + " is of another version of the format; this program reads version 1");
    std::string bytes;
    append_header(bytes, 0, header);
    header_ = to_header(reparsed(bytes), at());
    in_stream_ = true;
    records_ = 0;
  }
  void end_stream() {
    bool end = false;
    if (member("end").get(end) || !end) throw Error(Fault::input, at() + ": 'end' is not true");
    if (const auto count = natural("records"); count != records_)
      throw Error(Fault::input, at() + " counts " + std::to_string(count) + " records, " + std::to_string(records_) + " came");
    in_stream_ = false;
  }

  Record own() {
    Record record{text("kind"), ndjson::to_map(member("meta"), true, at()), {}, extra(root_, {"kind", "meta", "tensors"})};
    simdjson::dom::array list;
    if (member("tensors").get(list)) throw Error(Fault::input, at() + ": 'tensors' is no list");
    for (const auto item : list) {
      if (record.tensors.size() == limits_.tensors) throw Error(Fault::input, at() + " has more than " + std::to_string(limits_.tensors) + " tensors", "raise --limit-tensors if it is meant");
      record.tensors.push_back(tensor(item));
    }
    sort_tensors(record, where());
    return checked(std::move(record));
  }
  Tensor tensor(element item) {
    if (!item.is_object()) throw Error(Fault::input, at() + ": a tensor is no object");
    Tensor out;
    out.name = ndjson::to_text(member(item, "name"), at());
    const std::string type = ndjson::to_text(member(item, "dtype"), at()), of = at() + ": tensor " + quote(out.name);
    const auto dtype = parse_dtype(type);
    if (!dtype) throw Error(Fault::input, of + " has the unknown dtype " + quote(type));
    out.dtype = *dtype;
    simdjson::dom::array shape, data;
    if (member(item, "shape").get(shape) || shape.size() > 16) throw Error(Fault::input, of + " has a shape that is no list of at most 16 sizes");
    unsigned __int128 count = 1;
    for (const auto extent : shape) {
      std::uint64_t size = 0;
      if (extent.get(size) || size > std::uint64_t{1} << 48) throw Error(Fault::input, of + " has a shape that is no list of sizes");
      out.shape.push_back(static_cast<std::int64_t>(size));
      count = std::min<unsigned __int128>(count * size, ~std::uint64_t{0});
    }
    if (member(item, "data").get(data)) throw Error(Fault::input, of + " has data that is no list");
    std::size_t have = 0;                                  // array.size() is not exact for 2^24 and more
    for ([[maybe_unused]] const auto value : data) ++have;
    if (count != have) throw Error(Fault::input, of + " of shape " + shape_text(out.shape) + " has " + std::to_string(have) + " elements");
    out.data = ndjson::to_elements(data, out.dtype, of);
    out.extra = extra(item, {"name", "dtype", "shape", "data"});
    std::string bytes;
    const std::uint64_t parts = std::max<std::uint64_t>(1, (out.data.size() + kMostPart - 1) / kMostPart);
    append_tensor(bytes, 0, out, 0, parts, std::min<std::uint64_t>(kMostPart, out.data.size()));
    Bytes values = std::move(out.data);
    out = to_tensor_part(reparsed(bytes), limits_, at()).tensor;
    out.data = std::move(values);
    return out;
  }

  // A record goes through the codec of dml: what a stream could not hold is refused here, with the same limits.
  Record checked(Record record) {
    std::string bytes;
    append_head(bytes, 0, {std::move(record.kind), std::move(record.meta), record.tensors.size(), std::move(record.extra)});
    RecordHead head = to_head(reparsed(bytes), limits_, at());
    return {std::move(head.kind), std::move(head.meta), std::move(record.tensors), std::move(head.extra)};
  }
  ParsedObject reparsed(const std::string& bytes) {
    auto object = parse_object(std::as_bytes(std::span(bytes)), at());
    if (!object) throw Error(Fault::bug, "an object was not packed whole");
    return std::move(*object);
  }

  // Keys besides `known`: those of "extra", and any others.
  Attributes extra(element object, std::initializer_list<std::string_view> known) {
    Attributes out;
    for (const auto& [key, value] : simdjson::dom::object{object}) {
      if (std::find(known.begin(), known.end(), key) != known.end()) continue;
      Attributes more;
      if (key == "extra") more = ndjson::to_map(value, true, at());
      else more.emplace(key, ndjson::to_value(value, true, at()));
      const std::size_t together = out.size() + more.size();
      out.merge(std::move(more));
      if (out.size() != together) throw Error(Fault::input, at() + ": the key " + quote(key) + " stands twice");
    }
    for (const auto key : known) once(object, key);
    return out;
  }
  void once(element object, std::string_view wanted) {
    int count = 0;
    for (const auto& [key, value] : simdjson::dom::object{object}) count += key == wanted;
    if (count > 1) throw Error(Fault::input, at() + ": the key " + quote(wanted) + " stands twice");
  }
  bool has(std::string_view key) const { return root_.at_key(key).error() == simdjson::SUCCESS; }
  element member(std::string_view key) { return member(root_, key); }
  element member(element object, std::string_view key) {
    element out;
    if (object.at_key(key).get(out)) throw Error(Fault::input, at() + " lacks the key '" + std::string(key) + "'");
    return out;
  }
  std::string text(std::string_view key) { return ndjson::to_text(member(key), at()); }
  std::uint64_t natural(std::string_view key) {
    std::uint64_t out = 0;
    if (member(key).get(out)) throw Error(Fault::input, at() + ": key '" + std::string(key) + "' is no whole number");
    return out;
  }
  static std::string trimmed(std::string_view message) { return std::string(message.substr(0, message.find_last_not_of(". \n") + 1)); }
  std::string at() const { return "line " + std::to_string(line_) + " of " + source_.name(); }

  simdjson::dom::parser parser_;
  element root_;
  std::uint64_t line_ = 0, records_ = 0;
  bool any_ = false, in_stream_ = false, waiting_ = false;
};

class NdjsonWriter final : public RecordWriter {
 public:
  NdjsonWriter(std::unique_ptr<ByteSink> sink, const StreamHeader& header) : sink_(std::move(sink)) {
    out_ = "{\"dml\": 1";
    member("tool", header.tool), member("version", header.version), member("verb", header.verb), member("options", header.options);
    if (header.seed) member("seed", *header.seed);
    end_line(header.extra);
  }
  void begin(const RecordHead& head) override {
    expect_complete();
    out_ += "{\"kind\": ";
    ndjson::append_text(out_, head.kind);
    member("meta", head.meta);
    out_ += ", \"tensors\": [";
    extra_ = head.extra;
    left_ = head.tensors;
    first_ = true;
    ++records_;
    if (left_ == 0) finish();
  }
  void tensor(const Tensor& tensor) override {
    if (left_ == 0) throw Error(Fault::bug, "a record got more tensors than its head says");
    out_ += first_ ? "{\"name\": " : ", {\"name\": ";
    first_ = false;
    ndjson::append_text(out_, tensor.name);
    member("dtype", std::string(to_string(tensor.dtype)));
    ValueList shape;
    for (const auto extent : tensor.shape) shape.emplace_back(extent);
    member("shape", shape);
    out_ += ", \"data\": [";
    const ndjson::ElementWriter elements(tensor);
    const auto count = static_cast<std::size_t>(tensor.elements());
    for (std::size_t i = 0; i < count; ++i) {
      if (i) out_ += ", ";
      elements.append(out_, i);
      if (out_.size() >= kPiece) flush();
    }
    out_ += ']';
    if (!tensor.extra.empty()) member("extra", tensor.extra);
    out_ += '}';
    if (--left_ == 0) finish();
  }
  void close(const Attributes& environment) override {
    expect_complete();
    out_ += "{\"end\": true";
    member("records", records_), member("environment", environment);
    end_line({});
    flush();
    sink_->commit();
  }

 private:
  void member(const char* key, const Value& value) {
    out_ += ", \"" + std::string(key) + "\": ";
    ndjson::append_value(out_, value);
  }
  void finish() {
    out_ += ']';
    end_line(extra_);
  }
  void end_line(const Attributes& extra) {
    if (!extra.empty()) member("extra", extra);
    out_ += "}\n";
    if (out_.size() >= kPiece) flush();
    line_ = 0;
  }
  void expect_complete() const {
    if (left_ != 0) throw Error(Fault::bug, "a record got fewer tensors than its head says");
  }
  void flush() {
    line_ += out_.size();
    if (line_ > kMostLine) throw Error(Fault::usage, "a line of ndjson holds less than 4 GiB of text: " + sink_->name() + " cannot take a record of this size");
    sink_->write(std::as_bytes(std::span(out_)));
    out_.clear();
  }

  std::unique_ptr<ByteSink> sink_;
  std::string out_;
  Attributes extra_;
  std::uint64_t records_ = 0, left_ = 0, line_ = 0;
  bool first_ = true;
};

class Ndjson final : public Format {
 public:
  std::string name() const override { return "ndjson"; }
  std::vector<std::string> extensions() const override { return {"ndjson", "jsonl"}; }
  bool sniff(std::span<const std::byte> head) const override {
    // { and a key or }, nothing but text: the length that a safetensors file begins with has zero bytes.
    std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
    if (!text.starts_with("{")) return false;
    for (const char c : text)
      if (static_cast<unsigned char>(c) < ' ' && c != '\n' && c != '\r' && c != '\t') return false;
    const auto next = text.find_first_not_of(" \t", 1);
    return next != std::string_view::npos && (text[next] == '"' || text[next] == '}');
  }
  std::unique_ptr<RecordReader> reader(std::unique_ptr<ByteSource> source, const Limits& limits) const override {
    return std::make_unique<NdjsonReader>(std::move(source), limits);
  }
  std::unique_ptr<RecordWriter> writer(std::unique_ptr<ByteSink> sink, const StreamHeader& header) const override {
    return std::make_unique<NdjsonWriter>(std::move(sink), header);
  }
};

}  // namespace

void register_ndjson(Registry<Format>& registry) {
  registry.add<Ndjson>({"ndjson", "records, or any objects, as JSON lines", "RFC 8259; ndjson specification"});
}

}  // namespace dml
