// Preallocated scratch that several threads borrow: no allocation per step, no data races whoever calls (pool threads, or the network
// threads of a test, which all have worker_index() 0).
#pragma once
#include <memory>
#include <mutex>
#include <vector>

#include "base/parallel.h"

namespace dml {

template <class W>
class WorkspacePool {
 public:
  /// Lends a workspace until the lease is destroyed. A thread of the pool gets the same one again where it can: it is warm in its cache.
  class Lease {
   public:
    Lease(WorkspacePool& pool, std::size_t slot, W* work) : pool_(&pool), slot_(slot), work_(work) {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() { pool_->give_back(slot_); }
    W& operator*() const { return *work_; }
    W* operator->() const { return work_; }

   private:
    WorkspacePool* pool_;
    std::size_t slot_;
    W* work_;
  };

  Lease borrow() {
    std::lock_guard lock(mutex_);
    const auto wanted = static_cast<std::size_t>(worker_index());
    if (wanted < slots_.size() && !slots_[wanted].lent) return lend(wanted);
    for (std::size_t i = 0; i < slots_.size(); ++i)
      if (!slots_[i].lent) return lend(i);
    slots_.push_back({std::make_unique<W>(), false});
    return lend(slots_.size() - 1);
  }

 private:
  struct Slot {
    std::unique_ptr<W> work;
    bool lent = false;
  };
  Lease lend(std::size_t slot) {
    slots_[slot].lent = true;
    return Lease(*this, slot, slots_[slot].work.get());
  }
  void give_back(std::size_t slot) {
    std::lock_guard lock(mutex_);
    slots_[slot].lent = false;
  }
  std::mutex mutex_;
  std::vector<Slot> slots_;
};

}  // namespace dml
