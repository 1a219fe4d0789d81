#include "wire/zip.h"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"
#include "wire/zip_layout.h"

namespace dml {

using namespace zip_layout;

namespace {

std::uint64_t number(const std::byte* at, int bytes) {
  std::uint64_t out = 0;
  for (int i = bytes - 1; i >= 0; --i) out = out << 8 | std::to_integer<std::uint64_t>(at[i]);
  return out;
}
std::string text_at(const std::byte* at, std::size_t size) { return {reinterpret_cast<const char*>(at), size}; }

/// Stored bytes of an entry, or what they inflate to.
class EntrySource final : public ByteSource {
 public:
  EntrySource(ByteSource& archive, std::uint64_t start, const ZipEntry& entry, std::string name)
      : archive_(archive), at_(start), entry_(entry), name_(std::move(name)), left_stored_(entry.stored) {
    if (entry_.deflated && inflateInit2(&state_, -15) != Z_OK) throw Error(Fault::system, "no memory to inflate " + name_);
  }
  ~EntrySource() override {
    if (entry_.deflated) inflateEnd(&state_);
  }
  std::string name() const override { return name_; }
  // What deflated bytes become is known when they have arrived; until then nobody should take memory for it.
  std::optional<std::uint64_t> remaining() const override {
    if (entry_.deflated) return std::nullopt;
    return left_stored_;
  }
  std::size_t read(std::span<std::byte> out) override {
    const std::size_t count = entry_.deflated ? inflated(out.first(std::min<std::uint64_t>(out.size(), entry_.size - given_))) : stored(out);
    crc_ = crc32_z(crc_, reinterpret_cast<const Bytef*>(out.data()), count);
    given_ += count;
    if (given_ == entry_.size && !std::exchange(checked_, true)) check_end();
    return count;
  }

 private:
  std::size_t stored(std::span<std::byte> out) {
    out = out.first(std::min<std::uint64_t>({out.size(), left_stored_, kPiece}));
    if (out.empty()) return 0;
    const std::size_t got = archive_.read_at(at_, out);
    if (got == 0) throw Error(Fault::input, name_ + " ends early");
    at_ += got;
    left_stored_ -= got;
    return got;
  }
  std::size_t inflated(std::span<std::byte> out) {
    out = out.first(std::min(out.size(), kPiece));
    state_.next_out = reinterpret_cast<Bytef*>(out.data());
    state_.avail_out = static_cast<uInt>(out.size());
    while (state_.avail_out == out.size() && !out.empty()) step();
    return out.size() - state_.avail_out;
  }
  void step() {
    if (state_.avail_in == 0) {
      state_.next_in = reinterpret_cast<Bytef*>(input_.data());
      state_.avail_in = static_cast<uInt>(stored(input_));
    }
    const int code = inflate(&state_, Z_NO_FLUSH);         // without input, too: a copy may be under way
    if (code == Z_STREAM_END) ended_ = true;
    else if (code == Z_BUF_ERROR ? state_.avail_in == 0 && left_stored_ == 0 : code != Z_OK) throw Error(Fault::input, name_ + " is damaged: it does not inflate");
    if (ended_ && state_.total_out < entry_.size) throw Error(Fault::input, name_ + " inflates to less than it claims");
  }

  void check_end() {
    std::byte more;
    while (entry_.deflated && !ended_) {
      state_.next_out = reinterpret_cast<Bytef*>(&more);
      state_.avail_out = 1;
      step();
      if (state_.avail_out == 0) throw Error(Fault::input, name_ + " inflates to more than it claims");
    }
    if (entry_.deflated && (left_stored_ != 0 || state_.avail_in != 0)) throw Error(Fault::input, name_ + " goes on after what it inflates to");
    if (crc_ != entry_.crc) throw Error(Fault::input, name_ + " is damaged: its checksum does not fit");
  }

