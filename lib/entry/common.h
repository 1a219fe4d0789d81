// The options that every tool spells alike.
#pragma once
#include "entry/options.h"
#include "entry/verb.h"

namespace dml {

const Options<Common>& common_options();
/// The docs of those that `shape` honours, in their usual order.
std::vector<OptionDoc> common_docs(const VerbShape& shape);

}  // namespace dml
