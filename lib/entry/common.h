// The options that every tool spells alike.
#pragma once
#include "entry/options.h"
#include "entry/verb.h"

namespace dml {

const Options<Common>& common_options();
/// The docs of those that `verb` honours and of those that every verb takes, in their usual order. An option of its own that is called
/// alike hides the common one: --log is the log of clicks in drank.
std::vector<OptionDoc> common_docs(const Verbs::Entry& verb);

}  // namespace dml
