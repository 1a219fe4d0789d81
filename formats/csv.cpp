// csv: a table of numbers as text, RFC 4180 with these choices: the separator is a comma; a first line without any number is a header
// and becomes meta `columns`; blank lines and lines that start with # are skipped; nan and inf are numbers. Reads to one record of kind
// "table" with tensor `data`, f64 [rows, columns]; writes a record that has one tensor of rank 1 (a column) or 2.
// There is no signature and no end mark: a file cut inside a line is refused (its last line does not end), one cut between two lines is
// a shorter table and cannot be told from it. Name the format with --from where the bytes do not show it.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "base/error.h"
#include "base/text.h"
#include "entry/registry.h"
#include "wire/format.h"

namespace dml {
namespace {

constexpr std::size_t kLongestField = 4096, kMostHeader = 1 << 20;

// Cuts bytes into fields; a field holds no more than kLongestField bytes.
class Fields {
 public:
  enum class End { field, line, stream };
  explicit Fields(std::unique_ptr<ByteSource> source) : source_(std::move(source)) {}

  // The next field and what ended it; End::stream with an empty field only where a line would begin.
  End next(std::string& field) {
    field.clear();
    if (at_line_start_) {
      ++line_;
      at_line_start_ = false;
      int first = peek();
      while (first == '#') {
        while (first != '\n' && first >= 0) first = take();
        if (first < 0) cut();
        ++line_;
        first = peek();
      }
      if (first < 0) return End::stream;
    }
    literal_ = peek() == '"';
    if (literal_) quoted(field);
    const std::size_t closed = field.size();
    End end = End::field;
    for (int c = take(); c != ','; c = take()) {
      if (c < 0) cut();
      if (c == '\n') {
        end = End::line;
        break;
      }
      append(field, c);
    }
    at_line_start_ = end == End::line;
    if (literal_ && end == End::line && field.size() > closed && field.ends_with('\r')) field.pop_back();
    if (!literal_) trim(field);
    return end;
  }
  bool literal() const { return literal_; }                // whether the last field stood in quotes
  std::string where() const { return "line " + std::to_string(line_) + " of " + source_->name(); }
  std::string name() const { return source_->name(); }

 private:
  int peek() {
    if (at_ == have_) {
      at_ = 0;
      have_ = source_->read(buffer_);
      if (have_ == 0) return -1;
    }
    return static_cast<unsigned char>(buffer_[at_]);
  }
  int take() {
    const int c = peek();
    if (c >= 0) ++at_;
    return c;
  }
  void append(std::string& field, int c) {
    if (field.size() == kLongestField) throw Error(Fault::input, where() + ": a field is longer than 4096 bytes");
    field += static_cast<char>(c);
  }
  static void trim(std::string& field) {
    constexpr std::string_view kBlank = " \t\r";
    field.erase(field.find_last_not_of(kBlank) + 1);
    field.erase(0, std::min(field.find_first_not_of(kBlank), field.size()));
  }
  void quoted(std::string& field) {
    take();
    for (;;) {
      const int c = take();
      if (c < 0) cut();
      if (c == '"') {
        if (peek() != '"') return;
        take();
      }
      append(field, c);
    }
  }
  [[noreturn]] void cut() const {
    throw Error(Fault::input, where() + " does not end: the file may be cut", "a complete text file ends with a line break");
  }

