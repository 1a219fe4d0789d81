// A line of an event log: one JSON object without nesting, keys in a fixed order, absent where they say nothing.
//   time      virtual seconds
//   event     send deliver repeat corrupt stale late gone lost      of messages
//             crash leave join pause kill                            of nodes, as a scenario asked
//             noticed resumed restarted transfer joined              what followed
//   from to round bytes                                              of messages; number: of the transmissions of that link
//   delay lost corrupt retry final copies                            what becomes of a transmission, see Transit
//   node before at seconds skipped                                   of nodes, see Happening (before: its round, at: its time)
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "scenario/scenario.h"

namespace dml {

struct RunEvent {
  double time = 0;
  std::string event;
  std::optional<NodeId> from, to, node;
  std::optional<std::uint64_t> round, bytes;
  std::optional<std::uint32_t> number;
  double delay = 0;
  bool lost = false, corrupt = false;
  std::optional<double> retry;
  bool final = false;
  std::vector<double> copies;
  std::optional<std::uint64_t> before;
  std::optional<double> at;
  double seconds = 0;
  bool skipped = false;                                    // it could not happen: the node was gone or done

  bool operator==(const RunEvent&) const = default;
};

std::string to_json(const RunEvent& event);
/// Back from one line. Error(input) naming `where` when it is no such object; unknown keys are refused, too.
RunEvent read_event(std::string_view line, const std::string& where);

}  // namespace dml
