// Wall and processor time of a piece of work, the best of several tries.
#pragma once
#include <algorithm>
#include <ctime>
#include <functional>

struct Times { double wall = 1e9, processor = 1e9; };      // seconds; processor: user + system of the whole process

inline double now(clockid_t clock) {
  timespec time;
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

inline void measure(const std::function<void()>& work, Times& best) {
  const double wall = now(CLOCK_MONOTONIC), processor = now(CLOCK_PROCESS_CPUTIME_ID);
  work();
  best.wall = std::min(best.wall, now(CLOCK_MONOTONIC) - wall);
  best.processor = std::min(best.processor, now(CLOCK_PROCESS_CPUTIME_ID) - processor);
}
