#include "node/event_log.h"

#include <span>

namespace dml {

void EventFile::event(const RunEvent& event) {
  constexpr std::size_t kPending = 64 << 10;
  pending_ += to_json(event) + "\n";
  if (pending_.size() >= kPending) flush();
}

void EventFile::flush() {
  sink_->write(std::as_bytes(std::span(pending_)));
  pending_.clear();
}

void EventFile::close() {
  flush();
  sink_->commit();
}

}  // namespace dml
