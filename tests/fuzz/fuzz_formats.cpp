// Every format's reader, and what open_reader sniffs, over a stranger's bytes: only success or Error(input), the same whether the bytes
// come from a file or in dribs from a pipe; what was read can be written as dml and comes back equal, and so can it in its own format.
// A part is one format, "sniff" for open_reader, or "shards" for the index of a safetensors model in two files; -p NAME here, --part=NAME with libFuzzer; without it each input goes through all.
#include "fuzz.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>

#include "entry/registry.h"
#include "formats/formats.h"
#include "records.h"
#include "tensor_seeds.h"
#include "repairs.h"
#include "wire/endpoint.h"

using namespace dml;

namespace {

/// A pipe: of unknown length, a few bytes at a time.
class Dribble final : public ByteSource {
 public:
  explicit Dribble(std::span<const std::byte> data) : data_(data) {}
  std::size_t read(std::span<std::byte> out) override {
    const std::size_t count = std::min({out.size(), data_.size(), 1 + step_++ * 7 % 61});
    std::copy_n(data_.data(), count, out.data());
    data_ = data_.subspan(count);
    return count;
  }
  std::string name() const override { return "pipe"; }

 private:
  std::span<const std::byte> data_;
  std::size_t step_ = 0;
};

class StringSink final : public ByteSink {
 public:
  explicit StringSink(std::string& out) : out_(out) {}
  void write(std::span<const std::byte> data) override { out_.append(reinterpret_cast<const char*>(data.data()), data.size()); }
  void commit() override {}
  std::string name() const override { return "memory"; }

 private:
  std::string& out_;
};

const Limits& limits() {
  static const Limits shared{1 << 20, 1000, 1000, 1 << 18, 1 << 20};
  return shared;
}

const std::vector<std::shared_ptr<const Format>>& formats() {
  static const auto shared = [] {
    Registry<Format> registry("format");
    register_formats(registry);
    std::vector<std::shared_ptr<const Format>> out;
    for (const auto& info : registry.entries()) out.push_back(registry.make(info.card.name));
    return out;
  }();
  return shared;
}

const Format& format_named(const std::string& name) {
  for (const auto& format : formats())
    if (format->name() == name) return *format;
  std::abort();
}

std::string read_all(RecordReader& reader, std::vector<Record>* keep) {
  std::string all;
  while (auto record = reader.next()) {
    for (const auto& tensor : record->tensors)
      fuzz::must(tensor.data.size() == static_cast<std::uint64_t>(tensor.elements()) * size_of(tensor.dtype), "a tensor whose data is not its shape");
    all += record->kind + to_json(record->meta) + content_digest(*record) + '\n';
    if (keep) keep->push_back(std::move(*record));
  }
  (void)reader.header();
  return all;
}

template <class Open>
std::optional<std::string> outcome(Open open, std::vector<Record>* keep = nullptr) {
  std::optional<std::string> content;
  fuzz::refuses_or_works(Fault::input, [&] {
    const std::unique_ptr<RecordReader> reader = open();
    content = read_all(*reader, keep);
  });
  return content;
}

// What was read as `format`, written as `as`, which may refuse (read only, or more than it holds) and then is not asked for more.
void writes_back(const Format& as, const std::vector<Record>& records, const std::string& content) {
  std::string bytes;
  const auto write = [&] {
    const auto writer = as.writer(std::make_unique<StringSink>(bytes), {"fuzz", "1", "fuzz", {}, {}, {}});
    for (const auto& record : records) writer->write(record);
    writer->close();
  };
  if (as.name() == "dml") write();
  else if (!fuzz::refuses_or_works(Fault::usage, write)) return;
  Limits wide = limits();                                  // text and rounding up may take more room than they came in
  wide.tensor_bytes *= 4;
  std::optional<std::string> again = outcome([&] { return as.reader(memory_source(fuzz::bytes_of(bytes), "written"), wide); });
  if (again != content) fuzz::finding("what was read and written as " + as.name() + " does not come back equal: " + content + " became " + again.value_or("an error"));
}

// One format, "sniff", or all where it is empty.
std::string& selected() {
  static std::string name;
  return name;
}
bool is_selected(const std::string& name) { return selected().empty() || selected() == name; }

void check(std::string_view text) {
  const auto bytes = fuzz::bytes_of(text);
  for (const auto& format : formats()) {
    if (!is_selected(format->name())) continue;
    std::vector<Record> records;
    const auto whole = outcome([&] { return format->reader(memory_source(bytes, "memory"), limits()); }, &records);
    const auto dribs = outcome([&] { return format->reader(std::make_unique<Dribble>(bytes), limits()); });
    fuzz::must(whole == dribs, "a file and a pipe of the same bytes differ");
    if (!whole) continue;
    writes_back(format_named("dml"), records, *whole);
    if (!selected().empty() && format->name() != "dml") writes_back(*format, records, *whole);
  }
  if (!is_selected("sniff")) return;
  OpenOptions open;
  open.formats = formats();
  open.limits = limits();
  outcome([&] { return open_reader(memory_source(bytes, "memory"), open); });
}

std::string stream_of(const std::vector<Record>& records, const std::string& format = "dml") {
  std::string bytes;
  const auto writer = format_named(format).writer(std::make_unique<StringSink>(bytes), {"tool", "1.0", "verb", {{"k", "v"}}, 7, {{"new", 1}}});
  for (const auto& record : records) writer->write(record);
  writer->close({{"threads", 2}});
  return bytes;
}

// numpy: np.savez_compressed(f, a=np.array(True))
std::string deflated_npz() {
  using namespace std::literals;
  return "PK\003\004\024\000\000\000\010\000\000\000!\000\202-\370\323C\000\000\000\201\000\000\000\005\000\024\000a.npy"
         "\001\000\020\000\201\000\000\000\000\000\000\000C\000\000\000\000\000\000\000\233\354\027\352\033\020\311\310P"
         "\306P\255\236\222Z\234\134\244n\245\240^\223d\250\256\243\240\236\226_TR\224\230\027\237_\224\222\012\022wK"
         "\314)N\005\212\027g$\026\244\002\371\032\232:\012\265\012\024\001.F\000PK\001\002\024\003\024\000\000\000\010"
         "\000\000\000!\000\202-\370\323C\000\000\000\201\000\000\000\005\000\000\000\000\000\000\000\000\000\000\000"
         "\200\001\000\000\000\000a.npyPK\005\006\000\000\000\000\001\000\001\0003\000\000\000z\000\000\000\000\000"s;
}

}  // namespace

