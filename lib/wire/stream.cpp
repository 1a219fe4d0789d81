#include "wire/stream.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/error.h"
#include "base/text.h"

namespace dml {
namespace {

constexpr std::size_t kBuffer = 256 << 10;

std::string reason() { return std::strerror(errno); }

class FileSource final : public ByteSource {
 public:
  FileSource(int fd, bool owned, std::string name) : fd_(fd), owned_(owned), name_(std::move(name)) {
    struct stat info;
    if (fstat(fd_, &info) == 0 && S_ISREG(info.st_mode)) {
      start_ = lseek(fd_, 0, SEEK_CUR);
      if (start_ >= 0) left_ = static_cast<std::uint64_t>(std::max<off_t>(0, info.st_size - start_));
      posix_fadvise(fd_, 0, 0, POSIX_FADV_SEQUENTIAL);
    }
  }
  ~FileSource() override {
    if (owned_) close(fd_);
  }
  std::size_t read(std::span<std::byte> out) override {
    const std::size_t got = attempt([&] { return ::read(fd_, out.data(), std::min<std::size_t>(out.size(), 1 << 30)); });
    if (left_) *left_ -= std::min<std::uint64_t>(*left_, got);
    return got;
  }
  std::string name() const override { return name_; }
  std::optional<std::uint64_t> remaining() const override { return left_; }
  bool can_read_at() const override { return left_.has_value(); }
  std::size_t read_at(std::uint64_t offset, std::span<std::byte> out) override {
    return attempt([&] { return pread(fd_, out.data(), std::min<std::size_t>(out.size(), 1 << 30), start_ + static_cast<off_t>(offset)); });
  }

 private:
  template <class Read>
  std::size_t attempt(Read read) const {
    for (;;) {
      const ssize_t got = read();
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) throw Error(Fault::input, name_ + " cannot be read: " + reason());
    }
  }
  int fd_;
  bool owned_;
  std::string name_;
  off_t start_ = 0;                                        // standard input may be a file that somebody has read into
  std::optional<std::uint64_t> left_;
};

class MemorySource final : public ByteSource {
 public:
  MemorySource(Bytes data, std::string name) : data_(std::move(data)), name_(std::move(name)) {}
  std::size_t read(std::span<std::byte> out) override {
    const std::size_t count = MemorySource::read_at(at_, out);
    at_ += count;
    return count;
  }
  std::string name() const override { return name_; }
  std::optional<std::uint64_t> remaining() const override { return data_.size() - at_; }
  bool can_read_at() const override { return true; }
  std::size_t read_at(std::uint64_t offset, std::span<std::byte> out) override {
    if (offset >= data_.size()) return 0;
    const std::size_t count = std::min<std::size_t>(out.size(), data_.size() - offset);
    std::copy_n(data_.data() + offset, count, out.data());
    return count;
  }

 private:
  Bytes data_;
  std::string name_;
  std::size_t at_ = 0;
};

void write_all(int fd, std::span<const std::byte> data, const std::string& name) {
  while (!data.empty()) {
    const ssize_t done = ::write(fd, data.data(), std::min<std::size_t>(data.size(), 1 << 30));
    if (done < 0) {
      if (errno == EINTR) continue;
      if (errno == EPIPE) throw ClosedPipe();
      throw Error(Fault::system, name + " cannot be written: " + reason());
    }
    data = data.subspan(static_cast<std::size_t>(done));
  }
}

/// Devices, FIFOs and standard output: what is written is written.
class ThroughSink final : public ByteSink {
 public:
  ThroughSink(int fd, bool owned, std::string name) : fd_(fd), owned_(owned), name_(std::move(name)) {}
  ~ThroughSink() override {
    if (owned_ && fd_ >= 0) close(fd_);
  }
  void write(std::span<const std::byte> data) override { write_all(fd_, data, name_); }
  void commit() override {
    if (!owned_) return;
    if (close(std::exchange(fd_, -1)) != 0) throw Error(Fault::system, name_ + " cannot be written: " + reason());
  }
  std::string name() const override { return name_; }

