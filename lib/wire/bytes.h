// Shared, immutable bytes: what tensors hold. Copies share the storage; a slice keeps its owner alive. Buffers are 64-byte aligned
// and large ones are recycled, because fresh pages cost more than the copy into them.
#pragma once
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace dml {

class Bytes {
 public:
  Bytes() = default;
  Bytes(std::shared_ptr<const void> owner, const std::byte* data, std::size_t size) : owner_(std::move(owner)), data_(data), size_(size) {}
  static Bytes copy(const void* data, std::size_t size);
  static Bytes copy(std::string_view text) { return copy(text.data(), text.size()); }

  const std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }
  std::span<const std::byte> span() const { return {data_, size_}; }
  Bytes slice(std::size_t from, std::size_t count) const { return {owner_, data_ + from, count}; }
  bool operator==(const Bytes& other) const { return size_ == other.size_ && (size_ == 0 || std::memcmp(data_, other.data_, size_) == 0); }

 private:
  std::shared_ptr<const void> owner_;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// A fresh buffer to be written once and then frozen into Bytes. Contents are not initialised. Error(system) when memory is short.
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t size);
  std::byte* data() { return data_.get(); }
  template <class T> T* as() { return reinterpret_cast<T*>(data_.get()); }
  std::size_t size() const { return size_; }
  std::span<std::byte> span() { return {data_.get(), size_}; }
  Bytes freeze() &&;

 private:
  std::shared_ptr<std::byte> data_;
  std::size_t size_ = 0;
};

}  // namespace dml
