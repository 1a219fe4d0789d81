#include <doctest/doctest.h>

#include "format_support.h"

using namespace dml;
using namespace dml::format_test;

namespace {
// Pictures with the given labels (one or two in front); pixel p of picture i is (7 i + p) mod 251.
std::string batch(const std::vector<std::string>& labels) {
  std::string out;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    out += labels[i];
    for (std::size_t p = 0; p < 3072; ++p) out += static_cast<char>((7 * i + p) % 251);
  }
  return out;
}
}  // namespace

TEST_CASE("cifar: labels and planes") {
  const std::string bytes = batch({"\3", "\11"});
  const Record record = records_of("cifar10", bytes).at(0);
  CHECK(record.kind == "images");
  CHECK(record.meta == Attributes{{"classes", 10}});
  CHECK(record.tensors.at(0).name == "labels");
  CHECK(record.tensors[0].data == Bytes::copy(std::string("\3\11")));
  CHECK(record.tensors.at(1).shape == std::vector<std::int64_t>{2, 3, 32, 32});
  CHECK(record.tensors[1].as<std::uint8_t>()[1024] == 1024 % 251);                  // the first green pixel
  CHECK(record.tensors[1].as<std::uint8_t>()[3072] == 7);
  const Record hundred = records_of("cifar100", batch({"\23\143"})).at(0);
  CHECK(hundred.tensors.size() == 3);
  CHECK(hundred.tensors[0].name == "coarse");
  CHECK(hundred.tensors[0].data == Bytes::copy(std::string("\23")));
  CHECK(hundred.tensors[1].data == Bytes::copy(std::string("\143")));
  CHECK(bytes_of("cifar10", {record}) == bytes);
  CHECK(bytes_of("cifar10", {record, record}) == bytes + bytes);
  CHECK(bytes_of("cifar100", {hundred}) == batch({"\23\143"}));
}

TEST_CASE("cifar: known by its size where nothing else fits") {
  CHECK(test::read_bytes(batch({"\3", "\11"})).at(0).meta == Attributes{{"classes", 10}});
  CHECK(test::read_bytes(batch({"\3\143"})).at(0).meta == Attributes{{"classes", 100}});
  CHECK(says(error_of([] { test::read_bytes(batch({"\13"})); }), "of no known format"));                    // label 11
  CHECK(says(error_of([] { test::read_bytes(batch({"\3"}) + "xx"); }), "of no known format"));
  CHECK(says(error_of([] { open_reader(std::make_unique<Drip>(batch({"\3"})), open_all()); }), "of no known format"));    // a pipe has no size
  OpenOptions open = open_all();
  open.from = "cifar10";
  CHECK(open_reader(std::make_unique<Drip>(batch({"\3"})), open)->next()->kind == "images");
}

TEST_CASE("cifar: what is wrong is refused") {
  const std::string good = batch({"\1", "\2"});
  for (const std::size_t cut : {std::size_t{1}, std::size_t{3072}, std::size_t{3074}, good.size() - 1}) CHECK(says(refused("cifar10", good.substr(0, cut)), "ends early"));
  CHECK(says(refused("cifar10", ""), "is empty"));
  CHECK(says(refused("cifar10", batch({"\1", "\12"})), "picture 1 has label 10, cifar10 has 0..9"));
  CHECK(says(refused("cifar100", batch({"\24\1"})), "label 20"));
  CHECK(says(refused("cifar100", batch({"\1\144"})), "label 100"));
  Limits limits;
  limits.tensor_bytes = good.size() - 1;
  CHECK(says(refused("cifar10", good, limits), "limit"));
  const Tensor labels = make_tensor("labels", std::vector<std::uint8_t>{1}), pixels = make_tensor("pixels", std::vector<std::uint8_t>(3072), {1, 3, 32, 32});
  CHECK(says(not_written("cifar10", {}), "there is no record"));
  CHECK(says(not_written("cifar10", {{"images", {}, {pixels}, {}}}), "1 tensors"));
  CHECK(says(not_written("cifar100", {{"images", {}, {labels, pixels}, {}}}), "2 tensors"));
  CHECK(says(not_written("cifar10", {{"images", {}, {labels}, {}}}), "without u8 tensor 'pixels'"));
  CHECK(says(not_written("cifar10", {{"images", {}, {labels, make_tensor("pixels", std::vector<std::uint8_t>(3072), {1, 32, 32, 3})}, {}}}), "not Nx3x32x32"));
  CHECK(says(not_written("cifar10", {{"images", {}, {make_tensor("labels", std::vector<std::uint8_t>{1, 2}), pixels}, {}}}), "for 1 pictures"));
  CHECK(says(not_written("cifar10", {{"images", {}, {make_tensor("labels", std::vector<std::uint8_t>{10}), pixels}, {}}}), "out of range"));
}