 private:
  int fd_;
  bool owned_;
  std::string name_;
};

/// A regular or absent target: written into a nameless file of its folder (or a hidden one where the file system has no nameless
/// files) and renamed over the target by commit().
class RenameSink final : public ByteSink {
 public:
  RenameSink(std::filesystem::path target, std::string name) : target_(std::move(target)), name_(std::move(name)) {
    const auto folder = target_.parent_path().empty() ? std::filesystem::path(".") : target_.parent_path();
    hidden_ = folder / ("." + target_.filename().string() + "." + std::to_string(getpid()) + ".part");
    fd_ = open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
    if (fd_ < 0) {
      fd_ = open(hidden_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
      named_ = fd_ >= 0;
    }
    if (fd_ < 0) throw Error(Fault::system, name_ + " cannot be written: " + reason());
    struct stat old;
    if (stat(target_.c_str(), &old) == 0) fchmod(fd_, old.st_mode & 07777);
  }
  ~RenameSink() override {
    if (fd_ >= 0) close(fd_);
    if (named_) unlink(hidden_.c_str());
  }
  void write(std::span<const std::byte> data) override { write_all(fd_, data, name_); }
  bool can_rewrite() const override { return true; }
  void write_at(std::uint64_t offset, std::span<const std::byte> data) override {
    while (!data.empty()) {
      const ssize_t done = pwrite(fd_, data.data(), std::min<std::size_t>(data.size(), 1 << 30), static_cast<off_t>(offset));
      if (done < 0 && errno != EINTR) throw Error(Fault::system, name_ + " cannot be written: " + reason());
      offset += static_cast<std::uint64_t>(std::max<ssize_t>(0, done));
      data = data.subspan(static_cast<std::size_t>(std::max<ssize_t>(0, done)));
    }
  }
  void read_at(std::uint64_t offset, std::span<std::byte> out) override {
    while (!out.empty()) {
      const ssize_t got = pread(fd_, out.data(), std::min<std::size_t>(out.size(), 1 << 30), static_cast<off_t>(offset));
      if (got == 0 || (got < 0 && errno != EINTR)) throw Error(Fault::system, name_ + " cannot be written: what was written does not read back");
      offset += static_cast<std::uint64_t>(std::max<ssize_t>(0, got));
      out = out.subspan(static_cast<std::size_t>(std::max<ssize_t>(0, got)));
    }
  }
  void commit() override {
    if (!named_) {
      const std::string self = "/proc/self/fd/" + std::to_string(fd_);
      unlink(hidden_.c_str());
      if (linkat(AT_FDCWD, self.c_str(), AT_FDCWD, hidden_.c_str(), AT_SYMLINK_FOLLOW) != 0)
        throw Error(Fault::system, name_ + " cannot be written: " + reason());
      named_ = true;
    }
    if (close(std::exchange(fd_, -1)) != 0 || rename(hidden_.c_str(), target_.c_str()) != 0)
      throw Error(Fault::system, name_ + " cannot be written: " + reason());
    named_ = false;
  }
  std::string name() const override { return name_; }

 private:
  std::filesystem::path target_, hidden_;
  std::string name_;
  int fd_ = -1;
  bool named_ = false;
};

}  // namespace

std::size_t ByteSource::read_at(std::uint64_t, std::span<std::byte>) { throw Error(Fault::bug, name() + " is read from one end to the other only"); }
void ByteSink::write_at(std::uint64_t, std::span<const std::byte>) { throw Error(Fault::bug, name() + " is written from one end to the other only"); }
void ByteSink::read_at(std::uint64_t, std::span<std::byte>) { throw Error(Fault::bug, name() + " is written only"); }

BufferedSource::BufferedSource(std::unique_ptr<ByteSource> source)
    : source_(std::move(source)), buffer_(new std::byte[kBuffer]) {}
BufferedSource::~BufferedSource() = default;

std::span<const std::byte> BufferedSource::peek(std::size_t wanted) {
  if (end_ - start_ < wanted && start_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + start_, end_ - start_);
    end_ -= start_;
    start_ = 0;
  }
  while (end_ - start_ < wanted) {
    const std::size_t got = source_->read({buffer_.get() + end_, kBuffer - end_});
    if (got == 0) break;
    end_ += got;
  }
  return {buffer_.get() + start_, end_ - start_};
}

void BufferedSource::skip(std::size_t count) { start_ += count; }

std::size_t BufferedSource::read(std::span<std::byte> out) {
  if (out.empty()) return 0;
  if (start_ == end_) {
    if (out.size() >= kBuffer) return source_->read(out);
    peek(1);
  }
  const std::size_t count = std::min(out.size(), end_ - start_);
  std::copy_n(buffer_.get() + start_, count, out.data());
  start_ += count;
  return count;
}

