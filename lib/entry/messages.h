// What a person sees on stderr: messages, and one line about the progress of the run that is rewritten below them.
#pragma once
#include <mutex>
#include <ostream>
#include <string>

#include "base/log.h"

namespace dml {

class Messages {
 public:
  struct Show { bool quiet = false, verbose = false, progress = false; };
  Messages(std::ostream& to, std::string tool) : to_(to), tool_(std::move(tool)) {}
  void show(Show show) { show_ = show; }
  /// From any thread.
  void message(Level level, const std::string& line);
  /// The last progress line stays, what follows begins below it.
  void end_progress();

 private:
  void draw(const std::string& text);
  std::ostream& to_;
  const std::string tool_;
  Show show_;
  std::mutex mutex_;
  std::string progress_;
};

/// While one lives, the first SIGINT or SIGTERM becomes a stop_requested(), the second ends the process at once.
class StopOnSignals {
 public:
  StopOnSignals();
  ~StopOnSignals();
};

}  // namespace dml