  std::unique_ptr<ByteSource> source_;
  std::array<std::byte, 1 << 16> buffer_;
  std::size_t at_ = 0, have_ = 0;
  std::uint64_t line_ = 0;
  bool at_line_start_ = true, literal_ = false;
};

std::optional<double> to_number(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

class CsvReader final : public RecordReader {
 public:
  CsvReader(std::unique_ptr<ByteSource> source, const Limits& limits) : fields_(std::move(source)), limits_(limits) {}
  const StreamHeader& header() override { return header_; }

  std::optional<RecordHead> next_head() override {
    if (done_) {
      table_.reset();
      return std::nullopt;
    }
    done_ = true;
    table_ = std::make_shared<std::vector<double>>();
    while (read_line()) {
    }
    if (columns_ == 0) throw Error(Fault::input, fields_.name() + " is empty: it has no line of numbers");
    RecordHead head{"table", {}, 1, {}};
    if (!names_.empty()) head.meta["columns"] = names_;
    return head;
  }
  std::optional<Tensor> next_tensor() override {
    if (!table_) return std::nullopt;
    const auto rows = static_cast<std::int64_t>(table_->size() / columns_);
    const auto* data = reinterpret_cast<const std::byte*>(table_->data());
    const std::size_t bytes = table_->size() * sizeof(double);
    return Tensor{"data", Dtype::f64, {rows, static_cast<std::int64_t>(columns_)}, Bytes(std::move(table_), data, bytes), {}};
  }
  std::string where() const override { return "record 0 of " + fields_.name(); }

 private:
  // False at the end of the stream.
  bool read_line() {
    std::size_t count = 0;
    const std::size_t before = table_->size();
    ValueList words;
    std::size_t bytes = 0;
    for (;;) {
      const auto end = fields_.next(field_);
      if (end == Fields::End::stream) return false;
      if (count == 0 && end == Fields::End::line && field_.empty() && !fields_.literal()) return true;      // a blank line
      ++count;
      if (const auto value = to_number(field_)) {
        if (table_->size() >= limits_.tensor_bytes / sizeof(double)) too_large();
        table_->push_back(*value);
      } else if (columns_ > 0) {
        throw Error(Fault::input, fields_.where() + ": field " + std::to_string(count) + ", " + quote(field_) + ", is no number");
      } else {
        bytes += field_.size() + 16;
        if (bytes > kMostHeader) throw Error(Fault::input, fields_.where() + " is a header longer than 1 MiB");
        words.push_back(field_);
      }
      if (end == Fields::End::line) break;
    }
    finish_line(count, before, std::move(words));
    return true;
  }

  void finish_line(std::size_t count, std::size_t before, ValueList words) {
    if (columns_ == 0) {
      if (!words.empty() && table_->size() > before)
        throw Error(Fault::input, fields_.where() + " mixes numbers and words", "a header line has no number, every other line nothing else");
      names_ = std::move(words);
      columns_ = count;
    } else if (count != columns_) {
      throw Error(Fault::input, fields_.where() + " has " + std::to_string(count) + " fields, the lines before " + std::to_string(columns_));
    }
  }
  [[noreturn]] void too_large() const {
    throw Error(Fault::input, fields_.where() + ": the table exceeds the limit of " + format_bytes(static_cast<double>(limits_.tensor_bytes)));
  }

  Fields fields_;
  Limits limits_;
  StreamHeader header_;
  std::string field_;
  std::shared_ptr<std::vector<double>> table_;
  ValueList names_;
  std::size_t columns_ = 0;
  bool done_ = false;
};

// Shortest text that reads back to the same number of the tensor's own type.
template <class T>
std::string number_text(T value) {
  char buffer[64];
  const auto [end, code] = std::to_chars(buffer, buffer + sizeof buffer, value);
  return {buffer, end};
}

template <class T>
std::string element_text(const Tensor& tensor, std::size_t i) {
  T value;
  std::memcpy(&value, tensor.data.data() + i * sizeof(T), sizeof(T));
  return number_text(value);
}

std::string header_text(const ValueList& names) {
  std::string out;
  for (const auto& name : names) {
    const auto* text = name.get_if<std::string>();
    if (!text) return {};
    if (to_number(*text)) throw Error(Fault::usage, "a column called " + quote(*text) + " would be read back as a number", "csv tells a header by its words");
    out += out.empty() && &name == &names.front() ? "" : ",";
    const bool edges = text->empty() || std::string_view(" \t").find(text->front()) != std::string_view::npos || std::string_view(" \t").find(text->back()) != std::string_view::npos;
    if (!edges && text->find_first_of(",\"\n\r#") == std::string::npos) {
      out += *text;
    } else {
      out += '"';
      for (const char c : *text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
      out += '"';
    }
  }
  return out + "\n";
}

class CsvWriter final : public RecordWriter {
 public:
  explicit CsvWriter(std::unique_ptr<ByteSink> sink) : sink_(std::move(sink)) {}

  void begin(const RecordHead& head) override {
    if (begun_ || head.tensors != 1)
      throw Error(Fault::usage, "csv holds one table: " + sink_->name() + " cannot take " +
                                    (begun_ ? "a second record" : "a record of " + std::to_string(head.tensors) + " tensors"));
    begun_ = true;
    const auto it = head.meta.find("columns");
    if (it != head.meta.end())
      if (const auto* names = it->second.get_if<ValueList>()) names_ = *names;
  }
  void tensor(const Tensor& tensor) override {
    const auto& shape = tensor.shape;
    const std::int64_t columns = shape.size() == 2 ? shape[1] : 1;
    if (shape.empty() || shape.size() > 2 || columns < 1)
      throw Error(Fault::usage, "csv holds one table: " + sink_->name() + " cannot take a tensor of shape " + shape_text(shape));
    std::string out = names_.size() == static_cast<std::size_t>(columns) ? header_text(names_) : "";
    const auto count = static_cast<std::size_t>(tensor.elements());
    const std::vector<double> widened = exact_text(tensor.dtype) ? std::vector<double>() : to_doubles(tensor);
    for (std::size_t i = 0; i < count; ++i) {
      out += widened.empty() ? exact_text(tensor.dtype)(tensor, i) : number_text(widened[i]);
      out += (i + 1) % static_cast<std::size_t>(columns) ? ',' : '\n';
      if (out.size() >= std::size_t{1} << 16) flush(out);
    }
    flush(out);
  }
  void close(const Attributes&) override {
    if (!begun_) throw Error(Fault::usage, "csv holds one table: there is no record for " + sink_->name());
    sink_->commit();
  }

 private:
  using Printer = std::string (*)(const Tensor&, std::size_t);
  // Types whose own text is shorter or more exact than that of the double they widen to.
  static Printer exact_text(Dtype dtype) {
    switch (dtype) {
      case Dtype::f32: return element_text<float>;
      case Dtype::i64: return element_text<std::int64_t>;
      case Dtype::u64: return element_text<std::uint64_t>;
      default: return nullptr;
    }
  }
  void flush(std::string& out) {
    sink_->write(std::as_bytes(std::span(out)));
    out.clear();
  }
  std::unique_ptr<ByteSink> sink_;
  ValueList names_;
  bool begun_ = false;
};

class Csv final : public Format {
 public:
  std::string name() const override { return "csv"; }
  std::vector<std::string> extensions() const override { return {"csv"}; }
  bool is_text() const override { return true; }
  bool sniff(std::span<const std::byte>) const override { return false; }
  std::unique_ptr<RecordReader> reader(std::unique_ptr<ByteSource> source, const Limits& limits) const override {
    return std::make_unique<CsvReader>(std::move(source), limits);
  }
  std::unique_ptr<RecordWriter> writer(std::unique_ptr<ByteSink> sink, const StreamHeader&) const override {
    return std::make_unique<CsvWriter>(std::move(sink));
  }
};

}  // namespace

void register_csv(Registry<Format>& registry) {
  registry.add<Csv>({"csv", "a table of numbers as text, one per file", "RFC 4180"});
}

}  // namespace dml
