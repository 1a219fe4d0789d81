#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "base/random.h"
#include "format_support.h"

using namespace dml;
using namespace dml::format_test;

namespace {
const std::string kFirst = "{\"dml\": 1, \"tool\": \"t\", \"version\": \"1\", \"verb\": \"v\", \"options\": {}}\n";
std::string stream(const std::string& lines, int records) { return kFirst + lines + "{\"end\": true, \"records\": " + std::to_string(records) + ", \"environment\": {}}\n"; }
std::string tensor(const std::string& fields) { return stream("{\"kind\": \"k\", \"meta\": {}, \"tensors\": [{" + fields + "}]}\n", 1); }
Record one(const std::string& fields) { return records_of("ndjson", tensor(fields)).at(0); }
std::string wrong(const std::string& fields) { return refused("ndjson", tensor(fields)); }

template <class T>
Tensor bits_tensor(const std::string& name, Dtype dtype, const std::vector<T>& bits) {
  return {name, dtype, {static_cast<std::int64_t>(bits.size())}, Bytes::copy(bits.data(), bits.size() * sizeof(T)), {}};
}
// What a record becomes on its way through ndjson.
Record again(const Record& record) {
  const auto records = records_of("ndjson", bytes_of("ndjson", {record}));
  REQUIRE(records.size() == 1);
  return records[0];
}
}  // namespace

TEST_CASE("ndjson: the lines of a record") {
  Record record{"model", {{"round", 3}, {"lr", 3.0}, {"note", "a \"b\""}}, {}, {}};
  record.tensors.push_back(make_tensor("b", std::vector<double>{1, -0.5}));
  record.tensors.push_back(make_tensor("n", std::vector<std::int64_t>{7}, {}));
  CHECK(bytes_of("ndjson", {record}) ==
        "{\"dml\": 1, \"tool\": \"tool\", \"version\": \"1.0\", \"verb\": \"verb\", \"options\": {\"k\": \"v\"}, \"seed\": 7, \"extra\": {\"new\": 1}}\n"
        "{\"kind\": \"model\", \"meta\": {\"lr\": 3.0, \"note\": \"a \\\"b\\\"\", \"round\": 3}, \"tensors\": ["
        "{\"name\": \"b\", \"dtype\": \"f64\", \"shape\": [2], \"data\": [1, -0.5]}, {\"name\": \"n\", \"dtype\": \"i64\", \"shape\": [], \"data\": [7]}]}\n"
        "{\"end\": true, \"records\": 1, \"environment\": {\"threads\": 2}}\n");
  const std::string bytes = bytes_of("ndjson", {record, record});
  const auto reader = format_of("ndjson")->reader(memory_source(std::as_bytes(std::span(bytes)), "'x'"), {});
  CHECK(reader->header().tool == "tool");
  CHECK(reader->header().seed == 7);
  CHECK(reader->header().options == Attributes{{"k", "v"}});
  CHECK(reader->header().extra == Attributes{{"new", 1}});
  CHECK(reader->next()->meta == record.meta);
  CHECK(reader->where() == "record 0 of 'x'");
  CHECK(reader->next());
  CHECK_FALSE(reader->next());
  CHECK_FALSE(reader->next());
}

TEST_CASE("ndjson: every kind of value comes back as it was") {
  const double odd_nan = std::bit_cast<double>(std::uint64_t{0xfff8000000000001});
  Record record{"state", {}, {}, {{"later", ValueList{1, Attributes{{"$k", 1}}}}}};
  record.meta = {{"nil", Value()},       {"yes", true},          {"int", -5},        {"most", ~std::uint64_t{0}}, {"least", std::numeric_limits<std::int64_t>::min()},
                 {"three", 3.0},         {"zero", -0.0},         {"tiny", 5e-324},   {"huge", 1.7976931348623157e308}, {"third", 1.0 / 3},
                 {"inf", -INFINITY},     {"text", "\x01\n\\\"\xc3\xa9"}, {"raw", "\xff\xfe"}, {"bytes", Blob{0, 255, 16}}, {"none", Blob{}},
                 {"list", ValueList{1, 1.0, "x", Value(), ValueList{}}}, {"map", Attributes{{"$bytes", "00"}}}, {"odd", Attributes{{"\xff", 1}, {"b", 2.0}}}, {"", 1}};
  record.meta["nan"] = odd_nan;
  const Record back = again(record);
  CHECK(std::bit_cast<std::uint64_t>(*back.meta.at("nan").get_if<double>()) == std::bit_cast<std::uint64_t>(odd_nan));
  CHECK(std::signbit(*back.meta.at("zero").get_if<double>()));
  Attributes rest = back.meta, wanted = record.meta;
  rest.erase("nan"), wanted.erase("nan");
  CHECK(rest == wanted);
  CHECK(back.meta.at("three").get_if<double>() != nullptr);
  CHECK(back.extra == record.extra);
  CHECK(back.kind == "state");
}

