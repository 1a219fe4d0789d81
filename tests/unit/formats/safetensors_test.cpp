#include <doctest/doctest.h>

#include "formats/json.h"
#include "formats/safetensors_header.h"
#include "unit/formats/format_helpers.h"

using namespace dml;
using namespace dml::test;
using namespace std::literals;

namespace {

std::string little(std::uint64_t value) {
  std::string out;
  for (int i = 0; i < 8; ++i) out += static_cast<char>(value >> (8 * i) & 255);
  return out;
}
std::string file_of(const std::string& header, const std::string& data) { return little(header.size()) + header + data; }
std::string refused(const std::string& header, const std::string& data = "", const Limits& limits = {}) { return refusal("safetensors", file_of(header, data), limits); }
bool says(const std::string& error, const std::string& text) { return error.find(text) != std::string::npos; }

SafetensorsHeader header_in(const std::string& bytes, std::uint64_t* data_start = nullptr) {
  std::uint64_t length = 0;
  for (int i = 7; i >= 0; --i) length = length << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
  if (data_start) *data_start = 8 + length;
  return parse_safetensors_header(std::string_view(bytes).substr(8, length), {}, "here");
}

void check_aligned(const std::string& bytes) {
  std::uint64_t start = 0;
  const auto header = header_in(bytes, &start);
  CHECK(start % 64 == 0);
  for (const auto& entry : header.entries) CHECK_MESSAGE((start + entry.begin) % size_of(entry.tensor.dtype) == 0, entry.tensor.name);
}

Tensor filled(const std::string& name, std::size_t count, float first) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = first + static_cast<float>(i);
  return make_tensor(name, values);
}

}  // namespace

TEST_CASE("safetensors: a hand-made file reads, tensors by name though their data lie otherwise") {
  const std::string header = R"({"__metadata__":{"format":"pt"},"b":{"dtype":"I16","shape":[2,1],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[],"data_offsets":[4,5]}}  )";
  const std::string bytes = file_of(header, "\x01\x00\xfe\xff\x09"s);
  for (const bool piped : {false, true}) {
    const auto records = piped ? read_as("safetensors", std::make_unique<Pipe>(bytes)) : read_as("safetensors", bytes);
    REQUIRE(records.size() == 1);
    CHECK(records[0].kind == "model");
    CHECK(records[0].meta == Attributes{{"format", "pt"}});
    REQUIRE(records[0].tensors.size() == 2);
    CHECK(records[0].tensors[0].name == "a");
    CHECK(records[0].tensors[0].shape.empty());
    CHECK(to_doubles(records[0].tensors[0]) == std::vector<double>{9});
    CHECK(records[0].tensors[1].shape == std::vector<std::int64_t>{2, 1});
    CHECK(to_doubles(records[0].tensors[1]) == std::vector<double>{1, -2});
  }
  CHECK(read_bytes(bytes).size() == 1);                    // sniffed
  CHECK(read_as("safetensors", file_of("{}", ""))[0].tensors.empty());
}

TEST_CASE("safetensors: every dtype, kind, meta and header come back") {
  Record record{"update", {{"sender", 3}, {"weight", 3.0}, {"note", "h\xc3\xa9llo"}, {"dml", "mine"}, {"list", ValueList{1, -2, "x", 0.5, Value()}}, {"map", Attributes{{"deep", true}}}}, {}, {}};
  const double values[] = {0, 1, 1};
  for (const char* name : {"f64", "f32", "f16", "bf16", "f8_e4m3", "f8_e5m2", "i64", "i32", "i16", "i8", "u64", "u32", "u16", "u8", "bool"})
    record.tensors.push_back({std::string("t ") + name, *parse_dtype(name), {3, 1}, from_doubles(values, 3, *parse_dtype(name)), {}});
  record.tensors.push_back(make_tensor<float>("empty", {}, {4, 0}));
  record.tensors.push_back(make_tensor<double>("scalar \"\\\n", {-0.5}, {}));
  sort_tensors(record, "the test");
  const std::string bytes = write_as("safetensors", {record});
  StreamHeader header;
  const auto back = read_as("safetensors", bytes, {}, &header);
  REQUIRE(back.size() == 1);
  CHECK(equal(back[0], record));
  CHECK(header.tool == "test");
  CHECK(header.seed == 7);
  CHECK(header.options == Attributes{{"k", "v"}});
  check_aligned(bytes);
  CHECK(equal(read_as("safetensors", std::make_unique<Pipe>(bytes))[0], record));
}

