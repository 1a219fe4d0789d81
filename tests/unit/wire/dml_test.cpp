#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "unit/wire/fixtures.h"
#include "wire/codec.h"

using namespace dml;
using namespace dml::test;

TEST_CASE("dml: records come back as they were written") {
  const Record record = sample_record();
  const auto bytes = write_dml({record, {"model", {}, {}, {}}}, {{"threads", 2}});
  CHECK(bytes.size() % 64 == 0);
  const auto back = read_bytes(bytes);
  REQUIRE(back.size() == 2);
  CHECK(back[0].kind == "update");
  CHECK(back[0].meta == record.meta);
  CHECK(back[0].extra == record.extra);
  REQUIRE(back[0].tensors.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(back[0].tensors[i].name == record.tensors[i].name);
    CHECK(back[0].tensors[i].dtype == record.tensors[i].dtype);
    CHECK(back[0].tensors[i].shape == record.tensors[i].shape);
    CHECK(back[0].tensors[i].data == record.tensors[i].data);
  }
  CHECK(content_digest(back[0]) == content_digest(record));
  CHECK(content_digest(back[0]) != content_digest(back[1]));
}

TEST_CASE("dml: the header comes back and streams may follow one another") {
  const auto one = write_dml({sample_record()}), two = write_dml({sample_record(), sample_record()});
  const auto joined = one + two;
  CHECK(read_bytes(joined).size() == 3);
  const auto reader = open_reader(memory_source(std::as_bytes(std::span(one)), "'memory'"), open_all());
  CHECK(reader->header().tool == "test");
  CHECK(reader->header().seed == 7);
  CHECK(get_text(reader->header().options, "k") == "v");
}

TEST_CASE("dml: tensor data starts at a multiple of 64") {
  const auto bytes = write_dml({sample_record()});
  const float first[2] = {1, 2};
  const auto at = bytes.find(std::string(reinterpret_cast<const char*>(first), 8));
  REQUIRE(at != std::string::npos);
  CHECK(at % 64 == 0);
}

TEST_CASE("dml: every cut is refused with exit 3") {
  const auto bytes = write_dml({sample_record(), sample_record()});
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    const auto error = error_of([&] { read_bytes(bytes.substr(0, cut)); });
    REQUIRE_MESSAGE(error.starts_with("3 "), "cut at byte " << cut << ": " << error);
  }
  CHECK(error_of([&] { read_bytes(bytes); }) == "");
}

TEST_CASE("dml: every changed byte is noticed or harmless to structure") {
  // The checksum covers all but the end object; in there only the environment and the pad may change unseen.
  const auto bytes = write_dml({sample_record()});
  const auto end = bytes.find("\xa3" "end");
  REQUIRE(end != std::string::npos);
  for (std::size_t at = 0; at < end - 1; ++at) {
    auto changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0x21);
    const auto error = error_of([&] { read_bytes(changed); });
    REQUIRE_MESSAGE(error.starts_with("3 "), "byte " << at << ": " << error);
  }
}

TEST_CASE("dml: forged lengths and depths are refused before memory is taken") {
  const auto header = [] {
    std::string text;
    append_header(text, 0, {"t", "1", "v", {}, {}, {}});
    return text;
  }();
  const auto refused = [&](const std::string& tail) { return error_of([&] { read_bytes(header + tail); }); };
  CHECK(refused(std::string("\xdf\xff\xff\xff\xff", 5)).starts_with("3 "));                     // 4 billion keys
  CHECK(refused("\x81\xa4kind\xdd\xff\xff\xff\xff").starts_with("3 "));                         // a list of 4 billion
  CHECK(refused("\x81\xa4kind" + std::string(40000, '\x91')).starts_with("3 "));               // nested
  CHECK(refused("\x83\xa4kind\xa1m\xa4meta\x80\xa7tensors\xcf\xff\xff\xff\xff\xff\xff\xff\xff").find("tensors") != std::string::npos);

  Record record{"model", {}, {}, {}};
  record.tensors.push_back(make_tensor<float>("w", {1, 2}));
  auto bytes = write_dml({record});
  const auto shape = bytes.find("\xa5" "shape\x91\x02");
  REQUIRE(shape != std::string::npos);
  OpenOptions open = open_all();
  // A shape of 2^32 elements with 8 bytes of data.
  std::string forged = bytes.substr(0, shape + 6) + std::string("\x91\xcf\x00\x00\x00\x01\x00\x00\x00\x00", 10) + bytes.substr(shape + 8);
  CHECK(error_of([&] { read_bytes(forged, open); }).find("needs") != std::string::npos);
  open.limits.tensor_bytes = 4;
  CHECK(error_of([&] { read_bytes(bytes, open); }).find("over the limit") != std::string::npos);
}

