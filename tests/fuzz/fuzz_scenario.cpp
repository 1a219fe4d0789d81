// The text files of scenarios: churn traces, latency matrices, event logs. Any bytes: success or Error(input) in one line; a line of a log
// that was understood comes back as it was.
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "scenario/event_line.h"
#include "scenario/scenario.h"

using namespace dml;

namespace {

constexpr std::size_t kNodes = 3;

const Registry<Scenario>& scenarios() {
  static const auto* registry = [] {
    auto* made = new Registry<Scenario>("scenario");
    register_scenarios(*made);
    return made;
  }();
  return *registry;
}

// A nameless file with these bytes.
class Scratch {
 public:
  explicit Scratch(std::string_view text) : fd_(memfd_create("fuzz", MFD_CLOEXEC)) {
    if (fd_ < 0 || write(fd_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) fuzz::finding("no scratch file");
  }
  ~Scratch() { close(fd_); }
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

void check_part(const std::string& name, const std::string& path) {
  ScenarioSetup setup;
  setup.nodes = kNodes;
  setup.rounds = 10;
  fuzz::refuses_or_works(Fault::input, [&] {
    const auto part = scenarios().make(Component{name, {{"file", path}}})->begin(setup);
    for (const auto& happening : part->happenings()) {
      fuzz::must(happening.node < kNodes, "a node that there is not");
      fuzz::must(happening.time >= 0 && happening.seconds >= 0, "a time below 0");
    }
    Transit transit;
    transit.to = 1;
    part->pass(transit);
    fuzz::must(transit.delay >= 0 && transit.retry >= 0, "a delay below 0");
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const Scratch file(text);
  for (const char* name : {"churn", "latency", "replay"}) check_part(name, file.path());
  RunEvent event;
  if (fuzz::refuses_or_works(Fault::input, [&] { event = read_event(text.substr(0, text.find('\n')), "the first line"); })) {
    const std::string shown = to_json(event);
    fuzz::must(to_json(read_event(shown, "again")) == shown, "an event does not come back as it was shown");
  }
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  return {"0.5,1,pause\n1,2,crash\n1.5,1,resume # x\n2,2,join\n2,0,kill\n2.25,0,restart\n3,1,leave\n",
          "# seconds\n0 1 2e-3\n3 0 4\n5 6 0\n",
          "{\"time\": 0, \"event\": \"send\", \"from\": 0, \"to\": 1, \"round\": 0, \"bytes\": 0, \"number\": 0, \"delay\": 0.5, \"lost\": true, \"retry\": 0.2, "
          "\"final\": true, \"copies\": [0.5, 1e-9]}\n",
          "{\"time\": 0.25, \"event\": \"kill\", \"node\": 2, \"before\": 5, \"seconds\": 0.25, \"skipped\": true}\n{\"event\": \"crash\", \"node\": 1, \"at\": 3}\n"};
}
