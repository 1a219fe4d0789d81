// A node's parameter vector and the spare beside it. Payloads share the vector's memory, so a buffer is written only while nobody else
// holds it: in a synchronous run two buffers a node are enough, and nodes that start alike share one until they first write.
#pragma once
#include <atomic>

#include "objective/objective.h"

namespace dml {

class Parameters {
 public:
  explicit Parameters(Vec shared) : current_(std::move(shared)) {}

  const Vec& current() const { return current_; }

  /// The current vector, to be changed in place; copied first where others hold it.
  Vec& writable() {
    if (!alone(current_)) {
      spare().copy_(current_);
      swap();
    }
    return current_;
  }
  /// A buffer of the same size that nobody else holds; contents are left over.
  Vec& spare() {
    if (!spare_.defined() || !alone(spare_)) spare_ = torch::empty_like(current_);
    return spare_;
  }
  /// Makes the spare the current vector.
  void swap() { std::swap(current_, spare_); }

 private:
  // Holders only ever let go of a buffer that we do not hand out, so 1 stays 1; the fence makes their last reads happen before our writes.
  static bool alone(const Vec& x) {
    if (x.use_count() != 1) return false;
    std::atomic_thread_fence(std::memory_order_acquire);
    return true;
  }
  Vec current_, spare_;
};

}  // namespace dml
