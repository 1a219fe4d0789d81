// Streams in memory for tests.
#pragma once
#include <string>

#include "base/error.h"
#include "formats/formats.h"
#include "wire/endpoint.h"

namespace dml::test {

inline OpenOptions open_all() {
  OpenOptions open;
  Registry<Format> formats("format");
  register_formats(formats);
  for (const auto& info : formats.entries()) open.formats.push_back(formats.make(info.card.name));
  open.header = {"test", "1", "make", {{"k", "v"}}, 7, {}};
  return open;
}

class StringSink final : public ByteSink {
 public:
  explicit StringSink(std::string& out) : out_(out) {}
  void write(std::span<const std::byte> data) override { text_.append(reinterpret_cast<const char*>(data.data()), data.size()); }
  void commit() override { out_ = text_; }
  std::string name() const override { return "'memory'"; }

 private:
  std::string& out_;
  std::string text_;
};

inline std::string write_dml(const std::vector<Record>& records, const Attributes& environment = {}) {
  std::string bytes;
  const auto open = open_all();
  Registry<Format> formats("format");
  register_formats(formats);
  const auto writer = formats.make("dml")->writer(std::make_unique<StringSink>(bytes), open.header);
  for (const auto& record : records) writer->write(record);
  writer->close(environment);
  return bytes;
}

inline std::vector<Record> read_bytes(const std::string& bytes, OpenOptions open = open_all()) {
  const auto reader = open_reader(memory_source(std::as_bytes(std::span(bytes)), "'memory'"), open);
  std::vector<Record> out;
  while (auto record = reader->next()) out.push_back(std::move(*record));
  return out;
}

/// The message of the Error that `act` throws, prefixed by its exit code: "3 'memory' ends early". Empty when it throws none.
template <class Act>
std::string error_of(Act act) {
  try {
    act();
  } catch (const Error& error) {
    return std::to_string(static_cast<int>(error.fault())) + " " + error.what();
  }
  return "";
}

inline Record sample_record() {
  Record record{"update", {{"sender", 3}, {"weight", 2.5}, {"whole", 3.0}, {"note", "hello"}, {"list", ValueList{1, -2, "x"}}}, {}, {{"later", true}}};
  record.tensors.push_back(make_tensor<float>("a", {1, 2, 3, 4, 5, 6}, {2, 3}));
  record.tensors.push_back(make_tensor<double>("b", {0.5}, {}));
  record.tensors.push_back(make_tensor<std::uint8_t>("c", {}, {0, 4}));
  return record;
}

}  // namespace dml::test
