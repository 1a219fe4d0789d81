// The formats this build knows, from the generated table.
#pragma once
#include "entry/registry.h"
#include "wire/format.h"

namespace dml {

void register_formats(Registry<Format>& registry);

}  // namespace dml
