// What the two text formats of graphs share: one record of kind "graph" a file.
#pragma once
#include <span>

#include "wire/graph_text.h"

namespace dml {

using GraphParser = GraphText (*)(std::unique_ptr<ByteSource>, const Limits&, std::optional<std::uint64_t>);
using GraphPrinter = void (*)(const GraphText&, const std::string& comment, ByteSink&);

inline std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

/// Parses when the record is asked for.
std::unique_ptr<RecordReader> graph_reader(std::unique_ptr<ByteSource> source, const Limits& limits, GraphParser parse);
/// Takes one record of kind "graph"; Error(usage) for anything else. Its meta `source` becomes the comment.
std::unique_ptr<RecordWriter> graph_writer(std::unique_ptr<ByteSink> sink, const std::string& format, GraphPrinter print);

}  // namespace dml
