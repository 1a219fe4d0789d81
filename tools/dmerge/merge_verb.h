// One verb per merger.
#pragma once
#include "entry/verb.h"

namespace dml {
void add_merge_verbs(Verbs& verbs, const Families& families);
}
