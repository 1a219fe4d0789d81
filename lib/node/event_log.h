// --event-log: everything that happens in a simulation, a JSON object a line (scenario/event_line.h), in the order in which it happens.
// The scenario replay:file=LOG runs it again to the same bits.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "scenario/event_line.h"
#include "wire/stream.h"

namespace dml {

class EventLog {
 public:
  virtual ~EventLog() = default;
  virtual void event(const RunEvent& event) = 0;
};

/// A regular file appears under its name at close(), and not at all without it.
class EventFile final : public EventLog {
 public:
  explicit EventFile(const std::string& path) : sink_(open_file_sink(path)) {}   // Error(system) when it cannot be written
  void event(const RunEvent& event) override;
  void close();

 private:
  void flush();
  std::unique_ptr<ByteSink> sink_;
  std::string pending_;
};

/// Keeps all events.
class EventList final : public EventLog {
 public:
  void event(const RunEvent& event) override { events_.push_back(event); }
  const std::vector<RunEvent>& events() const { return events_; }

 private:
  std::vector<RunEvent> events_;
};

}  // namespace dml
