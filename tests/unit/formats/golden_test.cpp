// What the writers wrote once they write today, and what others wrote reads as it should. tests/golden holds each file beside its hex
// listing. DML_UPDATE_GOLDEN=1 writes our own files and all listings anew: do it only when a format is meant to change.
#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>

#include "unit/formats/format_helpers.h"

using namespace dml;
using namespace dml::test;

namespace {

bool updating() { return std::getenv("DML_UPDATE_GOLDEN") != nullptr; }
std::string path_of(const std::string& name) { return std::string(DML_GOLDEN) + "/" + name; }

std::string file(const std::string& name) {
  std::ifstream in(path_of(name), std::ios::binary);
  REQUIRE_MESSAGE(in, name);
  return {std::istreambuf_iterator<char>(in), {}};
}

// 16 bytes a line: offset, hexadecimal, printable text.
std::string listing(const std::string& bytes) {
  std::string out;
  char field[24];
  for (std::size_t at = 0; at < bytes.size(); at += 16) {
    std::snprintf(field, sizeof field, "%08zx ", at);
    out += field;
    std::string text;
    for (std::size_t i = at; i < at + 16; ++i) {
      const auto byte = i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0u;
      std::snprintf(field, sizeof field, i < bytes.size() ? " %02x" : "   ", byte);
      out += field;
      if (i < bytes.size()) text += byte >= 0x20 && byte < 0x7f ? static_cast<char>(byte) : '.';
    }
    out += "  " + text + '\n';
  }
  return out;
}

Record model() {
  Record record{"update", {{"sender", 3}, {"weight", 2.0}, {"data", "digits"}}, {}, {}};
  const double values[] = {1, -0.5, 3};
  record.tensors.push_back({"b", Dtype::f16, {3}, from_doubles(values, 3, Dtype::f16), {}});
  record.tensors.push_back(make_tensor<std::int64_t>("steps", {7}, {}));
  record.tensors.push_back(make_tensor<float>("w", {1, 2, 3, 4, 5, 6}, {2, 3}));
  return record;
}

void check_own(const std::string& name, const std::string& format, const Record& record) {
  CAPTURE(name);
  const std::string bytes = write_as(format, {record});
  if (updating()) std::ofstream(path_of(name), std::ios::binary) << bytes;
  CHECK(file(name) == bytes);
  CHECK(equal(read_as(format, file(name)).at(0), record));
}

}  // namespace

TEST_CASE("golden: our own files") {
  check_own("update.dml", "dml", model());
  check_own("update.safetensors", "safetensors", model());
  check_own("update.npz", "npz", model());
  check_own("array.npy", "npy", {"array", {}, {make_tensor<double>("data", {1, -2, 0.5}, {3, 1})}, {}});
}

TEST_CASE("golden: files of numpy and of the reference implementation of safetensors") {
  for (const char* name : {"numpy-compressed.npz", "numpy-fortran.npy", "reference.safetensors"}) {
    const auto records = read_bytes(file(name));
    REQUIRE(records.size() == 1);
    const Tensor& matrix = records[0].tensors.back();
    CHECK(matrix.shape == std::vector<std::int64_t>{2, 3});
    CHECK(to_doubles(matrix) == std::vector<double>{1, -2, 3, 4, 5, 6.5});
    if (records[0].tensors.size() == 1) continue;
    CHECK(records[0].tensors.at(0).name == "a");
    CHECK(records[0].tensors.at(0).dtype == Dtype::boolean);
    CHECK(to_doubles(records[0].tensors.at(0)) == std::vector<double>{1});
  }
  CHECK(read_bytes(file("reference.safetensors"))[0].meta == Attributes{{"format", "np"}});
}

TEST_CASE("golden: every file is small and has its listing") {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(DML_GOLDEN)) {
    if (!entry.is_regular_file() || entry.path().extension() == ".hex") continue;
    const std::string name = entry.path().filename().string(), bytes = file(name);
    CAPTURE(name);
    CHECK(bytes.size() < 4096);
    if (updating()) std::ofstream(path_of(name + ".hex")) << listing(bytes);
    CHECK(file(name + ".hex") == listing(bytes));
    ++files;
  }
  CHECK(files >= 7);
}
