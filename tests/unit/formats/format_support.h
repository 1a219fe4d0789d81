// What the tests of single formats share: bytes -> records -> bytes, errors, and sources that drip.
#pragma once
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

#include "formats/formats.h"
#include "unit/wire/fixtures.h"

namespace dml::format_test {

using namespace test;

inline std::shared_ptr<const Format> format_of(const std::string& name) {
  Registry<Format> registry("format");
  register_formats(registry);
  return std::shared_ptr<const Format>(registry.make(name));
}

inline std::vector<Record> records_of(const std::string& name, const std::string& bytes, const Limits& limits = {}) {
  const auto reader = format_of(name)->reader(memory_source(std::as_bytes(std::span(bytes)), "'x'"), limits);
  std::vector<Record> out;
  while (auto record = reader->next()) out.push_back(std::move(*record));
  return out;
}

inline std::string bytes_of(const std::string& name, const std::vector<Record>& records) {
  std::string bytes;
  const auto writer = format_of(name)->writer(std::make_unique<StringSink>(bytes), {"tool", "1.0", "verb", {{"k", "v"}}, 7, {{"new", 1}}});
  for (const auto& record : records) writer->write(record);
  writer->close({{"threads", 2}});
  return bytes;
}

/// "3 'x' ends early": exit code and message.
inline std::string refused(const std::string& name, const std::string& bytes, const Limits& limits = {}) {
  return error_of([&] { records_of(name, bytes, limits); });
}
inline std::string not_written(const std::string& name, const std::vector<Record>& records) {
  return error_of([&] { bytes_of(name, records); });
}
inline bool says(const std::string& error, const std::string& text) { return error.find(text) != std::string::npos; }

/// A pipe: of unknown length, a few bytes at a time.
class Drip final : public ByteSource {
 public:
  explicit Drip(std::string bytes) : bytes_(std::move(bytes)) {}
  std::size_t read(std::span<std::byte> out) override {
    const std::size_t count = std::min({out.size(), std::size_t{5}, bytes_.size() - at_});
    std::memcpy(out.data(), bytes_.data() + at_, count);
    at_ += count;
    return count;
  }
  std::string name() const override { return "'drip'"; }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
};

/// Kind, meta, extra, and tensors with all their bits: equal for equal records.
inline std::string shown(const Record& record) {
  std::string out = record.kind + to_json(record.meta) + to_json(record.extra);
  for (const auto& tensor : record.tensors) out += " " + tensor.name + ":" + std::string(to_string(tensor.dtype)) + shape_text(tensor.shape) + to_json(tensor.extra);
  return out + " " + content_digest(record);
}

inline std::string file_bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace dml::format_test
