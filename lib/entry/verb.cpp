#include "entry/verb.h"

#include <algorithm>

#include "entry/common.h"

namespace dml {
namespace {

std::vector<std::string> with(std::vector<std::string> names, const std::vector<std::string>& more) {
  names.insert(names.end(), more.begin(), more.end());
  return names;
}

}  // namespace

std::vector<std::string> reads(std::vector<std::string> more) {
  return with({"quiet", "verbose", "from", "timeout", "expect", "insecure", "key", "trust", "limit-tensor", "limit-tensors", "limit-pixels"}, more);
}
std::vector<std::string> writes(std::vector<std::string> more) {
  return with({"output", "to", "quiet", "verbose", "timeout", "insecure", "key", "trust"}, more);
}
std::vector<std::string> reads_and_writes(std::vector<std::string> more) { return with(reads({"output", "to"}), more); }

const Options<Common>& common_options() {
  static const Options<Common> options =
      Options<Common>()
          .add("output", &Common::output, "where to write: a path, - or tcp://HOST:PORT, ipc://PATH", letter('o'))
          .add("quiet", &Common::quiet, "no notes and warnings on stderr", letter('q'))
          .add("verbose", &Common::verbose, "details on stderr", letter('v'))
          .add("json", &Common::json, "print one JSON object a line")
          .add("seed", &Common::seed, "random seed; equal seeds give equal bits")
          .add("threads", &Common::threads, "threads to use, 0 for all; never changes a bit of the output", at_least(0), at_most(1024))
          .add("from", &Common::from, "format of the inputs instead of sniffing it", of_family("format"))
          .add("to", &Common::to, "format of the output instead of the file name's extension", of_family("format"))
          .add("timeout", &Common::timeout, "seconds to wait for a peer or a socket", above(0))
          .add("expect", &Common::expect, "streams to wait for on a bound endpoint", at_least(1))
          .add("key", &Common::key, "this side's key file: sockets are encrypted and both sides prove who they are")
          .add("trust", &Common::trust, "file of the public keys that may be at the other end of a socket")
          .add("connections", &Common::connections, "connections to each peer; more carry encrypted bulk data faster", between(1, 64))
          .add("progress", &Common::progress, "a line on stderr that tells how far the run is: auto is on a terminal only", one_of({"auto", "always", "never"}))
          .add("strict", &Common::strict, "a bad input among many is an error, not dropped")
          .add("keep-going", &Common::keep_going, "name a bad input, finish the rest, exit 3")
          .add("insecure", &Common::insecure, "allow plaintext sockets beyond this machine")
          .add("limit-tensor", &Common::limit_tensor, "largest tensor to believe, in bytes", at_least(1))
          .add("limit-tensors", &Common::limit_tensors, "most tensors of a record to believe", at_least(1))
          .add("limit-pixels", &Common::limit_pixels, "most pixels of a picture to believe", at_least(1))
          .add("log", &Common::log, "file that messages are appended to, with time stamps: details, too, whatever -q and -v say")
          .add("config", &Common::config, "file of options, KEY = VALUE a line, under [VERB] for that verb only; the command line wins")
          .add("print-config", &Common::print_config, "print all options with their values, as --config reads them, and do nothing else");
  return options;
}

std::vector<OptionDoc> common_docs(const Verbs::Entry& verb) {
  const auto& honoured = verb.shape.common;
  const auto taken = [&](const std::string& name) {
    return name == "log" || name == "config" || name == "print-config" || std::find(honoured.begin(), honoured.end(), name) != honoured.end();
  };
  const auto hidden = [&](const std::string& name) {
    return std::any_of(verb.info.options.begin(), verb.info.options.end(), [&](const OptionDoc& own) { return own.name == name; });
  };
  std::vector<OptionDoc> docs;
  for (const auto& doc : common_options().docs())
    if (taken(doc.name) && !hidden(doc.name)) docs.push_back(doc);
  return docs;
}

void Verbs::sort() {
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.info.card.name < b.info.card.name; });
}

const Verbs::Entry* Verbs::find(const std::string& name) const {
  for (const auto& entry : entries_)
    if (entry.info.card.name == name) return &entry;
  return nullptr;
}

void Verbs::split_settings(const EntryInfo& info, const std::vector<OptionDoc>& shared, const Settings& given, Settings& own, Settings& rest) {
  const auto has = [](const std::vector<OptionDoc>& docs, const std::string& name) {
    return std::any_of(docs.begin(), docs.end(), [&](const OptionDoc& doc) { return doc.name == name; });
  };
  for (const auto& [name, value] : given) (has(info.options, name) || !has(shared, name) ? own : rest)[name] = value;
}

}  // namespace dml
