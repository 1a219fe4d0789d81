// dtrain rerun FILE [INPUT...]: runs the command that FILE's header describes once more and writes the same bytes, wherever the results are
// reproducible at all (same build, libraries and CPU kernel). A header knows options and seed, not the inputs: those are given again.
#include "base/text.h"
#include "entry/verb.h"
#include "train/program.h"

namespace dml {
namespace {

bool same_run(const StreamHeader& a, const StreamHeader& b) {
  return a.tool == b.tool && a.version == b.version && a.verb == b.verb && a.options == b.options && a.seed == b.seed;
}

class Rerun final : public Verb {
 public:
  int run(Invocation& call) override {
    const std::string& file = call.inputs().front();
    const std::string where = file == "-" ? "standard input" : quote(file);
    const StreamHeader header = only_header(call, file, where);
    if (header.tool == call.tool() && call.families().get<Program>().find(header.verb) && !header.options.count("nodes"))
      throw Error(Fault::usage, where + " was written by one node of a network, not by a whole run", "start all nodes again, or simulate them with --nodes");
    return call.repeat(header, where, {call.inputs().begin() + 1, call.inputs().end()});
  }

 private:
  // Reads to the end: a cut file describes no run that ended.
  static StreamHeader only_header(Invocation& call, const std::string& file, const std::string& where) {
    const auto reader = call.reader(file);
    const StreamHeader first = reader->header();
    while (reader->next_head())
      if (!same_run(first, reader->header())) throw Error(Fault::input, where + " holds streams of several runs", "repeat one at a time");
    return first;
  }
};

}  // namespace

void register_rerun(Verbs& verbs) {
  verbs.add<Rerun>({"rerun", "repeat the run that a stream's header describes: the same bytes", "formats/dml.md, header"},
                   {"FILE [INPUT...]", 1, kAnyNumber, Output::records, reads_and_writes({"threads"})});
}

}  // namespace dml
