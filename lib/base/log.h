// Messages for people. The library never prints: it hands lines to the sink that the tool installed (none by default).
#pragma once
#include <functional>
#include <string>

namespace dml {

// note: shown unless -q; detail: shown with -v; progress: one line that replaces the last of its kind
enum class Level { warning, note, detail, progress };

using LogSink = std::function<void(Level, const std::string&)>;

/// Installs the process's sink; called once by tool_main (and by tests that look at warnings).
void set_log_sink(LogSink sink);
void log(Level level, const std::string& line);
inline void warn(const std::string& line) { log(Level::warning, line); }

}  // namespace dml