TEST_CASE("ndjson: tensors of every dtype come back with all their bits") {
  Record record{"model", {}, {}, {}};
  std::vector<std::uint8_t> bytes(256);
  std::vector<std::uint16_t> words(65536);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i);
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = static_cast<std::uint16_t>(i);
  Rng rng("ndjson", 1);
  std::vector<std::uint32_t> fours{0, 0x80000000, 1, 0x7f7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001, 0xffc00000, 0x3dcccccd};
  std::vector<std::uint64_t> eights{0, std::uint64_t{1} << 63, 1, 0x7fefffffffffffff, 0x7ff0000000000000, 0x7ff8000000000000, 0x7ff0000000000001, ~std::uint64_t{0}};
  while (fours.size() < 20000) fours.push_back(rng.bits32());
  while (eights.size() < 5000) eights.push_back(rng.bits64());
  for (const auto dtype : {Dtype::f8_e4m3, Dtype::f8_e5m2, Dtype::i8, Dtype::u8}) record.tensors.push_back(bits_tensor(std::string(to_string(dtype)), dtype, bytes));
  for (const auto dtype : {Dtype::f16, Dtype::bf16, Dtype::i16, Dtype::u16}) record.tensors.push_back(bits_tensor(std::string(to_string(dtype)), dtype, words));
  for (const auto dtype : {Dtype::f32, Dtype::i32, Dtype::u32}) record.tensors.push_back(bits_tensor(std::string(to_string(dtype)), dtype, fours));
  for (const auto dtype : {Dtype::f64, Dtype::i64, Dtype::u64}) record.tensors.push_back(bits_tensor(std::string(to_string(dtype)), dtype, eights));
  record.tensors.push_back({"bool", Dtype::boolean, {2, 1}, Bytes::copy(std::string("\0\1", 2)), {{"unit", "m"}}});
  record.tensors.push_back({"empty", Dtype::f32, {0, 5}, {}, {}});
  sort_tensors(record, "the test");
  CHECK(shown(again(record)) == shown(record));
}

TEST_CASE("ndjson: foreign lines are records of kind metric") {
  const auto records = records_of("ndjson", "{\"round\": 1, \"loss\": 0.5, \"kind\": \"x\"}\r\n\n  {\"$bytes\": \"zz\", \"end\": true, \"list\": [null]}\n");
  REQUIRE(records.size() == 2);
  CHECK(records[0].kind == "metric");
  CHECK(records[0].meta == Attributes{{"round", 1}, {"loss", 0.5}, {"kind", "x"}});
  CHECK(records[0].tensors.empty());
  CHECK(records[1].meta == Attributes{{"$bytes", "zz"}, {"end", true}, {"list", ValueList{Value()}}});
  CHECK(shown(again(records[1])) == shown(records[1]));
}

TEST_CASE("ndjson: streams may follow one another, tensors stand in any order") {
  const auto both = records_of("ndjson", stream("", 0) + stream("{\"kind\": \"a\", \"meta\": {}, \"tensors\": [{\"name\": \"b\", \"dtype\": \"u8\", \"shape\": [1], \"data\": [1]}, "
                                                                "{\"name\": \"a\", \"dtype\": \"u8\", \"shape\": [1], \"data\": [2]}], \"more\": [1]}\n", 1));
  REQUIRE(both.size() == 1);
  CHECK(both[0].tensors.at(0).name == "a");
  CHECK(both[0].extra == Attributes{{"more", ValueList{1}}});
}

