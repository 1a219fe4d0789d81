// The two JSON texts of safetensors: the header of a file and the index of a model in several files. Both come from strangers.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "wire/format.h"
#include "wire/record.h"

namespace dml {

inline constexpr std::uint64_t kMostSafetensorsHeader = 100'000'000;   // as in the reference implementation

struct SafetensorsEntry {
  Tensor tensor;                                           // without data
  std::uint64_t begin = 0, end = 0;                        // bytes after the header
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;                   // in the order of their data, which they cover without a gap
  std::map<std::string, std::string> metadata;
  std::uint64_t data_bytes = 0;
};

/// Checks everything that can be known without the data: names, dtypes, shapes, sizes, overflow, gaps and overlaps. Error(input).
SafetensorsHeader parse_safetensors_header(std::string_view text, const Limits& limits, const std::string& where);

/// The header's text for these entries, not padded. Error(usage) for what a header cannot say.
std::string safetensors_header_text(const std::vector<SafetensorsEntry>& entries, const std::map<std::string, std::string>& metadata);

/// {tensor name: file name} of an index. Error(input) for names twice, and for files outside the index's own folder.
std::map<std::string, std::string> parse_safetensors_index(std::string_view text, const Limits& limits, const std::string& where);

/// Text meta keeps its keys; what is no text, the kind and the header travel under the key `dml`. The kind is model where nobody says.
std::map<std::string, std::string> to_safetensors_metadata(const StreamHeader& header, const RecordHead& head);
RecordHead from_safetensors_metadata(const std::map<std::string, std::string>& metadata, StreamHeader& header);

}  // namespace dml
