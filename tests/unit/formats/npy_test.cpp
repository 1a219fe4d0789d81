#include <doctest/doctest.h>

#include "unit/formats/format_helpers.h"

using namespace dml;
using namespace dml::test;
using namespace std::literals;

namespace {

std::string npy(const std::string& dictionary, const std::string& data, int version = 1) {
  std::string out = "\x93NUMPY"s + static_cast<char>(version) + '\0';
  const int width = version == 1 ? 2 : 4;
  for (int i = 0; i < width; ++i) out += static_cast<char>(dictionary.size() >> (8 * i) & 255);
  return out + dictionary + data;
}
std::string header(const std::string& descr, const std::string& shape, bool fortran = false) {
  return "{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': " + shape + ", }\n";
}
Tensor only(const std::string& bytes) {
  const auto records = read_as("npy", bytes);
  REQUIRE(records.size() == 1);
  CHECK(records[0].kind == "array");
  CHECK(equal(read_as("npy", std::make_unique<Pipe>(bytes))[0], records[0]));
  REQUIRE(records[0].tensors.size() == 1);
  CHECK(records[0].tensors[0].name == "data");
  return records[0].tensors[0];
}
bool says(const std::string& error, const std::string& text) { return error.find(text) != std::string::npos; }
std::string refused(const std::string& dictionary, const std::string& data = "", const Limits& limits = {}) { return refusal("npy", npy(dictionary, data), limits); }

}  // namespace

TEST_CASE("npy: what numpy 1.24 wrote, row-major little-endian and column-major big-endian, is the same matrix") {
  // np.array([[1,-2,3],[4,5,6]], '<i2'), and np.asfortranarray of it as '>i2'
  const std::string rows = "\223NUMPY\001\000v\000{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }                                                          \012\001\000\376\377\003\000\004\000\005\000\006\000"s;
  const std::string columns = "\223NUMPY\001\000v\000{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }                                                           \012\000\001\000\004\377\376\000\005\000\003\000\006"s;
  const Tensor tensor = only(rows);
  CHECK(tensor.dtype == Dtype::i16);
  CHECK(tensor.shape == std::vector<std::int64_t>{2, 3});
  CHECK(to_doubles(tensor) == std::vector<double>{1, -2, 3, 4, 5, 6});
  CHECK(equal(only(columns), tensor));
  CHECK(write_as("npy", {{"array", {}, {tensor}, {}}}) == rows);       // to the byte
}

TEST_CASE("npy: versions, key order, quotes, ranks, every width of column-major") {
  for (const int version : {1, 2, 3}) CHECK(to_doubles(only(npy(header("|u1", "(3,)"), "\1\2\3", version))) == std::vector<double>{1, 2, 3});
  CHECK(to_doubles(only(npy("{\"shape\": (), 'fortran_order':False,'descr':\"<f4\"}", "\0\0\x20\xc0"s))) == std::vector<double>{-2.5});
  CHECK(to_doubles(only(npy(header("<i4", "(2L, 1L)"), "\1\0\0\0\2\0\0\0"s))) == std::vector<double>{1, 2});
  CHECK(only(npy(header("<f8", "(0, 3)", true), "")).elements() == 0);
  // A 2x3x2 array column-major: element (i, j, k) lies at i + 2 j + 6 k.
  for (const char* type : {"u1", "u2", "u4", "u8"}) {
    const int width = type[1] - '0';
    for (const bool big : {false, true}) {
      std::string data;
      for (int at = 0; at < 12; ++at)
        for (int b = 0; b < width; ++b) data += static_cast<char>(b == (big ? width - 1 : 0) ? at : 0);
      CHECK(to_doubles(only(npy(header((big ? ">"s : "<"s) + type, "(2, 3, 2)", true), data))) == std::vector<double>{0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11});
    }
  }
}

TEST_CASE("npy: every dtype that numpy has comes back") {
  const double values[] = {0, 1, 1, 0};
  for (const char* name : {"f64", "f32", "f16", "i64", "i32", "i16", "i8", "u64", "u32", "u16", "u8", "bool"}) {
    const Tensor tensor{"data", *parse_dtype(name), {2, 2}, from_doubles(values, 4, *parse_dtype(name)), {}};
    const std::string bytes = write_as("npy", {{"array", {}, {tensor}, {}}});
    CHECK(equal(only(bytes), tensor));
    CHECK((bytes.size() - tensor.data.size()) % 64 == 0);
  }
  for (const char* name : {"bf16", "f8_e4m3", "f8_e5m2"}) {
    const Tensor tensor{"w", *parse_dtype(name), {1}, from_doubles(values, 1, *parse_dtype(name)), {}};
    CHECK(says(error_of([&] { write_as("npy", {{"array", {}, {tensor}, {}}}); }), "2 numpy has no " + std::string(name) + ": tensor 'w'"));
  }
  CHECK(says(error_of([] { write_as("npy", {{"array", {}, {make_tensor<float>("a", {1}), make_tensor<float>("b", {1})}, {}}}); }), "record of 2 tensors"));
  CHECK(says(error_of([] { write_as("npy", {}); }), "there is no record"));
}

TEST_CASE("npy: hostile headers are refused") {
  CHECK(says(refused(header("|O", "(1,)"), "cos\nsystem\n"), "holds Python objects, which are never unpickled"));
  CHECK(says(refused("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", "aaaa"), "structured array"));
  for (const char* type : {"<c8", "<U3", "|S2", "<f16", "|V2", "<M8[ns]", "f", "", "<"}) CHECK(says(refused(header(type, "(1,)"), "aaaaaaaa"), "which tensors do not have"));
  CHECK(says(refused(header("<f4", "(4294967296, 4294967296)"), "aaaa"), "over the limit of 16.0 GiB"));
  CHECK(says(refused(header("<f4", "(0, 9223372036854775807, 9223372036854775807)")), "over the limit"));
  CHECK(says(refused(header("<f4", "(99999999999999999999,)")), "no whole number"));
  CHECK(says(refused(header("<f4", "(-1,)")), "no whole number"));
  CHECK(says(refused(header("<f4", "(1 2)")), "lacks a )"));
  CHECK(says(refused(header("|u1", "(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)"), "a"), "17 dimensions"));
  CHECK(says(refused(header("<f4", "(1000000000,)"), "aaaa"), "its array of 1000000000 is cut"));        // before memory is taken
  CHECK(says(refused(header("<f4", "(1,)"), "aaaaa"), "goes on after its array of 1"));
  CHECK(says(refused("{'descr': '<f4', 'shape': (1,)}", "aaaa"), "lacks one of descr"));
  CHECK(says(refused("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", "aaaa"), "has it twice"));
  CHECK(says(refused("{'other': 1, 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", "aaaa"), "has the key 'other'"));
  CHECK(says(refused("{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}", "aaaa"), "neither True nor False"));
  CHECK(says(refused(header("<f4", "(1,)") + "x", "aaaa"), "goes on after its dictionary"));
  CHECK(says(refused("{'descr"), "lacks a text"));
  CHECK(says(refused(""), "lacks a {"));
  CHECK(says(refusal("npy", "\x93NUMPY\x04\x00\x01\x00{"s), "version 4.0 of npy"));
  CHECK(says(refusal("npy", "\x93NUMPX\x01\x00\x01\x00{"s), "is no npy array"));
  CHECK(says(refusal("npy", "\x93NUMPY\x02\x00\xff\xff\xff\xff{"s), "claims a header of 4294967295 bytes"));
  CHECK(says(refusal("npy", "\x93NUMPY\x01\x00\xff\x00{"s), "its header is cut"));
}