TEST_CASE("dml: another major version, another first key, wrong counts") {
  auto bytes = write_dml({});
  auto newer = bytes;
  newer[5] = 2;
  CHECK(error_of([&] { read_bytes(newer); }).find("version 2") != std::string::npos);
  CHECK(error_of([&] { read_bytes("not a stream at all"); }).find("no known format") != std::string::npos);
  CHECK(error_of([&] { read_bytes(""); }).find("is empty") != std::string::npos);
}

TEST_CASE("dml: encoded_size is exact and payloads travel whole") {
  const Record record = sample_record();
  const auto [data, rest] = encoded_size(record);
  CHECK(data == 6 * 4 + 8);
  const auto empty = write_dml({}).size(), full = write_dml({record}).size();
  CHECK(full - empty == data + rest);
  const Bytes bytes = encode_record(record);
  const Record back = decode_record(bytes.span(), {}, "a payload");
  const Record shared = decode_record(bytes, {}, "a payload");
  CHECK(content_digest(shared) == content_digest(back));
  for (const auto& tensor : shared.tensors) {              // in place where it lies aligned: always, in one that was just encoded
    const bool inside = tensor.data.data() >= bytes.data() && tensor.data.data() + tensor.data.size() <= bytes.data() + bytes.size();
    CHECK(inside == (tensor.data.size() > 0));
  }
  CHECK(content_digest(back) == content_digest(record));
  CHECK(back.meta == record.meta);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut)
    REQUIRE(error_of([&] { decode_record(bytes.span().first(cut), {}, "a payload"); }).starts_with("3 "));
  auto changed = Bytes::copy(bytes.data(), bytes.size());
  const_cast<std::byte*>(changed.data())[200] ^= std::byte{1};
  CHECK(error_of([&] { decode_record(changed.span(), {}, "a payload"); }).starts_with("3 a payload"));
}

TEST_CASE("tensor: narrow floats round to nearest even") {
  const auto roundtrip = [](double v, Dtype dtype) {
    const Tensor t{"t", dtype, {1}, from_doubles(&v, 1, dtype), {}};
    return to_doubles(t)[0];
  };
  CHECK(roundtrip(1.0 + 0x1p-8, Dtype::bf16) == 1.0);                  // tie to even
  CHECK(roundtrip(1.0 + 3 * 0x1p-8, Dtype::bf16) == 1.0 + 0x1p-6);     // tie to even, upwards
  CHECK(roundtrip(1.0 + 0x1p-8 + 0x1p-20, Dtype::bf16) == 1.0 + 0x1p-7);
  CHECK(roundtrip(65504, Dtype::f16) == 65504);
  CHECK(std::isinf(roundtrip(65520, Dtype::f16)));
  CHECK(roundtrip(0x1p-24, Dtype::f16) == 0x1p-24);                    // the least subnormal
  CHECK(roundtrip(0x1p-26, Dtype::f16) == 0.0);
  CHECK(roundtrip(448, Dtype::f8_e4m3) == 448);
  CHECK(std::isnan(roundtrip(1000, Dtype::f8_e4m3)));
  CHECK(roundtrip(57344, Dtype::f8_e5m2) == 57344);
  CHECK(std::isnan(roundtrip(std::numeric_limits<double>::quiet_NaN(), Dtype::bf16)));
  CHECK(std::signbit(roundtrip(-0.0, Dtype::f16)));
  CHECK(roundtrip(-7, Dtype::i8) == -7);
}