TEST_CASE("ndjson: every cut of a stream is refused") {
  Record record{"model", {{"a", 1.5}}, {make_tensor("w", std::vector<float>{0.1f, 2})}, {}};
  const std::string whole = bytes_of("ndjson", {record, record});
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    CAPTURE(cut);
    CHECK(says(refused("ndjson", whole.substr(0, cut)), "3 "));
    CHECK(says(error_of([&] {
                 const auto reader = format_of("ndjson")->reader(std::make_unique<Drip>(whole.substr(0, cut)), {});
                 while (reader->next()) {
                 }
               }), "3 "));
  }
}

TEST_CASE("ndjson: what is wrong is refused with its line") {
  CHECK(says(refused("ndjson", ""), "3 'x' is empty"));
  CHECK(says(refused("ndjson", "\n\n"), "3 'x' is empty"));
  CHECK(says(refused("ndjson", "{\"a\": 1}\n[1]\n"), "3 line 2 of 'x' is no JSON object"));
  CHECK(says(refused("ndjson", "{\"a\": 1}\n{\"a\" 1}\n"), "3 line 2 of 'x' is no JSON"));
  CHECK(says(refused("ndjson", "{\"a\": 1, \"a\": 2}\n"), "'a' stands twice"));
  CHECK(says(refused("ndjson", "{\"a\": 1e999}\n"), "3 line 1"));
  CHECK(says(refused("ndjson", "{\"a\": 18446744073709551616}\n"), "3 line 1"));
  CHECK(says(refused("ndjson", "{\"a\": \"\xff\"}\n"), "3 line 1"));
  CHECK(says(refused("ndjson", "{\"a\": " + std::string(40, '[') + std::string(40, ']') + "}\n"), "nested deeper"));
  CHECK(says(refused("ndjson", "{\"a\": " + std::string(20, '[') + std::string(20, ']') + "}\n"), "3 line 1"));       // dml could not hold it
  CHECK(says(refused("ndjson", "{\"a\": " + std::string(3000, '[') + std::string(3000, ']') + "}\n"), "3 line 1"));
  CHECK(says(refused("ndjson", "{\"a\": \"" + std::string(70000, 'x') + "\"}\n"), "at most 65536 fit"));
  CHECK(says(refused("ndjson", stream("", 1)), "counts 1 records, 0 came"));
  CHECK(says(refused("ndjson", kFirst + "{\"end\": false, \"records\": 0}\n"), "'end' is not true"));
  CHECK(says(refused("ndjson", kFirst + "{\"end\": true}\n"), "lacks the key 'records'"));
  CHECK(says(refused("ndjson", "{\"dml\": 2, \"tool\": \"t\", \"version\": \"1\", \"verb\": \"v\", \"options\": {}}\n"), "another version"));
  CHECK(says(refused("ndjson", "{\"dml\": 1}\n"), "lacks the key 'tool'"));
  CHECK(says(refused("ndjson", stream("{\"kind\": \"k\", \"meta\": {}}\n", 1)), "lacks the key 'tensors'"));
  CHECK(says(refused("ndjson", stream("{\"kind\": 1, \"meta\": {}, \"tensors\": []}\n", 1)), "must be text"));
  CHECK(says(refused("ndjson", stream("{\"kind\": \"k\", \"meta\": [], \"tensors\": []}\n", 1)), "must be a map"));
  CHECK(says(refused("ndjson", stream("{\"kind\": \"k\", \"kind\": \"k\", \"meta\": {}, \"tensors\": []}\n", 1)), "'kind' stands twice"));
  for (const char* value : {"{\"$bytes\": \"0\"}", "{\"$bytes\": \"0g\"}", "{\"$bytes\": 1}", "{\"$float\": \"0x1\"}", "{\"$map\": [[\"a\"]]}", "{\"$map\": [[\"a\", 1], [\"a\", 2]]}", "{\"$what\": 1}"})
    CHECK_MESSAGE(says(refused("ndjson", stream("{\"kind\": \"k\", \"meta\": {\"a\": " + std::string(value) + "}, \"tensors\": []}\n", 1)), "3 line 2"), value);
}