  static constexpr std::size_t kPiece = 1 << 20;           // stays in the cache until its checksum is taken
  ByteSource& archive_;
  std::uint64_t at_;
  ZipEntry entry_;
  std::string name_;
  std::uint64_t left_stored_, given_ = 0;
  uLong crc_ = 0;
  z_stream state_{};
  std::vector<std::byte> input_ = std::vector<std::byte>(64 << 10);
  bool ended_ = false, checked_ = false;
};

// Numbers of which the directory has room for 32 bits only follow in the field of type 1. False when it is too short.
bool read_wide_numbers(std::span<const std::byte> fields, ZipEntry& entry) {
  while (fields.size() >= 4) {
    const std::size_t size = std::min<std::size_t>(fields.size() - 4, number(fields.data() + 2, 2));
    auto value = fields.subspan(4, size);
    if (number(fields.data(), 2) == 1) {
      for (std::uint64_t* slot : {&entry.size, &entry.stored, &entry.offset}) {
        if (*slot != kFull32) continue;
        if (value.size() < 8) return false;
        *slot = number(value.data(), 8);
        value = value.subspan(8);
      }
      return true;
    }
    fields = fields.subspan(4 + size);
  }
  return true;
}

}  // namespace

ZipReader::ZipReader(std::unique_ptr<ByteSource> source, std::uint64_t most) : source_(std::move(source)), most_(most) {
  const Directory directory = find_directory(source_->remaining().value());
  read_directory(directory);
  check_places(directory.offset);
}

void ZipReader::refuse(const std::string& what) const { throw Error(Fault::input, source_->name() + " " + what); }

// The end record stands last, with a comment of a length that it names; a zip64 record may stand before it.
ZipReader::Directory ZipReader::find_directory(std::uint64_t file_size) {
  const std::uint64_t tail_size = std::min<std::uint64_t>(file_size, kEndSize + kMostComment), tail_start = file_size - tail_size;
  const auto tail = read_bytes_at(*source_, tail_start, tail_size);
  if (!tail) refuse("changed while it was read");
  const std::byte* end = nullptr;
  for (std::size_t at = tail_size < kEndSize ? 0 : tail_size - kEndSize + 1; at-- > 0 && !end;) {
    const std::byte* here = tail->data() + at;
    if (number(here, 4) == kEnd && at + kEndSize + number(here + 20, 2) == tail_size) end = here;
  }
  if (!end) refuse("is no whole zip archive: it has no end record");
  const std::uint64_t end_at = tail_start + static_cast<std::uint64_t>(end - tail->data());
  comment_ = text_at(end + kEndSize, number(end + 20, 2));
  Directory out{number(end + 16, 4), number(end + 12, 4), number(end + 10, 2), end_at};
  if (number(end + 4, 4) != 0 || number(end + 8, 2) != out.count) refuse("is a zip archive on several disks");
  if (end_at >= kLocatorSize + kEnd64Size) {
    const auto locator = read_bytes_at(*source_, end_at - kLocatorSize, kLocatorSize);
    if (locator && number(locator->data(), 4) == kLocator) {
      out.end = number(locator->data() + 8, 8);
      if (out.end > end_at - kLocatorSize - kEnd64Size) refuse("has a zip64 record outside the archive");
      const auto record = read_bytes_at(*source_, out.end, kEnd64Size);
      if (!record || number(record->data(), 4) != kEnd64) refuse("has no zip64 record where it should be");
      out.count = number(record->data() + 32, 8);
      out.size = number(record->data() + 40, 8);
      out.offset = number(record->data() + 48, 8);
    }
  }
  if (out.offset > out.end || out.size != out.end - out.offset) refuse("has a directory that does not end where the end record stands");
  if (out.count > most_) throw Error(Fault::input, source_->name() + " holds " + std::to_string(out.count) + " entries, over the limit of " + std::to_string(most_), "raise --limit-tensors if it is meant");
  if (out.count > out.size / kCentralSize) refuse("claims " + std::to_string(out.count) + " entries, more than its directory can hold");
  return out;
}

// One entry, at `here`, of which `left` bytes are there; `here` and `left` go on after it.
ZipEntry ZipReader::read_entry(const std::byte*& here, std::uint64_t& left) const {
  if (left < kCentralSize || number(here, 4) != kCentral) refuse("has a damaged directory");
  const std::size_t name = number(here + 28, 2), extra = number(here + 30, 2), total = kCentralSize + name + extra + number(here + 32, 2);
  if (left < total) refuse("has a damaged directory");
  ZipEntry entry{text_at(here + kCentralSize, name), number(here + 24, 4), number(here + 20, 4), number(here + 42, 4), 0, static_cast<std::uint32_t>(number(here + 16, 4)), false};
  const std::string what = "holds " + quote(entry.name) + ", ";
  if (entry.name.empty() || entry.name.find('\0') != std::string::npos) refuse(what + "a name that is empty or holds a zero byte");
  if (number(here + 8, 2) & kEncrypted) refuse(what + "which is encrypted");
  const auto method = number(here + 10, 2);
  if (method != 0 && method != 8) refuse(what + "compressed by method " + std::to_string(method) + "; stored and deflated entries are read");
  entry.deflated = method == 8;
  if (!read_wide_numbers({here + kCentralSize + name, extra}, entry)) refuse(what + "whose zip64 field is cut");
  if (!entry.deflated && entry.size != entry.stored) refuse(what + "stored with two sizes");
  if (entry.deflated && entry.size / kMostRatio > entry.stored)
    refuse(what + std::to_string(entry.stored) + " bytes that claim to inflate to " + format_bytes(static_cast<double>(entry.size)) + ", more than deflate can hold");
  here += total;
  left -= total;
  return entry;
}

void ZipReader::read_directory(const Directory& directory) {
  const auto bytes = read_bytes_at(*source_, directory.offset, directory.size);
  if (!bytes) refuse("changed while it was read");
  const std::byte* here = bytes->data();
  std::uint64_t left = bytes->size();
  for (std::uint64_t i = 0; i < directory.count; ++i) entries_.push_back(read_entry(here, left));
  if (left != 0) refuse("has a directory that counts fewer entries than it holds");
}

// `end`: where the entries must end. Overlapping entries are how small archives become petabytes.
void ZipReader::check_places(std::uint64_t end) {
  std::sort(entries_.begin(), entries_.end(), [](const ZipEntry& a, const ZipEntry& b) { return a.offset < b.offset; });
  if (!entries_.empty() && entries_.front().offset != 0) refuse("does not begin with its first entry");
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    ZipEntry& entry = entries_[i];
    entry.limit = i + 1 < entries_.size() ? entries_[i + 1].offset : end;
    if (entry.offset > entry.limit || entry.limit - entry.offset < kLocalSize + entry.name.size() || entry.limit - entry.offset - kLocalSize - entry.name.size() < entry.stored)
      refuse("holds " + quote(entry.name) + ", which overlaps what follows it");
  }
  std::vector<const std::string*> names;
  for (const auto& entry : entries_) names.push_back(&entry.name);
  std::sort(names.begin(), names.end(), [](const auto* a, const auto* b) { return *a < *b; });
  for (std::size_t i = 1; i < names.size(); ++i)
    if (*names[i] == *names[i - 1]) refuse("holds " + quote(*names[i]) + " twice");
}

std::unique_ptr<ByteSource> ZipReader::open(const ZipEntry& entry) {
  const std::string name = quote(entry.name) + " in " + source_->name();
  const auto head = read_bytes_at(*source_, entry.offset, kLocalSize + entry.name.size());
  if (!head) throw Error(Fault::input, name + " ends early");
  const std::uint64_t start = entry.offset + kLocalSize + number(head->data() + 26, 2) + number(head->data() + 28, 2);
  if (number(head->data(), 4) != kLocal || number(head->data() + 26, 2) != entry.name.size() || text_at(head->data() + kLocalSize, entry.name.size()) != entry.name ||
      number(head->data() + 8, 2) != (entry.deflated ? 8u : 0u))
    throw Error(Fault::input, name + " is described in two ways");
  if (start > entry.limit || entry.limit - start < entry.stored) throw Error(Fault::input, name + " overlaps what follows it");
  return std::make_unique<EntrySource>(*source_, start, entry, name);
}

}  // namespace dml
