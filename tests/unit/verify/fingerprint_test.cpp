#include <doctest/doctest.h>

#include "base/error.h"
#include "verify/fingerprint.h"

using namespace dml;

namespace {

FingerprintValue value(std::vector<std::uint8_t> bytes, std::uint32_t bits = 0, std::string algorithm = "test") {
  return {std::move(algorithm), bits ? bits : static_cast<std::uint32_t>(8 * bytes.size()), std::move(bytes)};
}
std::uint32_t distance(const FingerprintValue& a, const FingerprintValue& b) { return hamming_distance(a, b, "record 0 of 'a'", "record 0 of 'b'"); }

Record good() {
  return {"fingerprint", {{"algorithm", "test"}, {"bits", 12}, {"value", Blob{0xab, 0xc0}}, {"source", "x.dml"}, {"node", 4}, {"job", "j"}}, {}, {}};
}

}  // namespace

TEST_CASE("hamming distance counts bits across words and their rest") {
  CHECK(distance(value({0xff}), value({0x0f})) == 4);
  std::vector<std::uint8_t> a(19, 0), b(19, 0);
  b[0] = 0x80, b[7] = 1, b[8] = 3, b[18] = 0xf0;
  CHECK(distance(value(a), value(b)) == 1 + 1 + 2 + 4);
  CHECK(distance(value(a), value(a)) == 0);
}

TEST_CASE("hashes of different kinds or lengths have no distance") {
  CHECK_THROWS_WITH_AS(distance(value({0}, 8, "p"), value({0}, 8, "q")),
                       "record 0 of 'a' and record 0 of 'b' hold hashes of different kinds: 'p', 8 bits, and 'q', 8 bits", Error);
  CHECK_THROWS_AS(distance(value({0}, 7), value({0}, 8)), Error);
  CHECK_THROWS_AS(distance(value({0, 0}), value({0})), Error);
}

TEST_CASE("tolerances") {
  CHECK(usual_tolerance(value({0}, 8, "sha256:of=file")) == 0);
  CHECK(usual_tolerance(value({0}, 8, "hyperplane:bits=8,seed=0")) == 4);
  CHECK(is_loose(64, 256));
  CHECK_FALSE(is_loose(63, 256));
}

TEST_CASE("a fingerprint record comes back as it went") {
  const FingerprintRecord sent{value({0xab, 0xc0}, 12), "x.dml", 4, "j"};
  CHECK(to_record(sent).meta == good().meta);
  const auto got = to_fingerprint(to_record(sent), "here");
  CHECK(got.hash == sent.hash);
  CHECK(got.source == "x.dml");
  CHECK(*got.node == 4);
  CHECK(got.job == "j");
  auto hex = good();
  hex.meta["value"] = "abC0";                              // as text formats carry bytes
  CHECK(to_fingerprint(hex, "here").hash == sent.hash);
  auto bare = good();
  bare.meta.erase("node");
  bare.meta.erase("job");
  CHECK_FALSE(to_fingerprint(bare, "here").node.has_value());
  CHECK(to_fingerprint(bare, "here").job.empty());
}

TEST_CASE("a stranger's fingerprint is checked before it is believed") {
  const auto refused = [](const std::string& key, Value wrong) {
    auto record = good();
    record.meta[key] = std::move(wrong);
    CHECK_THROWS_AS(to_fingerprint(record, "here"), Error);
  };
  refused("bits", 0);
  refused("bits", -1);
  refused("bits", "12");
  refused("bits", 65537);
  refused("bits", 13'000'000'000);
  refused("bits", 17);                                     // two bytes are not enough
  refused("bits", 9);                                      // a bit beyond
  refused("value", Blob{0xab});
  refused("value", "abc");
  refused("value", "zz00");
  refused("value", 3);
  refused("algorithm", 3);
  refused("algorithm", "");
  refused("node", -1);
  refused("node", 4294967296);
  refused("node", 1.5);
  refused("job", 3);
  for (const auto* key : {"algorithm", "bits", "value"}) {
    auto record = good();
    record.meta.erase(key);
    CHECK_THROWS_AS(to_fingerprint(record, "here"), Error);
  }
  auto other = good();
  other.kind = "model";
  CHECK_THROWS_WITH_AS(to_fingerprint(other, "here"), "here is of kind 'model', not fingerprint", Error);
}