TEST_CASE("ndjson: tensors that do not add up") {
  CHECK(one("\"name\": \"a\", \"dtype\": \"f32\", \"shape\": [2], \"data\": [1, 0.1]").tensors[0].as<float>()[1] == 0.1f);
  CHECK(std::isnan(to_doubles(one("\"name\": \"a\", \"dtype\": \"f8_e4m3\", \"shape\": [1], \"data\": [\"nan\"]").tensors[0])[0]));
  CHECK(says(wrong("\"name\": \"a\", \"dtype\": \"f32\", \"shape\": [3], \"data\": [1, 0.1]"), "of shape 3 has 2 elements"));
  CHECK(says(wrong("\"name\": \"a\", \"dtype\": \"f32\", \"shape\": [4294967296, 4294967296], \"data\": []"), "has 0 elements"));
  CHECK(says(wrong("\"name\": \"a\", \"dtype\": \"f32\", \"shape\": [0, 281474976710656, 281474976710656], \"data\": []"), "limit"));
  CHECK(says(wrong("\"name\": \"a\", \"dtype\": \"f32\", \"shape\": [-1], \"data\": []"), "no list of sizes"));
  CHECK(says(wrong("\"name\": \"a\", \"dtype\": \"f33\", \"shape\": [0], \"data\": []"), "unknown dtype"));
  CHECK(says(wrong("\"name\": \"\", \"dtype\": \"f32\", \"shape\": [0], \"data\": []"), "name is empty"));
  CHECK(says(wrong("\"name\": \"a\\u0000\", \"dtype\": \"f32\", \"shape\": [0], \"data\": []"), "zero byte"));
  CHECK(says(wrong("\"name\": \"a\", \"dtype\": \"u8\", \"shape\": [1], \"data\": [256]"), "256 is no u8"));
  CHECK(says(wrong("\"name\": \"a\", \"dtype\": \"u8\", \"shape\": [1], \"data\": [-1]"), "no u8"));
  CHECK(says(wrong("\"name\": \"a\", \"dtype\": \"i8\", \"shape\": [1], \"data\": [-129]"), "-129 is no i8"));
  CHECK(says(wrong("\"name\": \"a\", \"dtype\": \"i64\", \"shape\": [1], \"data\": [1.0]"), "no i64"));
  CHECK(says(wrong("\"name\": \"a\", \"dtype\": \"bool\", \"shape\": [1], \"data\": [1]"), "no bool"));
  CHECK(says(wrong("\"name\": \"a\", \"dtype\": \"f32\", \"shape\": [1], \"data\": [1e39]"), "beyond f32"));
  CHECK(says(wrong("\"name\": \"a\", \"dtype\": \"f8_e4m3\", \"shape\": [1], \"data\": [1e9]"), "beyond f8_e4m3"));
  CHECK(says(wrong("\"name\": \"a\", \"dtype\": \"f32\", \"shape\": [1], \"data\": [\"0x7f80000\"]"), "no f32"));
  CHECK(says(wrong("\"name\": \"a\", \"dtype\": \"f32\", \"shape\": [1], \"data\": [null]"), "no f32"));
  const std::string twice = "\"name\": \"a\", \"dtype\": \"u8\", \"shape\": [0], \"data\": []}, {\"name\": \"a\", \"dtype\": \"u8\", \"shape\": [0], \"data\": []";
  CHECK(says(wrong(twice), "holds tensor 'a' twice"));
  Limits limits;
  limits.tensors = 1;
  CHECK(says(refused("ndjson", tensor(twice), limits), "more than 1 tensors"));
  limits.tensor_bytes = 3;
  CHECK(says(refused("ndjson", tensor("\"name\": \"a\", \"dtype\": \"f32\", \"shape\": [1], \"data\": [1]"), limits), "limit of 3 B"));
  limits.tensor_bytes = 1;
  CHECK(says(refused("ndjson", "{\"a\": \"" + std::string(2 << 20, 'x') + "\"}\n", limits), "is longer than"));
  CHECK(says(not_written("ndjson", {{"k", {}, {{"b", Dtype::boolean, {1}, Bytes::copy("\2"), {}}}, {}}}), "neither 0 nor 1"));
}

TEST_CASE("ndjson: sniffed from its first bytes") {
  const auto sniffs = [](std::string_view head) { return format_of("ndjson")->sniff(std::as_bytes(std::span(head))); };
  CHECK(sniffs("{\"a\": 1}\n"));
  CHECK(sniffs("{ }\n"));
  CHECK_FALSE(sniffs("{a: 1}"));
  CHECK_FALSE(sniffs("{"));
  CHECK_FALSE(sniffs(std::string_view("{\"\0\0\0\0\0\0{\"a\"", 12)));       // the length that a safetensors file begins with
}
