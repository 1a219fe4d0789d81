// Every format that writes: what it wrote reads back equal, from memory and from a pipe, and each prefix of it is refused. A text file cut
// between two lines is a shorter text, which formats without an end mark say of themselves; pictures may lose bits.
#include <doctest/doctest.h>

#include <set>

#include "unit/formats/format_helpers.h"

using namespace dml;
using namespace dml::test;

namespace {

const std::set<std::string> kLossy{"jpeg"};

/// From the richest to the plainest: a format takes the first that it can hold.
std::vector<Record> samples() {
  Record model{"model", {{"round", 3}, {"data", "digits"}}, {}, {}};
  model.tensors.push_back(make_tensor<float>("b", {1, -2.5f, 3e-20f}));
  model.tensors.push_back(make_tensor<std::int64_t>("n", {7}, {}));
  model.tensors.push_back(make_tensor<double>("w", {1, 2, 3, 4, 5, 1e300}, {3, 2}));
  const Record doubles{"array", {}, {make_tensor<double>("data", {1, -2, 0.5, 4}, {2, 2})}, {}};
  const Record bytes{"array", {}, {make_tensor<std::uint8_t>("data", {1, 2, 250, 4, 5, 6}, {2, 3})}, {}};
  const Record picture{"image", {}, {make_tensor<std::uint8_t>("pixels", {1, 2, 250, 4, 5, 6}, {1, 2, 3})}, {}};
  const Tensor label = make_tensor<std::uint8_t>("labels", {9}), pixels = make_tensor<std::uint8_t>("pixels", std::vector<std::uint8_t>(3072, 7), {1, 3, 32, 32});
  const Record batch{"images", {}, {label, pixels}, {}}, fine{"images", {}, {make_tensor<std::uint8_t>("coarse", {19}), label, pixels}, {}};
  return {model, doubles, bytes, picture, batch, fine};
}

std::optional<std::pair<Record, std::string>> written(const std::string& format) {
  for (const auto& record : samples()) {
    try {
      return std::pair(record, write_as(format, {record}));
    } catch (const Error& error) {
      CHECK(error.fault() == Fault::usage);                // the only reason not to take a good record
    }
  }
  return std::nullopt;
}

}  // namespace

TEST_CASE("every format: round trip, each prefix refused, nothing after the end") {
  Registry<Format> registry("format");
  register_formats(registry);
  std::set<std::string> tried;
  for (const auto& info : registry.entries()) {
    const std::string name = info.card.name;
    CAPTURE(name);
    const auto sample = written(name);
    if (!sample) continue;                                 // read only: its own test has the bytes
    tried.insert(name);
    const auto& [record, bytes] = *sample;
    const auto back = read_as(name, bytes), piped = read_as(name, std::make_unique<Pipe>(bytes));
    REQUIRE(back.size() == 1);
    REQUIRE(piped.size() == 1);
    CHECK(content_digest(back[0]) == content_digest(piped[0]));
    REQUIRE(back[0].tensors.size() == record.tensors.size());
    for (std::size_t i = 0; i < record.tensors.size() && !kLossy.count(name); ++i)
      CHECK(to_doubles(back[0].tensors[i]) == to_doubles(record.tensors[i]));
    if (format_of(name)->is_text()) continue;
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
      const std::string why = refusal(name, bytes.substr(0, cut));
      REQUIRE_MESSAGE(why.starts_with("3 "), "cut at byte " << cut << " of " << bytes.size() << ": " << why);
    }
    CHECK(refusal(name, bytes + '\0').starts_with("3 "));
  }
  for (const char* name : {"cifar10", "cifar100", "csv", "dml", "idx", "ndjson", "npy", "npz", "png", "pnm", "safetensors"}) CHECK_MESSAGE(tried.count(name), name);
}
