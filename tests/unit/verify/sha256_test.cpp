#include <doctest/doctest.h>

#include <limits>

#include "base/error.h"
#include "base/text.h"
#include "verify/fingerprint.h"

using namespace dml;

namespace {

std::unique_ptr<Fingerprint> sha256(const std::string& component = "sha256") {
  Registry<Fingerprint> all("fingerprint");
  register_fingerprints(all);
  return all.make(component);
}

std::string hex(const FingerprintValue& hash) { return to_hex(hash.value.data(), hash.value.size()); }
std::string of_text(std::string_view text) {
  return hex(sha256()->of_bytes(*memory_source(std::as_bytes(std::span(text)), "text")));
}
std::string of_tensors(std::vector<Tensor> tensors) { return hex(sha256()->of_record({"model", {}, std::move(tensors), {}}, "here")); }

}  // namespace

TEST_CASE("sha256 of bytes is that of FIPS 180-4") {
  CHECK(of_text("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(of_text("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(of_text(std::string(1000000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("sha256 of a record hashes the documented serialisation") {
  // "dml tensors 1", 1 tensor: name "w", dtype "f32", rank 2, extents 1 2, 8 bytes: 1.0f 2.0f. All integers 64-bit little-endian.
  std::string bytes;
  const auto number = [&](std::uint64_t v) { for (int i = 0; i < 8; ++i) bytes += static_cast<char>(v >> (8 * i)); };
  const auto text = [&](const std::string& t) { number(t.size()); bytes += t; };
  text("dml tensors 1");
  number(1);
  text("w");
  text("f32");
  for (const std::uint64_t v : {2, 1, 2, 8}) number(v);
  bytes += std::string("\x00\x00\x80\x3f\x00\x00\x00\x40", 8);
  CHECK(of_tensors({make_tensor("w", std::vector<float>{1, 2}, {1, 2})}) == of_text(bytes));
}

TEST_CASE("name, dtype, shape, data and number of tensors all count; kind and meta do not") {
  const std::vector<float> values{1, 2};
  const auto base = of_tensors({make_tensor("w", values)});
  CHECK(of_tensors({make_tensor("v", values)}) != base);
  CHECK(of_tensors({make_tensor("w", values, {2, 1})}) != base);
  CHECK(of_tensors({make_tensor("w", std::vector<float>{1, 3})}) != base);
  CHECK(of_tensors({make_tensor("w", std::vector<std::int32_t>{0x3f800000, 0x40000000})}) != base);
  CHECK(of_tensors({make_tensor("w", values), make_tensor("z", std::vector<float>{})}) != base);
  CHECK(of_tensors({}) != base);
  CHECK(hex(sha256()->of_record({"update", {{"round", 3}}, {make_tensor("w", values)}, {}}, "here")) == base);
  CHECK(of_tensors({make_tensor("w", std::vector<float>{std::numeric_limits<float>::quiet_NaN(), 1})}) != base);
}

TEST_CASE("of says what is hashed, and the two kinds never compare") {
  CHECK(sha256()->takes_bytes(false));
  CHECK_FALSE(sha256()->takes_bytes(true));
  CHECK(sha256("sha256:of=file")->takes_bytes(true));
  CHECK_FALSE(sha256("sha256:of=record")->takes_bytes(false));
  CHECK_THROWS_AS(sha256("sha256:of=x"), Error);
  const auto record = sha256()->of_record({"model", {}, {}, {}}, "here");
  const auto file = sha256()->of_bytes(*memory_source(std::span<const std::byte>(), "empty"));
  CHECK_THROWS_AS(hamming_distance(record, file, "a", "b"), Error);
}