TEST_CASE("safetensors: hostile headers are refused, each by its own line") {
  const auto one = [](const std::string& fields) { return R"({"w":{)" + fields + "}}"; };
  CHECK(says(refused(one(R"("dtype":"F32","shape":[2],"data_offsets":[0,4])"), "aaaa"), "tensor 'w' of shape 2 and dtype f32 needs 8 bytes, its data_offsets hold 4"));
  CHECK(says(refused(one(R"("dtype":"F33","shape":[2],"data_offsets":[0,8])"), "aaaaaaaa"), "tensor 'w' has the unknown dtype 'F33'"));
  CHECK(says(refused(one(R"("dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8])"), "aaaaaaaa"), "over the limit of 16.0 GiB"));
  CHECK(says(refused(one(R"("dtype":"U8","shape":[0,9223372036854775807,9223372036854775807],"data_offsets":[0,0])")), "over the limit"));
  CHECK(says(refused(one(R"("dtype":"U8","shape":[18446744073709551615],"data_offsets":[0,8])"), "aaaaaaaa"), "no whole number from 0 to 2^63 - 1"));
  CHECK(says(refused(one(R"("dtype":"U8","shape":[-1],"data_offsets":[0,8])"), "aaaaaaaa"), "extent -1"));
  CHECK(says(refused(one(R"("dtype":"U8","shape":[1.5],"data_offsets":[0,8])"), "aaaaaaaa"), "extent 1.5"));
  CHECK(says(refused(one(R"("dtype":"U8","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"data_offsets":[0,1])"), "a"), "17 dimensions, at most 16"));
  CHECK(says(refused(one(R"("dtype":"U8","shape":[8],"data_offsets":[8,0])"), "aaaaaaaa"), "no begin and end"));
  CHECK(says(refused(one(R"("dtype":"U8","shape":[8],"data_offsets":[0,8,16])"), "aaaaaaaa"), "no begin and end"));
  CHECK(says(refused(one(R"("dtype":"U8","shape":[8],"data_offsets":[18446744073709551608,18446744073709551615])"), "aaaaaaaa"), "offset 18446744073709551608"));
  CHECK(says(refused(one(R"("dtype":"U8","shape":[8],"data_offsets":[9223372036854775800,9223372036854775807])"), "aaaaaaaa"), "needs 8 bytes"));
  CHECK(says(refused(one(R"("dtype":"U8","shape":[7],"data_offsets":[9223372036854775800,9223372036854775807])"), "aaaaaaaa"), "after bytes of no tensor"));
  CHECK(says(refused(one(R"("dtype":"U8","shape":8,"data_offsets":[0,8])"), "aaaaaaaa"), "key 'shape' is no list"));
  CHECK(says(refused(one(R"("shape":[8],"data_offsets":[0,8])"), "aaaaaaaa"), "tensor 'w' lacks the key 'dtype'"));
  CHECK(says(refused(one(R"("dtype":"U8","dtype":"U8","shape":[8],"data_offsets":[0,8])"), "aaaaaaaa"), "the key 'dtype' twice"));
  CHECK(says(refused(R"({"w":5})"), "tensor 'w' is described by no JSON object"));

  const std::string a = R"("a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]})";
  CHECK(says(refused("{" + a + "," + a + "}", "aaaa"), "tensor 'a' stands twice"));
  CHECK(says(refused("{" + a + R"(,"b":{"dtype":"U8","shape":[4],"data_offsets":[3,7]}})", "aaaaaaa"), "tensor 'b' begins at byte 3 of the data, inside another tensor"));
  CHECK(says(refused("{" + a + R"(,"b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", "aaaa"), "inside another tensor"));
  CHECK(says(refused("{" + a + R"(,"b":{"dtype":"U8","shape":[4],"data_offsets":[5,9]}})", "aaaaaaaaa"), "tensor 'b' begins at byte 5 of the data, after bytes of no tensor"));
  CHECK(says(refused("{" + a + "}", "aaa"), "ends early: tensor 'a' is cut"));
  CHECK(says(refused("{" + a + "}", "aaaaa"), "goes on after its last tensor"));
  CHECK(says(refused("{}", "a"), "goes on after its last tensor"));
  CHECK(says(refused(R"({"":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})"), "name is empty"));
  CHECK(says(refused(R"({"a\u0000b":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})"), "zero byte"));
  CHECK(says(refused(R"({"__metadata__":{"a":1}})"), "__metadata__ holds 'a', which is no text"));
  CHECK(says(refused(R"({"__metadata__":{"a":"1","a":"2"}})"), "the key 'a' twice"));
  CHECK(says(refused(R"({"__metadata__":{},"__metadata__":{}})"), "__metadata__ stands twice"));
  CHECK(says(refused(R"({"__metadata__":[]})"), "__metadata__ is no JSON object"));

  Limits limits;
  limits.tensors = 1;
  CHECK(says(refused("{" + a + R"(,"b":{"dtype":"U8","shape":[0],"data_offsets":[4,4]}})", "aaaa", limits), "more than 1 tensors"));
  limits.tensor_bytes = 3;
  CHECK(says(refused("{" + a + "}", "aaaa", limits), "over the limit of 3 B"));
}

TEST_CASE("safetensors: what is no JSON of bounded depth and length is refused") {
  CHECK(says(refused(""), "no valid JSON"));
  CHECK(says(refused("{"), "no valid JSON"));
  CHECK(says(refused("[1]"), "no JSON object"));
  CHECK(says(refused("{\"a\xff\":{}}"), "not UTF-8"));
  CHECK(says(refused(std::string(100000, '[')), "no valid JSON"));
  CHECK(says(refused(std::string(50000, '[') + std::string(50000, ']')), "nests deeper than 12"));
  CHECK(says(refused(R"({"w":)" + std::string(20, '[') + std::string(20, ']') + "}"), "nests deeper than 12"));
  CHECK(says(refusal("safetensors", little(1000) + "{}"), "header is cut"));
  CHECK(says(refusal("safetensors", little(100'000'001) + "{}"), "claims a header of 100000001 bytes"));
  CHECK(says(refusal("safetensors", little(~0ull) + "{}"), "claims a header"));
  CHECK(says(refusal("safetensors", "abc"), "header is cut"));
  CHECK(says(refusal("safetensors", R"({"weight_map":{"a":"b"}})"), "claims a header"));
}

TEST_CASE("json: numbers keep their type, and one level too many is noticed exactly") {
  const Attributes map{{"d", 3.0}, {"e", 1e300}, {"n", -5}, {"u", std::uint64_t{1} << 63}, {"t", "x\"\n"}, {"l", ValueList{0.5, 2.0, Value(), true}}};
  CHECK(parse_json(typed_json(map), "here") == Value(map));
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  CHECK(error_of([&] { parse_json(nested(12), "here"); }) == "");
  CHECK(error_of([&] { parse_json(nested(13), "here"); }) == "3 here nests deeper than 12");
  CHECK(error_of([] { parse_json("18446744073709551616", "here"); }) == "3 here is no valid JSON");
  CHECK(error_of([] { parse_json("1 2", "here"); }) == "3 here is no valid JSON");
  CHECK_FALSE(is_utf8("\xc3"));
}

TEST_CASE("safetensors: a large file is streamed, aligned, and its header finds room") {
  const TemporaryFolder folder;
  Record record{"model", {{"round", 4}}, {}, {}};
  record.tensors.push_back(filled("a odd", 3, 1));                                 // 12 bytes: would put all others off
  for (int i = 0; i < 5; ++i) record.tensors.push_back(filled("b" + std::to_string(i), 750'000 + 2 * static_cast<std::size_t>(i), static_cast<float>(i)));
  record.tensors.push_back(make_tensor<std::int64_t>("c", {7}));
  const auto written = [&](const std::string& name) {
    const auto writer = format_of("safetensors")->writer(open_file_sink(folder.path(name)), {"test", "1", "make", {}, {}, {}});
    writer->write(record);
    writer->close();
    return folder.read(name);
  };
  std::string bytes = written("x.safetensors");
  check_aligned(bytes);
  CHECK(equal(read_as("safetensors", bytes)[0], record));
  CHECK(header_in(bytes).entries.front().tensor.name == "b0");                     // written before the whole was known
  CHECK(header_in(bytes).entries.back().tensor.name == "a odd");
  CHECK(equal(read_as("safetensors", write_as("safetensors", {record}))[0], record));       // and the same without a target to rewrite

  // Far longer names than the first ones let expect: the data move.
  for (int i = 0; i < 40; ++i) record.tensors.push_back(make_tensor<float>("d" + std::to_string(100 + i) + std::string(5000, 'x'), {1, 2}));
  bytes = written("y.safetensors");
  check_aligned(bytes);
  CHECK(equal(read_as("safetensors", bytes)[0], record));
}

TEST_CASE("safetensors: what the format cannot hold is refused and nothing appears") {
  const TemporaryFolder folder;
  const auto refused_by_writer = [&](const std::vector<Record>& records) {
    const auto error = error_of([&] {
      const auto writer = format_of("safetensors")->writer(open_file_sink(folder.path("x.safetensors")), {});
      for (const auto& record : records) writer->write(record);
      writer->close();
    });
    CHECK_FALSE(std::filesystem::exists(folder.path("x.safetensors")));
    return error;
  };
  const Record good{"model", {}, {make_tensor<float>("a", {1})}, {}};
  CHECK(says(refused_by_writer({good, good}), "cannot take a second one"));
  CHECK(says(refused_by_writer({}), "there is none"));
  CHECK(says(refused_by_writer({{"model", {}, {make_tensor<float>("__metadata__", {1})}, {}}}), "of the name '__metadata__'"));
  CHECK(says(refused_by_writer({{"model", {}, {make_tensor<float>("\xff", {1})}, {}}}), "cannot hold a tensor of the name"));
  CHECK(says(refused_by_writer({{"model", {{"a", "\xff"}}, {make_tensor<float>("a", {1})}, {}}}), "UTF-8"));
  CHECK(error_of([&] { write_as("safetensors", {good}); }) == "");
}

TEST_CASE("safetensors: offsets beyond 4 GiB, in a sparse file") {
  const TemporaryFolder folder;
  const std::uint64_t hole = std::uint64_t{5} << 30;
  const std::string header = R"({"z":{"dtype":"U8","shape":[5368709120],"data_offsets":[0,5368709120]},"a":{"dtype":"U8","shape":[3],"data_offsets":[5368709120,5368709123]}})";
  const std::string path = folder.write("big.safetensors", file_of(header, ""));
  std::filesystem::resize_file(path, 8 + header.size() + hole);
  std::ofstream(path, std::ios::binary | std::ios::app) << "\x01\x02\x03";
  const auto reader = open_reader(path, open_all());
  CHECK(reader->next_head()->tensors == 2);
  CHECK(to_doubles(*reader->next_tensor()) == std::vector<double>{1, 2, 3});
  CHECK_FALSE(reader->next_head());                        // 5 GiB of zeros are not read for it
  std::filesystem::resize_file(path, 8 + header.size() + hole + 2);
  CHECK(says(error_of([&] { open_reader(path, open_all())->next_head(); }), "ends early: tensor 'a' is cut"));
}

TEST_CASE("safetensors: a file that is cut while it is read is an error, not a signal") {
  const TemporaryFolder folder;
  Record record{"model", {}, {filled("a", 100'000, 0), filled("b", 100'000, 0)}, {}};
  const std::string path = folder.write("x.safetensors", write_as("safetensors", {record}));
  const auto reader = open_reader(path, open_all());
  REQUIRE(reader->next_head());
  CHECK(reader->next_tensor()->name == "a");
  std::filesystem::resize_file(path, 300'000);
  CHECK(says(error_of([&] { reader->next_tensor(); }), "3 '" + path + "' ends early: tensor 'b' is cut"));
}

TEST_CASE("safetensors: a model in several files is read by its index or its folder") {
  const TemporaryFolder folder;
  const Tensor a = make_tensor<float>("a", {1, 2}), b = make_tensor<double>("b", {3}), c = make_tensor<float>("c", {4});
  const auto write = [&](const std::string& file, std::vector<Tensor> tensors, Attributes meta = {}) {
    folder.write(file, write_as("safetensors", {{"model", std::move(meta), std::move(tensors), {}}}));
  };
  const auto index = [&](const std::string& map) { return folder.write("model.safetensors.index.json", R"({"metadata":{"total_size":20},"weight_map":)" + map + "}"); };
  const auto error = [](const std::string& path) {
    return error_of([&] {
      const auto reader = open_reader(path, open_all());
      while (reader->next()) {
      }
    });
  };
  const std::string good = R"({"a":"m-1.safetensors","b":"m-2.safetensors","c":"m-1.safetensors"})";
  write("m-1.safetensors", {a, c}, {{"format", "pt"}, {"part", "one"}});
  write("m-2.safetensors", {b}, {{"format", "pt"}, {"part", "two"}});
  const std::string path = index(good);
  for (const std::string& where : {path, folder.path()}) {
    const auto reader = open_reader(where, open_all());
    const auto record = reader->next();
    REQUIRE(record);
    CHECK(equal(*record, {"model", {{"format", "pt"}}, {a, b, c}, {}}));           // what the files agree on
    CHECK_FALSE(reader->next());
    CHECK(reader->where().find("model.safetensors.index.json") != std::string::npos);
  }
  write("m-2.safetensors", {b, c});
  CHECK(says(error(path), "m-2.safetensors' holds tensor 'c', which '" + path + "' puts into 'm-1.safetensors'"));
  write("m-2.safetensors", {b, make_tensor<float>("d", {1})});
  CHECK(says(error(path), "holds tensor 'd', which '" + path + "' does not name"));
  write("m-2.safetensors", {});
  CHECK(says(error(path), "m-2.safetensors' lacks tensor 'b'"));
  write("m-2.safetensors", {b});
  const std::string shard = folder.read("m-2.safetensors");
  folder.write("m-2.safetensors", shard.substr(0, shard.size() - 1));
  CHECK(says(error(path), "m-2.safetensors' ends early: tensor 'b' is cut"));
  std::filesystem::remove(folder.path("m-2.safetensors"));
  CHECK(says(error(path), "the file of tensor 'b', '" + folder.path("m-2.safetensors") + "' cannot be read"));
  CHECK(says(error(index(R"({"a":"../m-1.safetensors"})")), "tensor 'a' is in '../m-1.safetensors', which is no file of the index's folder"));
  CHECK(says(error(index(R"({"a":5})")), "no file of the index's folder"));
  CHECK(says(error(index(R"({"a":"..","b":""})")), "no file of the index's folder"));
  CHECK(says(error(index(R"({"a":"m-1.safetensors","a":"m-1.safetensors"})")), "the key 'a' twice"));
  CHECK(says(error(index(R"({"":"m-1.safetensors"})")), "name is empty"));
  CHECK(says(error(index("[]")), "no JSON object"));
  CHECK(says(error(folder.write("n.safetensors.index.json", "{}")), "has no weight_map"));
  CHECK(says(error(folder.path()), "holds 2 indices"));
}

TEST_CASE("safetensors: a folder with one file and no index") {
  const TemporaryFolder folder;
  CHECK(says(error_of([&] { open_reader(folder.path(), open_all()); }), "is a folder"));
  folder.write("model.safetensors", write_as("safetensors", {{"model", {}, {make_tensor<float>("a", {1})}, {}}}));
  CHECK(open_reader(folder.path(), open_all())->next()->tensors.size() == 1);
  folder.write("other.safetensors", "x");
  CHECK(says(error_of([&] { open_reader(folder.path(), open_all()); }), "2 safetensors files and no index"));
}
