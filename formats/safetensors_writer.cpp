#include "formats/safetensors_writer.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace dml {
namespace {

constexpr std::uint64_t kMostHeld = 8 << 20;
constexpr std::uint64_t kWidest = 8;                       // bytes of the widest element
constexpr std::uint64_t kStart = 64;                       // data start at a multiple of this
constexpr std::size_t kPiece = 4 << 20;

std::uint64_t rounded_up(std::uint64_t bytes) { return (bytes + kStart - 1) / kStart * kStart; }

// Length, text, and spaces up to where the data start.
std::string padded_header(std::string text, std::uint64_t data_start) {
  std::string out;
  for (int shift = 0; shift < 64; shift += 8) out += static_cast<char>((data_start - 8) >> shift & 255);
  out += text;
  out.resize(data_start, ' ');
  return out;
}

}  // namespace

SafetensorsFile::SafetensorsFile(std::unique_ptr<ByteSink> sink, const StreamHeader& header, const RecordHead& head)
    : sink_(std::move(sink)), metadata_(to_safetensors_metadata(header, head)), tensors_left_(head.tensors) {}

void SafetensorsFile::add(const Tensor& tensor) {
  if (tensors_left_ == 0) throw Error(Fault::bug, "a record got more tensors than its head says");
  if (tensor.data.size() != static_cast<std::uint64_t>(tensor.elements()) * size_of(tensor.dtype))
    throw Error(Fault::bug, "tensor " + quote(tensor.name) + " has " + std::to_string(tensor.data.size()) + " bytes, which is not its shape");
  --tensors_left_;
  hold(tensor);
  if (data_start_ == 0) {
    if (held_bytes_ > kMostHeld && sink_->can_rewrite()) start_streaming();
  } else {
    place_held(/*odd_ones=*/held_bytes_ > kMostHeld);
  }
}

void SafetensorsFile::hold(const Tensor& tensor) {
  SafetensorsEntry entry;
  entry.tensor = Tensor{tensor.name, tensor.dtype, tensor.shape, {}, {}};
  held_bytes_ += tensor.data.size();
  held_.push_back({std::move(entry), tensor.data});
}

void SafetensorsFile::place(Piece piece) {
  piece.entry.begin = data_bytes_;
  piece.entry.end = data_bytes_ += piece.data.size();
  for (std::size_t at = 0; at < piece.data.size(); at += kPiece) sink_->write(piece.data.span().subspan(at, std::min(kPiece, piece.data.size() - at)));
  placed_.push_back(std::move(piece.entry));
}

// Writes what waits; without `odd_ones` only the tensors after which the widest element may follow. Many odd ones are written all the same
// rather than held in memory: the file stays right, but a later tensor of wider elements is then not aligned.
void SafetensorsFile::place_held(bool odd_ones) {
  std::vector<Piece> kept;
  for (auto& piece : held_) {
    if (piece.data.size() % kWidest == 0) {
      held_bytes_ -= piece.data.size();
      place(std::move(piece));
    } else {
      kept.push_back(std::move(piece));
    }
  }
  held_ = std::move(kept);
  if (!odd_ones || held_bytes_ <= kMostHeld) return;
  for (auto& piece : held_) place(std::move(piece));
  held_.clear();
  held_bytes_ = 0;
}

// From the tensors so far; a wrong guess costs time in make_room, nothing else.
std::uint64_t SafetensorsFile::expected_header() const {
  std::vector<SafetensorsEntry> entries;
  std::uint64_t longest = 0;
  for (const auto& piece : held_) {
    entries.push_back(piece.entry);
    longest = std::max<std::uint64_t>(longest, safetensors_header_text({piece.entry}, {}).size());
  }
  return safetensors_header_text(entries, metadata_).size() + 24 * entries.size() + tensors_left_ * (longest + 48);
}

void SafetensorsFile::start_streaming() {
  data_start_ = rounded_up(8 + std::min(expected_header(), kMostSafetensorsHeader - kStart));
  sink_->write(std::as_bytes(std::span<const char>(padded_header({}, data_start_))));
  place_held(/*odd_ones=*/true);
}

// Moves the data back to `data_start`, from their end on.
void SafetensorsFile::make_room(std::uint64_t data_start) {
  Buffer buffer(kPiece);
  for (std::uint64_t left = data_bytes_; left > 0;) {
    const auto piece = buffer.span().first(std::min<std::uint64_t>(kPiece, left));
    left -= piece.size();
    sink_->read_at(data_start_ + left, piece);
    sink_->write_at(data_start + left, piece);
  }
  data_start_ = data_start;
}

void SafetensorsFile::commit() {
  if (tensors_left_ != 0) throw Error(Fault::bug, "a record got fewer tensors than its head says");
  std::stable_sort(held_.begin(), held_.end(), [](const Piece& a, const Piece& b) { return size_of(a.entry.tensor.dtype) > size_of(b.entry.tensor.dtype); });
  const bool streaming = data_start_ != 0;
  if (streaming) {
    for (auto& piece : held_) place(std::move(piece));
  } else {
    for (auto& piece : held_) {
      piece.entry.begin = data_bytes_;
      piece.entry.end = data_bytes_ += piece.data.size();
      placed_.push_back(piece.entry);
    }
  }
  const std::string text = safetensors_header_text(placed_, metadata_);
  const std::uint64_t needed = rounded_up(8 + text.size());
  if (needed - 8 > kMostSafetensorsHeader) throw Error(Fault::usage, "a safetensors header holds at most 100 MB, " + sink_->name() + " needs " + std::to_string(text.size()) + " bytes");
  if (streaming) {
    if (needed > data_start_) make_room(needed);
    sink_->write_at(0, std::as_bytes(std::span<const char>(padded_header(text, data_start_))));
  } else {
    sink_->write(std::as_bytes(std::span<const char>(padded_header(text, needed))));
    for (const auto& piece : held_) sink_->write(piece.data.span());
  }
  sink_->commit();
}

}  // namespace dml
