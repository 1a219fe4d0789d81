// Properties of every fingerprint: declared length, determinism, equal bits for any number of threads, sensitivity, a name that makes
// the same fingerprint again.
#include <doctest/doctest.h>

#include "base/parallel.h"
#include "base/random.h"
#include "entry/component.h"
#include "verify/fingerprint.h"

using namespace dml;

namespace {

Record sample(std::uint64_t seed) {
  Rng rng("fingerprint conformance", seed);
  std::vector<float> a(700), b(301);
  for (auto& v : a) v = static_cast<float>(rng.normal());
  for (auto& v : b) v = static_cast<float>(rng.normal());
  return {"prediction", {{"node", 1}}, {make_tensor("a", a, {7, 100}), make_tensor("b", b)}, {}};
}

}  // namespace

TEST_CASE("every fingerprint keeps its promises") {
  Registry<Fingerprint> registry("fingerprint");
  register_fingerprints(registry);
  REQUIRE(registry.entries().size() >= 2);
  for (const auto& info : registry.entries()) {
    CAPTURE(info.card.name);
    CHECK(info.card.summary.size() <= 72);
    CHECK_FALSE(info.card.summary.empty());
    CHECK_FALSE(info.card.source.empty());
    for (const auto& option : info.options) CHECK_FALSE(option.doc.empty());

    const auto made = registry.make(Component{info.card.name, {}});
    const Record record = sample(1);
    const auto hash = made->of_record(record, "here");
    CHECK(hash.bits >= 1);
    CHECK(hash.bits <= kMostFingerprintBits);
    CHECK(hash.value.size() == (hash.bits + 7) / 8);
    CHECK(to_fingerprint(to_record(FingerprintRecord{hash, "x", {}, ""}), "here").hash == hash);
    CHECK(made->of_record(record, "elsewhere") == hash);
    CHECK(hamming_distance(hash, hash, "a", "b") == 0);
    CHECK(hamming_distance(hash, made->of_record(sample(2), "here"), "a", "b") > hash.bits / 4);

    set_threads(1);
    const auto one = made->of_record(record, "here");
    set_threads(2);
    CHECK(made->of_record(record, "here") == one);

    // The algorithm's name is a component that makes the same bits.
    const auto again = parse_component(hash.algorithm);
    CHECK(again.name == info.card.name);
    CHECK(registry.make(again)->of_record(record, "here") == hash);
  }
}