/// A folder with a model in two files; what is put beside them as its index goes with the program.
class Shards {
 public:
  Shards() : folder_(std::filesystem::temp_directory_path() / ("dml-fuzz-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_);
    write("a.safetensors", stream_of({{"model", {}, {make_tensor("a", std::vector<float>{1, 2}), make_tensor("b", std::vector<std::uint8_t>{3})}, {}}}, "safetensors"));
    write("b.safetensors", stream_of({{"model", {}, {make_tensor("c", std::vector<double>{4})}, {}}}, "safetensors"));
  }
  ~Shards() { std::filesystem::remove_all(folder_); }
  std::string index(std::string_view text) const { return write("model.safetensors.index.json", text); }

 private:
  std::string write(const std::string& name, std::string_view bytes) const {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
    return (folder_ / name).string();
  }
  std::filesystem::path folder_;
};

void check_shards(std::string_view text) {
  static const Shards shards;
  OpenOptions open;
  open.formats = formats();
  open.limits = limits();
  const std::string path = shards.index(text);
  outcome([&] { return open_reader(path, open); });
}

std::vector<std::string> shard_seeds() {
  const auto index = [](const std::string& map) { return "{\"metadata\": {\"total_size\": 17}, \"weight_map\": {" + map + "}}"; };
  return {index(R"("a": "a.safetensors", "b": "a.safetensors", "c": "b.safetensors")"), index(R"("a": "a.safetensors", "c": "a.safetensors")"), index(R"("a": "absent.safetensors")"),
          index(R"("a": "a.safetensors", "a": "b.safetensors")"), index(R"("a": "../a.safetensors")"), index(R"("a": "/dev/zero")"), index(R"("a": "", "b": "a\u0000.safetensors")"),
          index(R"("a": 1)"), index(""), "{\"weight_map\": []}", index(R"("b": "a.safetensors")")};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (selected() == "shards") {
    check_shards(text);
    return 0;
  }
  check(text);
  for (const auto& repair : {fuzz::with_checksum, fuzz::with_png_checksums, fuzz::with_header_length})
    if (const std::string repaired = repair(text); repaired != text) check(repaired);
  return 0;
}

std::vector<std::string> fuzz_parts() {
  std::vector<std::string> names{"sniff", "shards"};
  for (const auto& format : formats()) names.push_back(format->name());
  return names;
}

void fuzz_select(const std::string& part) { selected() = part; }

// For one format only what it can read or would take for its own, and for text any text.
bool fuzz_wants(const std::string& input) {
  if (selected() == "shards") return input.starts_with("{");
  if (selected().empty() || selected() == "sniff") return true;
  const auto bytes = fuzz::bytes_of(input);
  const auto& format = format_named(selected());
  const bool plain = input.size() < 8192 && std::all_of(input.begin(), input.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t' || (c >= ' ' && c < 127); });
  return (format.is_text() && plain) || format.sniff(bytes.first(std::min<std::size_t>(64, bytes.size()))) || outcome([&] { return format.reader(memory_source(bytes, "memory"), limits()); });
}

// What every format that writes makes of the samples it takes.
std::vector<std::string> written_seeds() {
  std::vector<std::string> seeds;
  for (const auto& format : formats())
    for (const auto& record : fuzz::sample_records())
      fuzz::refuses_or_works(Fault::usage, [&] { seeds.push_back(stream_of({record}, format->name())); });
  return seeds;
}

std::vector<std::string> fuzz_seeds() {
  using namespace std::literals;
  const auto records = fuzz::sample_records();
  const std::string one = stream_of({records[1]});
  std::vector<std::string> seeds = {stream_of(records), one, stream_of({}), one + one,
          "a,b\n1,2.5\n# note\n\nnan,-inf\n", "\"a \"\"q\"\"\",b\r\n1e-3,\"2\"\r\n", "1\n2\n3\n",
          "\0\0\x08\x02\0\0\0\x02\0\0\0\x03\x01\x02\x03\x04\x05\x06"s, "\0\0\x0d\x01\0\0\0\x01\x3f\x80\0\0"s, "\0\0\x0b\x03\0\0\0\x01\0\0\0\0\xff\xff\xff\xff"s,
          // gzip -n of an idx file, bytes 1 2 3
          "\037\213\010\000\000\000\000\000\002\003\143\140\340\140\144\140\140\140\146\144\142\006\000\213\345\275\244\013\000\000\000"s};
  Record plain = records[0];                               // without bf16, which numpy lacks
  plain.tensors.erase(plain.tensors.begin() + 3);
  for (const auto& more : {std::vector{stream_of({records[0]}, "safetensors"), deflated_npz()}, fuzz::npz_seeds(stream_of({plain}, "npz")), fuzz::safetensors_seeds(), fuzz::npy_seeds()})
    seeds.insert(seeds.end(), more.begin(), more.end());
  if (selected() == "shards") return shard_seeds();
  for (auto& seed : written_seeds()) seeds.push_back(std::move(seed));
  return seeds;
}
