// Churn from a file: `time,node,event` a line, # comments, times in seconds that never go back. Events: crash leave join pause resume kill
// restart. A pause lasts until its resume, a kill until its restart. A node whose first event is join is absent from the start; one that
// crashed or left may join again. Anything that does not fit, such as a crash of a node that is not there, is refused with its line.
// Source: traces of availability, Rhea et al., USENIX ATC 2004; Kondo et al., CCGrid 2010 (failure trace archive).
#include <map>

#include "base/error.h"
#include "base/text.h"
#include "scenario/when.h"
#include "wire/lines.h"

namespace dml {
namespace {

struct ChurnOptions {
  std::string file = required;
  double detect = 0.3;
};

enum class Presence { present, gone, paused, dead };

class Trace {
 public:
  Trace(const ChurnOptions& options, const ScenarioSetup& setup) : options_(options), setup_(setup), lines_(options.file) {}

  std::vector<Happening> read() {
    while (lines_.next()) take(split(std::string_view(lines_.line()).substr(0, lines_.line().find('#')), ','));
    for (const auto& [node, stand] : stands_)
      if (stand.presence == Presence::paused || stand.presence == Presence::dead)
        throw Error(Fault::input, stand.where + ": node " + std::to_string(node) + " never " + (stand.presence == Presence::paused ? "resumes" : "restarts"));
    if (out_.empty()) throw Error(Fault::input, quote(options_.file) + " holds no event");
    return std::move(out_);
  }

 private:
  struct Stand {
    Presence presence = Presence::present;
    std::size_t since = 0;                                 // index of the pause or kill in out_
    std::string where;
  };

  [[noreturn]] void fail(const std::string& what, const std::string& hint = {}) const { throw Error(Fault::input, lines_.where() + ": " + what, hint); }

  static std::string trimmed(const std::string& text) {
    const auto from = text.find_first_not_of(" \t");
    return from == std::string::npos ? std::string() : text.substr(from, text.find_last_not_of(" \t") - from + 1);
  }

  void take(const std::vector<std::string>& fields) {
    if (fields.size() != 3) fail(quote(lines_.line().substr(0, 80)) + " is no event", "write time,node,event");
    const auto time = parse_number(trimmed(fields[0]));
    if (!time || *time < 0) fail(quote(fields[0]) + " is no time in seconds");
    if (*time < last_) fail("time " + format_number(*time) + " lies before that of the event above, " + format_number(last_));
    last_ = *time;
    const auto node = parse_unsigned(trimmed(fields[1]));
    if (!node) fail(quote(fields[1]) + " is no node number");
    if (*node >= setup_.nodes) fail("node " + std::to_string(*node) + " is not among 0.." + std::to_string(setup_.nodes - 1));
    apply(static_cast<NodeId>(*node), trimmed(fields[2]));
  }

  void apply(NodeId node, const std::string& event) {
    const bool first = stands_.count(node) == 0;
    Stand& stand = stands_[node];
    const auto upset = read_upset(event);
    if (!upset && event != "resume" && event != "restart")
      fail(quote(event) + " is no event", "crash, leave, join, pause, resume, kill or restart");
    if (event == "resume" || event == "restart") {
      const bool fits = stand.presence == (event == "resume" ? Presence::paused : Presence::dead);
      if (!fits) fail("node " + std::to_string(node) + (event == "resume" ? " was not paused" : " was not killed"));
      out_[stand.since].seconds = last_ - out_[stand.since].time;
      stand.presence = Presence::present;
      return;
    }
    const auto needed = upset == Upset::join ? Presence::gone : Presence::present;
    if (stand.presence != needed && !(first && upset == Upset::join)) fail("node " + std::to_string(node) + " cannot " + event + ": it " + words(stand.presence));
    out_.push_back({*upset, node, std::nullopt, last_, upset == Upset::crash ? options_.detect : 0});
    stand = {after(*upset), out_.size() - 1, lines_.where()};
  }

  static Presence after(Upset upset) {
    switch (upset) {
      case Upset::crash: case Upset::leave: return Presence::gone;
      case Upset::pause: return Presence::paused;
      case Upset::kill: return Presence::dead;
      case Upset::join: break;
    }
    return Presence::present;
  }
  static std::string words(Presence presence) {
    switch (presence) {
      case Presence::gone: return "is not there";
      case Presence::paused: return "is paused";
      case Presence::dead: return "was killed and has not restarted";
      case Presence::present: break;
    }
    return "is there";
  }

  const ChurnOptions& options_;
  const ScenarioSetup& setup_;
  LineReader lines_;
  double last_ = 0;
  std::map<NodeId, Stand> stands_;
  std::vector<Happening> out_;
};

class Churn final : public Scenario {
 public:
  explicit Churn(ChurnOptions options) : options_(std::move(options)) {}
  std::unique_ptr<Disturbance> begin(const ScenarioSetup& setup) const override {
    return std::make_unique<Timeline>(Trace(options_, setup).read());
  }

 private:
  ChurnOptions options_;
};

}  // namespace

void register_churn(Registry<Scenario>& registry) {
  registry.add<Churn>({"churn", "nodes come and go as a file says", "traces of availability: Kondo et al., CCGrid 2010"},
                      Options<ChurnOptions>()
                          .add("file", &ChurnOptions::file, "text, 'time,node,event' a line")
                          .add("detect", &ChurnOptions::detect, "seconds until the others notice a crash", at_least(0)));
}

}  // namespace dml
