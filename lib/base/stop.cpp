#include "base/stop.h"

#include <atomic>

namespace dml {
namespace {

std::atomic<int> requested{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may not wait");

}  // namespace

void request_stop(int signal) {
  int none = 0;
  requested.compare_exchange_strong(none, signal);
}
int stop_requested() { return requested.load(); }
void clear_stop() { requested.store(0); }

}  // namespace dml
