#include <zlib.h>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "wire/stream.h"

namespace dml {
namespace {

class GunzipSource final : public ByteSource {
 public:
  GunzipSource(std::unique_ptr<ByteSource> source, std::uint64_t limit) : source_(std::move(source)), limit_(limit), input_(64 << 10) {
    if (inflateInit2(&state_, 15 + 16) != Z_OK) throw Error(Fault::system, "no memory to inflate " + source_->name());
  }
  ~GunzipSource() override { inflateEnd(&state_); }

  std::size_t read(std::span<std::byte> out) override {
    state_.next_out = reinterpret_cast<Bytef*>(out.data());
    state_.avail_out = static_cast<uInt>(std::min<std::size_t>(out.size(), 1 << 30));
    const uInt wanted = state_.avail_out;
    while (state_.avail_out == wanted) {
      if (state_.avail_in == 0) {
        const std::size_t got = source_->read(input_);
        if (got == 0) {
          if (inside_) throw Error(Fault::input, name() + " ends early: its gz stream is cut");
          break;
        }
        state_.next_in = reinterpret_cast<Bytef*>(input_.data());
        state_.avail_in = static_cast<uInt>(got);
      }
      inside_ = true;
      const int code = inflate(&state_, Z_NO_FLUSH);
      if (code == Z_STREAM_END) {                          // another member may follow, as `cat a.gz b.gz` makes them
        inside_ = false;
        inflateReset(&state_);
      } else if (code != Z_OK && code != Z_BUF_ERROR) {
        throw Error(Fault::input, name() + " is no valid gz file");
      }
    }
    const std::size_t count = wanted - state_.avail_out;
    total_ += count;
    if (total_ > limit_)
      throw Error(Fault::input, name() + " inflates to more than the limit of " + format_bytes(static_cast<double>(limit_)));
    return count;
  }
  std::string name() const override { return source_->name(); }

 private:
  std::unique_ptr<ByteSource> source_;
  std::uint64_t limit_, total_ = 0;
  std::vector<std::byte> input_;
  z_stream state_{};
  bool inside_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> gunzip(std::unique_ptr<ByteSource> source, std::uint64_t limit) {
  return std::make_unique<GunzipSource>(std::move(source), limit);
}

bool looks_gzipped(std::span<const std::byte> head) {
  return head.size() >= 3 && head[0] == std::byte{0x1f} && head[1] == std::byte{0x8b} && head[2] == std::byte{8};
}

}  // namespace dml
