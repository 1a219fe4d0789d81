// One verb per training program.
#pragma once
#include "entry/verb.h"

namespace dml {
void add_program_verbs(Verbs& verbs, const Families& families);
}
