// Records for the seeds, and the repair of a checksum, without which no mutation would get past the end record.
#pragma once
#include <string>
#include <vector>

#define XXH_INLINE_ALL
#include <xxhash.h>

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
  return {model, vote, odd};
}

/// `bytes` with the checksum of its last end record made right for what stands before; as it is where there is none.
inline std::string with_checksum(std::string bytes) {
  using namespace std::literals;
  const std::size_t end = bytes.rfind("\xa3" "end\xc3"sv), key = bytes.rfind("\xa8" "checksum\xcf"sv);
  if (end == std::string::npos || end == 0 || key == std::string::npos || key < end || key + 18 > bytes.size()) return bytes;
  const auto sum = XXH3_64bits(bytes.data(), end - 1);     // the map's head is one byte
  for (int i = 0; i < 8; ++i) bytes[key + 10 + static_cast<std::size_t>(i)] = static_cast<char>(sum >> (56 - 8 * i));
  return bytes;
}

}  // namespace fuzz
