// Seeds for safetensors, npy and npz: sound files, and the shapes that have crashed other readers: a header longer than the file, offsets
// that overlap, leave gaps or overflow, count x size beyond 64 bits, empty and repeated names, zero bytes in names, depth, bombs.
#pragma once
#include <string>
#include <vector>

namespace fuzz {

inline std::string safetensors_file(const std::string& header, const std::string& data = "", std::uint64_t length = 0) {
  std::string out;
  for (int shift = 0; shift < 64; shift += 8) out += static_cast<char>((length ? length : header.size()) >> shift & 255);
  return out + header + data;
}

inline std::string npy_file(const std::string& header, const std::string& data = "", char version = 1) {
  std::string out = std::string("\x93NUMPY") + version + '\0';
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) out += static_cast<char>(header.size() >> (8 * i) & 255);
  return out + header + data;
}

inline std::vector<std::string> safetensors_seeds() {
  using namespace std::literals;
  const auto one = [](const std::string& dtype, const std::string& shape, const std::string& offsets, const std::string& name = "w") {
    return "{\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}}";
  };
  const std::string a = R"("a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]})", b = R"("b":{"dtype":"I16","shape":[],"data_offsets":)";
  return {safetensors_file("{}"),
          safetensors_file(R"({"__metadata__":{"format":"pt","dml":"{\"header\":{\"tool\":\"t\",\"version\":\"1\",\"verb\":\"v\",\"options\":{},\"seed\":7},\"kind\":\"update\",\"meta\":{\"sender\":3,\"weight\":2.0,\"l\":[1,null]}}"},)" + a + "," + b + "[4,6]}}", "aaaaaa"),
          safetensors_file("{" + b + "[0,2]}," + R"("a":{"dtype":"BF16","shape":[2,1],"data_offsets":[2,6]}}    )", "aaaaaa"),      // by place, not by name
          safetensors_file("{}", "", 1000), safetensors_file("{}", "", ~0ull), safetensors_file("{}", "", 100'000'000), safetensors_file("{", "", 1),
          safetensors_file("{" + a + "," + b + "[3,5]}}", "aaaaa"), safetensors_file("{" + a + "," + b + "[5,7]}}", "aaaaaaa"),
          safetensors_file("{" + a + "," + a + "}", "aaaa"),
          safetensors_file(one("F32", "[4294967296,4294967296]", "[0,0]")), safetensors_file(one("F64", "[2305843009213693952]", "[0,0]")),
          safetensors_file(one("U8", "[0,9223372036854775807,2]", "[0,0]")), safetensors_file(one("U8", "[8]", "[18446744073709551608,18446744073709551615]"), "aaaaaaaa"),
          safetensors_file(one("U8", "[8]", "[8,0]"), "aaaaaaaa"), safetensors_file(one("U8", "[-1]", "[0,1]"), "a"), safetensors_file(one("U8", "[1e3]", "[0,1000]"), "a"),
          safetensors_file(one("F8_E4M3", "[2]", "[0,2]", ""), "aa"), safetensors_file(one("BOOL", "[2]", "[0,2]", "a\\u0000b"), "aa"),
          safetensors_file(one("F32", "[1]", "[0,4]", "\xff"), "aaaa"), safetensors_file(std::string(200, '[')), safetensors_file(R"({"w":)" + std::string(200, '[')),
          safetensors_file(R"({"__metadata__":{"a":"1","a":"2"}})"), safetensors_file(R"({"__metadata__":[1]})")};
}

inline std::vector<std::string> npy_seeds() {
  using namespace std::literals;
  const auto header = [](const std::string& type, const std::string& order, const std::string& shape) { return "{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }\n"; };
  return {npy_file(header("<f4", "False", "(2,)"), "aaaabbbb"), npy_file(header(">i2", "True", "(2, 3)"), "aabbccddeeff"), npy_file(header("|b1", "False", "()"), "\1", 2),
          npy_file(header("<u8", "False", "(0, 3)"), "", 3), npy_file("{\"shape\": (1L,), 'descr': \"f8\", 'fortran_order': True}", "aaaabbbb"),
          npy_file(header("|O", "False", "(1,)"), "cos\nsystem\n"), npy_file(header("<f4", "False", "(4294967296, 4294967296)")),
          npy_file(header("<f4", "False", "(99999999999999999999,)")), npy_file(header("|u1", "True", "(0, 9223372036854775807, 2)")),
          npy_file("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", "aaaa"), "\x93NUMPY\x02\x00\xff\xff\xff\xff{"s, npy_file("")};
}

}  // namespace fuzz
