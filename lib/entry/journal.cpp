#include "entry/journal.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "base/error.h"
#include "base/text.h"

namespace dml {
namespace {

std::string now() {
  timespec time{};
  clock_gettime(CLOCK_REALTIME, &time);
  tm parts{};
  gmtime_r(&time.tv_sec, &parts);
  char text[40];
  const auto size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text + size, sizeof text - size, ".%03dZ", static_cast<int>(time.tv_nsec / 1'000'000));
  return text;
}

}  // namespace

Journal::~Journal() {
  if (file_ >= 0) close(file_);
}

void Journal::open(const std::string& path) {
  file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (file_ < 0) throw Error(Fault::system, "log " + quote(path) + " cannot be written: " + std::strerror(errno));
  path_ = path;
}

void Journal::line(std::string_view kind, std::string_view text) {
  std::lock_guard lock(mutex_);
  if (file_ < 0) return;
  std::string out = now() + " " + tool_ + "[" + std::to_string(getpid()) + "]: " + std::string(kind) + ": " + std::string(text) + "\n";
  const auto wrote = write(file_, out.data(), out.size());
  if (wrote != static_cast<ssize_t>(out.size()) && failure_.empty()) failure_ = wrote < 0 ? std::strerror(errno) : "the disk is full";
}

void Journal::check() const {
  std::lock_guard lock(mutex_);
  if (!failure_.empty()) throw Error(Fault::system, "log " + quote(path_) + " cannot be written: " + failure_);
}

}  // namespace dml
