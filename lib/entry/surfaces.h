// The verbs that every tool has: help, list, describe, version, generate.
#pragma once
#include "entry/render.h"

namespace dml {

/// Adds them to `verbs`; `tool` must outlive it.
void add_surface_verbs(Verbs& verbs, const ToolView& tool);

}  // namespace dml
