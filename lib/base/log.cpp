#include "base/log.h"

#include <mutex>

namespace dml {
namespace {
std::mutex mutex;
LogSink& sink() {
  static LogSink installed;
  return installed;
}
}  // namespace

void set_log_sink(LogSink next) {
  std::lock_guard lock(mutex);
  sink() = std::move(next);
}

void log(Level level, const std::string& line) {
  std::lock_guard lock(mutex);
  if (sink()) sink()(level, line);
}

}  // namespace dml
