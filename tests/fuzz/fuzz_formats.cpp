// Every format's reader, and what open_reader sniffs, over a stranger's bytes: only success or Error(input), the same whether the bytes
// come from a file or in dribs from a pipe; what was read can be written as dml and comes back equal.
#include "fuzz.h"

#include <memory>
#include <optional>

#include "entry/registry.h"
#include "formats/formats.h"
#include "records.h"
#include "tensor_seeds.h"
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
  static const Limits shared{1 << 20, 1000, 1000, 1 << 20};
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

void writes_back(const std::vector<Record>& records, const std::string& content) {
  std::string bytes;
  const auto& dml = format_named("dml");
  const auto writer = dml.writer(std::make_unique<StringSink>(bytes), {"fuzz", "1", "fuzz", {}, {}, {}});
  for (const auto& record : records) writer->write(record);
  writer->close();
  std::optional<std::string> again = outcome([&] { return dml.reader(memory_source(fuzz::bytes_of(bytes), "written"), limits()); });
  if (again != content) fuzz::finding("what was read and written as dml does not come back equal: " + content + " became " + again.value_or("an error"));
}

void check(std::string_view text) {
  const auto bytes = fuzz::bytes_of(text);
  for (const auto& format : formats()) {
    std::vector<Record> records;
    const auto whole = outcome([&] { return format->reader(memory_source(bytes, "memory"), limits()); }, &records);
    const auto dribs = outcome([&] { return format->reader(std::make_unique<Dribble>(bytes), limits()); });
    fuzz::must(whole == dribs, "a file and a pipe of the same bytes differ");
    if (whole) writes_back(records, *whole);
  }
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

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(text);
  if (const std::string repaired = fuzz::with_checksum(std::string(text)); repaired != text) check(repaired);
  return 0;
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
  for (const auto& more : {std::vector{stream_of({records[0]}, "safetensors"), stream_of({plain}, "npz"), deflated_npz()}, fuzz::safetensors_seeds(), fuzz::npy_seeds()})
    seeds.insert(seeds.end(), more.begin(), more.end());
  return seeds;
}
