// One verb per aggregation rule.
#pragma once
#include "entry/verb.h"

namespace dml {

void add_rule_verbs(Verbs& verbs, const Families& families);

}  // namespace dml