bool BufferedSource::read_exactly(std::span<std::byte> out) {
  while (!out.empty()) {
    const std::size_t got = read(out);
    if (got == 0) return false;
    out = out.subspan(got);
  }
  return true;
}

std::optional<std::uint64_t> BufferedSource::remaining() const {
  const auto left = source_->remaining();
  if (!left) return std::nullopt;
  return *left + (end_ - start_);
}

std::optional<Bytes> read_bytes(ByteSource& source, std::uint64_t count) {
  const auto left = source.remaining();
  if (left && *left < count) return std::nullopt;
  constexpr std::uint64_t kTrusted = 64 << 20;             // taken on the word of a pipe
  Buffer buffer(left ? count : std::min(count, kTrusted));
  for (std::size_t have = 0; have < count;) {
    if (have == buffer.size()) {
      Buffer larger(std::min<std::uint64_t>(count, have + std::uint64_t{have}));
      std::memcpy(larger.data(), buffer.data(), have);
      buffer = std::move(larger);
    }
    const std::size_t got = source.read(buffer.span().subspan(have));
    if (got == 0) return std::nullopt;
    have += got;
  }
  return std::move(buffer).freeze();
}

std::optional<Bytes> read_bytes_at(ByteSource& source, std::uint64_t offset, std::uint64_t count) {
  Buffer buffer(count);
  for (auto out = buffer.span(); !out.empty();) {
    const std::size_t got = source.read_at(offset, out);
    if (got == 0) return std::nullopt;
    offset += got;
    out = out.subspan(got);
  }
  return std::move(buffer).freeze();
}

Bytes read_all(ByteSource& source, std::uint64_t limit) {
  Buffer buffer(std::max<std::uint64_t>(1 << 16, std::min(limit, source.remaining().value_or(0))));
  std::size_t have = 0;
  for (;;) {
    if (have == buffer.size()) {
      Buffer larger(2 * have);
      std::memcpy(larger.data(), buffer.data(), have);
      buffer = std::move(larger);
    }
    const std::size_t got = source.read(buffer.span().subspan(have));
    if (got == 0) break;
    have += got;
    if (have > limit) throw Error(Fault::input, source.name() + " is longer than the limit of " + format_bytes(static_cast<double>(limit)));
  }
  return std::move(buffer).freeze().slice(0, have);
}

std::unique_ptr<ByteSource> open_file_source(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const std::string name = quote(path);
  if (fd < 0) throw Error(Fault::input, name + " cannot be read: " + reason());
  struct stat info;
  if (fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
    close(fd);
    throw Error(Fault::input, name + " is a folder, not a file");
  }
  return std::make_unique<FileSource>(fd, true, name);
}

std::unique_ptr<ByteSource> stdin_source() { return std::make_unique<FileSource>(0, false, "standard input"); }

std::unique_ptr<ByteSource> memory_source(std::span<const std::byte> data, std::string name) {
  return std::make_unique<MemorySource>(Bytes(nullptr, data.data(), data.size()), std::move(name));
}
std::unique_ptr<ByteSource> memory_source(Bytes data, std::string name) { return std::make_unique<MemorySource>(std::move(data), std::move(name)); }

std::unique_ptr<ByteSink> open_file_sink(const std::string& path) {
  std::error_code code;
  std::filesystem::path target(path);
  // Follow links first, so that the link stays and its target is replaced; a dangling link names an absent target.
  for (int hops = 0; std::filesystem::is_symlink(target, code); ++hops) {
    if (hops == 40) throw Error(Fault::system, quote(path) + " is a loop of links");
    const auto next = std::filesystem::read_symlink(target, code);
    target = next.is_absolute() ? next : target.parent_path() / next;
  }
  const auto status = std::filesystem::status(target, code);
  if (std::filesystem::is_directory(status)) throw Error(Fault::system, quote(path) + " is a folder, not a file");
  if (!std::filesystem::exists(status) || std::filesystem::is_regular_file(status)) return std::make_unique<RenameSink>(target, quote(path));
  const int fd = open(target.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) throw Error(Fault::system, quote(path) + " cannot be written: " + reason());
  return std::make_unique<ThroughSink>(fd, true, quote(path));
}

std::unique_ptr<ByteSink> stdout_sink() { return std::make_unique<ThroughSink>(1, false, "standard output"); }

}  // namespace dml
