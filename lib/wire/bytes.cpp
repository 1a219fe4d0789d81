#include "wire/bytes.h"

#include <sys/mman.h>

#include <cstdlib>
#include <mutex>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace dml {
namespace {

constexpr std::size_t kRecycledFrom = 256 << 10;      // below this malloc is fast enough
constexpr std::size_t kMostKept = 128 << 20;          // bytes that wait for reuse, all together
constexpr std::size_t kHugePage = 2 << 20;
constexpr std::size_t kHugeFrom = 4 * kHugePage;      // reading and hashing a file goes a sixth faster into huge pages

// Large buffers that were freed, for the next request of about the same size.
class Recycler {
 public:
  std::byte* take(std::size_t size, std::size_t& capacity) {
    std::lock_guard lock(mutex_);
    for (auto it = free_.rbegin(); it != free_.rend(); ++it) {
      if (it->size < size || it->size > size + size / 4) continue;
      std::byte* data = it->data;
      capacity = it->size;
      kept_ -= it->size;
      free_.erase(std::next(it).base());
      return data;
    }
    return nullptr;
  }
  void give(std::byte* data, std::size_t size) {
    {
      std::lock_guard lock(mutex_);
      if (size >= kRecycledFrom && kept_ + size <= kMostKept) {
        free_.push_back({data, size});
        kept_ += size;
        return;
      }
    }
    std::free(data);
  }

 private:
  struct Free { std::byte* data; std::size_t size; };
  std::mutex mutex_;
  std::vector<Free> free_;
  std::size_t kept_ = 0;
};

Recycler& recycler() {
  static auto* shared = new Recycler;                  // never destroyed: buffers may outlive every static
  return *shared;
}

std::byte* allocate(std::size_t capacity) {
  if (capacity < kHugeFrom) return static_cast<std::byte*>(std::aligned_alloc(64, capacity));
  void* data = nullptr;                                    // aligned_alloc wants a multiple of the alignment
  if (posix_memalign(&data, kHugePage, capacity) != 0) return nullptr;
  madvise(data, capacity / kHugePage * kHugePage, MADV_HUGEPAGE);        // a wish: without it nothing but time is lost
  return static_cast<std::byte*>(data);
}

}  // namespace

Buffer::Buffer(std::size_t size) : size_(size) {
  std::size_t capacity = (size + 63) / 64 * 64;
  if (capacity == 0) capacity = 64;
  std::byte* data = size >= kRecycledFrom ? recycler().take(capacity, capacity) : nullptr;
  if (!data) data = allocate(capacity);
  if (!data) throw Error(Fault::system, "no memory for a buffer of " + format_bytes(static_cast<double>(size)));
  data_ = std::shared_ptr<std::byte>(data, [capacity](std::byte* p) { recycler().give(p, capacity); });
}

Bytes Buffer::freeze() && {
  const std::byte* data = data_.get();
  const std::size_t size = size_;
  size_ = 0;
  return {std::move(data_), data, size};
}

Bytes Bytes::copy(const void* data, std::size_t size) {
  Buffer buffer(size);
  if (size) std::memcpy(buffer.data(), data, size);
  return std::move(buffer).freeze();
}

}  // namespace dml
