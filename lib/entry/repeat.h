// The command that the header of a stream describes.
#pragma once
#include "entry/command_line.h"
#include "entry/render.h"
#include "wire/record.h"

namespace dml {

/// Its options and its seed; no inputs, a header does not know them. Error(input) naming `where` when the header is of another tool or
/// describes nothing that `tool` could run. What does not shape the content (paths, peers) has no place in a header: there it is refused,
/// so that a stranger's file cannot make this process write somewhere.
CommandLine command_of(const StreamHeader& header, const std::string& where, const ToolView& tool);

}  // namespace dml
