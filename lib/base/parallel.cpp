#include "base/parallel.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace dml {
namespace {

thread_local int current_worker = 0;
thread_local bool inside = false;

struct Job {
  const std::function<void(std::size_t)>* body;
  std::size_t count;
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::size_t failed_index = 0;
  std::exception_ptr failure;

  void work() {
    inside = true;
    for (;;) {
      const std::size_t i = next.fetch_add(1, std::memory_order_relaxed);
      if (i >= count) break;
      try {
        (*body)(i);
      } catch (...) {
        std::lock_guard lock(mutex);
        if (!failure || i < failed_index) {
          failure = std::current_exception();
          failed_index = i;
        }
      }
    }
    inside = false;
  }
};

class Pool {
 public:
  explicit Pool(int count) {
    for (int i = 1; i < count; ++i) workers_.emplace_back([this, i] { loop(i); });
  }
  ~Pool() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    for (auto& worker : workers_) worker.join();
  }
  void run(Job& job) {
    std::lock_guard one_at_a_time(entry_);
    {
      std::lock_guard lock(mutex_);
      job_ = &job;
      busy_ = workers_.size();
      ++generation_;
    }
    wake_.notify_all();
    job.work();
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return busy_ == 0; });
    job_ = nullptr;
  }

 private:
  void loop(int index) {
    current_worker = index;
    std::size_t seen = 0;
    for (;;) {
      Job* job;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return stopping_ || generation_ != seen; });
        if (stopping_) return;
        seen = generation_;
        job = job_;
      }
      job->work();
      std::lock_guard lock(mutex_);
      if (--busy_ == 0) done_.notify_all();
    }
  }

  std::vector<std::thread> workers_;
  std::mutex entry_, mutex_;
  std::condition_variable wake_, done_;
  Job* job_ = nullptr;
  std::size_t busy_ = 0, generation_ = 0;
  bool stopping_ = false;
};

std::mutex pool_mutex;
std::unique_ptr<Pool> pool;
int wanted = 0;

}  // namespace

void set_threads(int count) {
  std::lock_guard lock(pool_mutex);
  if (count == wanted) return;
  wanted = count;
  pool.reset();
}

int threads() {
  std::lock_guard lock(pool_mutex);
  if (wanted == 0) wanted = std::max(1u, std::thread::hardware_concurrency());
  return wanted;
}

int worker_index() { return current_worker; }

void parallel_for(std::size_t count, const std::function<void(std::size_t)>& body) {
  if (inside || count < 2 || threads() == 1) {
    for (std::size_t i = 0; i < count; ++i) body(i);
    return;
  }
  Pool* shared;
  {
    std::lock_guard lock(pool_mutex);
    if (!pool) pool = std::make_unique<Pool>(wanted);
    shared = pool.get();
  }
  Job job;
  job.body = &body;
  job.count = count;
  shared->run(job);
  if (job.failure) std::rethrow_exception(job.failure);
}

void parallel_blocks(std::size_t size, std::size_t block, const std::function<void(std::size_t, std::size_t)>& body) {
  parallel_for((size + block - 1) / block,
               [&](std::size_t i) { body(i * block, std::min(size, (i + 1) * block)); });
}

}  // namespace dml
