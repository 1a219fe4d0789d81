#include "entry/messages.h"

#include <csignal>

#include "base/stop.h"

namespace dml {
namespace {

constexpr const char* kClear = "\r\x1b[K";                 // to the line's begin, delete to its end

void stop(int signal) {
  request_stop(signal);
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

}  // namespace

void Messages::message(Level level, const std::string& line) {
  std::lock_guard lock(mutex_);
  if (level == Level::progress) {
    if (!show_.progress) return;
    progress_ = tool_ + ": " + line;
    return draw(kClear + progress_);
  }
  const std::string kind = level == Level::warning ? "warning" : level == Level::note ? "note" : "detail";
  journal_.line(kind, line);
  if (show_.quiet || (level == Level::detail && !show_.verbose)) return;
  draw((progress_.empty() ? "" : kClear) + tool_ + ": " + kind + ": " + line + "\n" + progress_);
}

void Messages::end_progress() {
  std::lock_guard lock(mutex_);
  if (!progress_.empty()) draw("\n");
  progress_.clear();
}

void Messages::draw(const std::string& text) { to_ << text << std::flush; }

StopOnSignals::StopOnSignals() {
  for (const int signal : {SIGINT, SIGTERM}) {
    struct sigaction action {}, before {};
    // Who started this process in the background of a script, or with nohup, may have meant SIGINT to be ignored: it stays so.
    if (::sigaction(signal, nullptr, &before) == 0 && before.sa_handler == SIG_IGN && signal == SIGINT) continue;
    action.sa_handler = stop;
    ::sigaction(signal, &action, nullptr);
  }
}

StopOnSignals::~StopOnSignals() {
  for (const int signal : {SIGINT, SIGTERM}) {
    struct sigaction now {};
    if (::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == stop) std::signal(signal, SIG_DFL);
  }
}

}  // namespace dml
