// Reading safetensors: one file from anywhere, or a model in several files by its index.
#pragma once
#include <memory>
#include <string>

#include "wire/format.h"

namespace dml {

std::unique_ptr<RecordReader> read_safetensors(std::unique_ptr<ByteSource> source, const Limits& limits);

/// For an index (*.safetensors.index.json), or a folder that holds one, or else one safetensors file; nullptr for any other path.
std::unique_ptr<RecordReader> open_safetensors_path(const std::string& path, const Limits& limits);

}  // namespace dml
