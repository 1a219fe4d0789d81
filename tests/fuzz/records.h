// Records for the seeds: of every kind of shape that some format holds.
#pragma once
#include <string>
#include <vector>

#include "wire/record.h"

namespace fuzz {

inline std::vector<dml::Record> sample_records() {
  using namespace dml;
  Record model{"model", {{"round", 3}, {"data", "digits"}, {"weight", 2.5}}, {}, {{"later", "key"}}};
  model.tensors.push_back(make_tensor("b", std::vector<double>{1, -2.5}));
  model.tensors.push_back(make_tensor("n", std::vector<std::int64_t>{7}, {}));
  model.tensors.push_back(make_tensor("w", std::vector<float>{1, 2, 3, 4, 5, 6}, {2, 3}));
  const double halves[] = {1, -2, 0.5, 4};
  model.tensors.push_back({"x", Dtype::bf16, {4, 1}, from_doubles(halves, 4, Dtype::bf16), {{"unit", "m"}}});
  model.tensors.push_back({"z", Dtype::u8, {0, 5}, {}, {}});
  Record vote{"vote", {{"job", "j1"}, {"verifier", 2}, {"accept", true}, {"distance", 12}}, {}, {}};
  Record odd{"state",
             {{"list", ValueList{1, -1, "a", Value(), 2.5, ValueList{ValueList{}}}}, {"map", Attributes{{"k", Blob{1, 2, 3}}}}, {"big", std::uint64_t{1} << 63}},
             {make_tensor("only", std::vector<std::uint32_t>{1, 2, 3})}, {}};
  const auto one = [](const char* kind, Tensor tensor) { return Record{kind, {}, {std::move(tensor)}, {}}; };
  Record palette{"image", {{"mode", "P"}}, {make_tensor("palette", std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6}, {2, 3}), make_tensor("pixels", std::vector<std::uint8_t>{0, 1}, {1, 2, 1})}, {}};
  Record batch{"images", {}, {make_tensor("labels", std::vector<std::uint8_t>{3}), make_tensor("pixels", std::vector<std::uint8_t>(3072), {1, 3, 32, 32})}, {}};
  Record batch100 = batch;
  batch100.tensors.insert(batch100.tensors.begin(), make_tensor("coarse", std::vector<std::uint8_t>{9}));
  Record bits = one("image", make_tensor("pixels", std::vector<std::uint8_t>{0, 255, 255}, {3, 1, 1}));
  bits.meta = {{"mode", "1"}};
  Record graph{"graph", {{"nodes", 4}, {"directed", false}}, {make_tensor("edges", std::vector<std::uint32_t>{0, 1, 1, 3}, {2, 2}), make_tensor("weights", std::vector<double>{0.5, 2})}, {}};
  return {model, vote, odd, graph, palette, batch, batch100, bits, one("image", make_tensor("pixels", std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6}, {1, 2, 3})),
          one("image", make_tensor("pixels", std::vector<std::uint8_t>{1, 2, 3, 4}, {1, 1, 4})),
          one("image", {"pixels", Dtype::u16, {2, 1, 1}, Bytes::copy("abcd"), {}}), one("array", make_tensor("data", std::vector<double>{1, -2.5, 3, 0}, {2, 2})),
          one("array", make_tensor("data", std::vector<std::uint8_t>{1, 2, 3}, {3})), one("table", make_tensor("data", std::vector<float>{0.5f}, {1, 1}))};
}

}  // namespace fuzz
