// What the data and format tests share: temporary files, errors, and the formats that loaders need.
#pragma once
#include <unistd.h>
#include <zlib.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/error.h"
#include "data/dataset.h"
#include "entry/registry.h"
#include "wire/endpoint.h"

namespace dml {
void register_csv(Registry<Format>& registry);
void register_idx(Registry<Format>& registry);
void register_cifar(Registry<Format>& registry);
}  // namespace dml

namespace dml::test {

/// The error that body() throws; Fault::bug "nothing was thrown" otherwise.
template <class Body>
Error fault_of(Body body) {
  try {
    body();
  } catch (const Error& error) {
    return error;
  }
  return Error(Fault::bug, "nothing was thrown");
}
inline bool says(const Error& error, const std::string& text) { return std::string(error.what()).find(text) != std::string::npos; }

inline std::shared_ptr<const Format> format(const std::string& name) {
  Registry<Format> registry("format");
  register_csv(registry);
  register_idx(registry);
  register_cifar(registry);
  return std::shared_ptr<const Format>(registry.make(name));
}
inline OpenOptions formats() {
  OpenOptions open;
  open.formats = {format("csv"), format("idx"), format("cifar10"), format("cifar100")};
  return open;
}

/// A fresh folder that goes with the test.
class Folder {
 public:
  Folder() {
    static int count = 0;
    path_ = std::filesystem::temp_directory_path() / ("dml-data-" + std::to_string(::getpid()) + "-" + std::to_string(count++));
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string path(const std::string& name) const { return (path_ / name).string(); }
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

/// The only record of some bytes.
inline Record read_bytes(const Format& format, const std::string& bytes, const Limits& limits = {}) {
  const auto reader = format.reader(memory_source(std::as_bytes(std::span(bytes)), "'x'"), limits);
  auto record = reader->next();
  if (!record || reader->next_head()) throw Error(Fault::bug, "not exactly one record");
  return *record;
}

/// IDX bytes of an array: type code, sizes, big-endian elements.
inline std::string idx_bytes(char type, const std::vector<std::uint32_t>& shape, const std::string& data) {
  std::string out = {0, 0, type, static_cast<char>(shape.size())};
  for (const auto extent : shape)
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(extent >> shift & 255);
  return out + data;
}

}  // namespace dml::test
