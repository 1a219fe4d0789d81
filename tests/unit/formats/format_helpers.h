// Whole records through one format and back, from memory and from a pipe; files of several parts.
#pragma once
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "unit/wire/fixtures.h"

namespace dml::test {

inline std::shared_ptr<const Format> format_of(const std::string& name) {
  Registry<Format> registry("format");
  register_formats(registry);
  return std::shared_ptr<const Format>(registry.make(name));
}

/// Bytes of unknown length that come a few at a time, as from a pipe.
class Pipe final : public ByteSource {
 public:
  explicit Pipe(std::string bytes) : bytes_(std::move(bytes)) {}
  std::size_t read(std::span<std::byte> out) override {
    const std::size_t count = std::min({out.size(), std::size_t{7}, bytes_.size() - at_});
    std::memcpy(out.data(), bytes_.data() + at_, count);
    at_ += count;
    return count;
  }
  std::string name() const override { return "'pipe'"; }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
};

inline std::vector<Record> read_as(const std::string& format, std::unique_ptr<ByteSource> source, const Limits& limits = {}, StreamHeader* header = nullptr) {
  const auto reader = format_of(format)->reader(std::move(source), limits);
  std::vector<Record> out;
  while (auto record = reader->next()) out.push_back(std::move(*record));
  if (header) *header = reader->header();
  return out;
}
inline std::vector<Record> read_as(const std::string& format, const std::string& bytes, const Limits& limits = {}, StreamHeader* header = nullptr) {
  return read_as(format, memory_source(std::as_bytes(std::span(bytes)), "'memory'"), limits, header);
}

inline std::string write_as(const std::string& format, const std::vector<Record>& records, const StreamHeader& header = {"test", "1", "make", {{"k", "v"}}, 7, {}}) {
  std::string bytes;
  const auto writer = format_of(format)->writer(std::make_unique<StringSink>(bytes), header);
  for (const auto& record : records) writer->write(record);
  writer->close();
  return bytes;
}

/// "3 MESSAGE" of what reading throws; the same from memory and from a pipe, but for the name of the source.
inline std::string refusal(const std::string& format, const std::string& bytes, const Limits& limits = {}) {
  const std::string memory = error_of([&] { read_as(format, bytes, limits); });
  const std::string pipe = error_of([&] { read_as(format, std::make_unique<Pipe>(bytes), limits); });
  if (!memory.starts_with("3 ") || !pipe.starts_with("3 ")) return "memory: " + memory + ", pipe: " + pipe;
  if (memory.find("'memory'") == std::string::npos) return "the source is not named: " + memory;
  return memory;
}

inline bool equal(const Tensor& a, const Tensor& b) { return a.name == b.name && a.dtype == b.dtype && a.shape == b.shape && a.data == b.data; }
inline bool equal(const Record& a, const Record& b) {
  return a.kind == b.kind && a.meta == b.meta && std::equal(a.tensors.begin(), a.tensors.end(), b.tensors.begin(), b.tensors.end(), [](const auto& x, const auto& y) { return equal(x, y); });
}

/// A folder that goes with the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    static int count = 0;
    path_ = std::filesystem::temp_directory_path() / ("dml-formats-" + std::to_string(::getpid()) + "-" + std::to_string(count++));
    std::filesystem::create_directories(path_);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  std::string path(const std::string& name = "") const { return name.empty() ? path_.string() : (path_ / name).string(); }
  std::string write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }
  std::string read(const std::string& name) const {
    std::ifstream in(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  std::filesystem::path path_;
};

}  // namespace dml::test
