// What a run says: messages on stderr, with one line about its progress that is rewritten below them, and the file of --log.
#pragma once
#include <mutex>
#include <ostream>
#include <string>

#include "base/log.h"
#include "entry/journal.h"

namespace dml {

class Messages {
 public:
  struct Show { bool quiet = false, verbose = false, progress = false; };
  Messages(std::ostream& to, std::string tool) : to_(to), tool_(std::move(tool)), journal_(tool_) {}
  void show(Show show) { show_ = show; }
  Journal& journal() { return journal_; }
  /// From any thread. The journal gets all but the progress, whatever is shown.
  void message(Level level, const std::string& line);
  /// The last progress line stays, what follows begins below it.
  void end_progress();

 private:
  void draw(const std::string& text);
  std::ostream& to_;
  const std::string tool_;
  Journal journal_;
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
