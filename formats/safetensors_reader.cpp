#include "formats/safetensors_reader.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "formats/safetensors_header.h"

namespace dml {
namespace {

constexpr std::string_view kIndexSuffix = ".safetensors.index.json", kSuffix = ".safetensors";

struct Opened { SafetensorsHeader header; std::uint64_t data_start = 0; };

// Reads length and header; where the file's size is known, its data must be there to the last byte and nothing after them.
Opened read_header(ByteSource& source, const Limits& limits) {
  const std::string name = source.name();
  const auto size = source.remaining();
  const auto length_bytes = read_bytes(source, 8);
  if (!length_bytes) throw Error(Fault::input, name + " ends early: its header is cut");
  std::uint64_t length = 0;
  for (int i = 7; i >= 0; --i) length = length << 8 | std::to_integer<std::uint64_t>(length_bytes->data()[i]);
  if (length > kMostSafetensorsHeader)
    throw Error(Fault::input, name + " claims a header of " + std::to_string(length) + " bytes, at most 100 MB are read",
                length_bytes->data()[0] == std::byte{'{'} ? "the index of a model in several files is named by its path, which ends in .safetensors.index.json" : "");
  const auto text = read_bytes(source, length);
  if (!text) throw Error(Fault::input, name + " ends early: its header is cut");
  Opened out{parse_safetensors_header({reinterpret_cast<const char*>(text->data()), text->size()}, limits, "the header of " + name), 8 + length};
  if (!size) return out;
  const std::uint64_t data = *size - out.data_start;
  if (data > out.header.data_bytes) throw Error(Fault::input, name + " goes on after its last tensor, at byte " + std::to_string(out.data_start + out.header.data_bytes));
  for (const auto& entry : out.header.entries)
    if (entry.end > data) throw Error(Fault::input, name + " ends early: tensor " + quote(entry.tensor.name) + " is cut");
  return out;
}

/// One record whose tensors are handed out by name, wherever their data lie.
class Reader : public RecordReader {
 public:
  Reader(std::string name, const Limits& limits) : limits_(limits), name_(std::move(name)) {}
  const StreamHeader& header() override {
    prepare();
    return header_;
  }
  std::optional<RecordHead> next_head() override {
    prepare();
    if (std::exchange(begun_, true)) {
      next_ = order_.size();
      finish();
      return std::nullopt;
    }
    return head_;
  }
  std::optional<Tensor> next_tensor() override {
    if (!begun_ || next_ == order_.size()) return std::nullopt;
    const std::size_t index = order_[next_++];
    Tensor tensor = entries_[index].tensor;
    auto data = fetch(index);
    if (!data) throw Error(Fault::input, file_of(index) + " ends early: tensor " + quote(tensor.name) + " is cut");
    tensor.data = std::move(*data);
    return tensor;
  }
  std::string where() const override { return "record 0 of " + name_; }

 protected:
  /// Fills entries_ and returns the metadata.
  virtual std::map<std::string, std::string> open() = 0;
  virtual std::optional<Bytes> fetch(std::size_t index) = 0;
  virtual std::string file_of(std::size_t) const { return name_; }
  virtual void finish() {}

  Limits limits_;
  std::string name_;
  std::vector<SafetensorsEntry> entries_;

 private:
  void prepare() {
    if (prepared_) return;
    head_ = from_safetensors_metadata(open(), header_);
    head_.tensors = entries_.size();
    for (std::size_t i = 0; i < entries_.size(); ++i) order_.push_back(i);
    std::sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) { return entries_[a].tensor.name < entries_[b].tensor.name; });
    prepared_ = true;
  }

  std::vector<std::size_t> order_;                         // entries by name
  std::size_t next_ = 0;
  StreamHeader header_;
  RecordHead head_;
  bool prepared_ = false, begun_ = false;
};

/// A regular file is read wherever the next tensor lies. A pipe is read on until the next tensor comes; what comes before its turn waits in
/// memory, which is nothing for the files that this project writes through a pipe, and for most others of one dtype.
class FileReader final : public Reader {
 public:
  FileReader(std::unique_ptr<ByteSource> source, const Limits& limits) : Reader(source->name(), limits), source_(std::move(source)) {}

 protected:
  std::map<std::string, std::string> open() override {
    Opened opened = read_header(*source_, limits_);
    data_start_ = opened.data_start;
    entries_ = std::move(opened.header.entries);
    return std::move(opened.header.metadata);
  }
  std::optional<Bytes> fetch(std::size_t index) override {
    const auto& entry = entries_[index];
    if (source_->can_read_at()) return read_bytes_at(*source_, data_start_ + entry.begin, entry.end - entry.begin);
    while (arrived_ <= index) {
      auto data = read_bytes(*source_, entries_[arrived_].end - entries_[arrived_].begin);
      if (!data) throw Error(Fault::input, name_ + " ends early: tensor " + quote(entries_[arrived_].tensor.name) + " is cut");
      waiting_[arrived_++] = std::move(*data);
    }
    return std::move(waiting_.extract(index).mapped());
  }
  void finish() override {
    if (source_->can_read_at()) return;                    // its size was checked
    waiting_.clear();
    for (; arrived_ < entries_.size(); waiting_.clear()) fetch(arrived_);
    std::array<std::byte, 1> more;
    if (source_->read(more) != 0) throw Error(Fault::input, name_ + " goes on after its last tensor");
  }

 private:
  std::unique_ptr<ByteSource> source_;
  std::uint64_t data_start_ = 0;
  std::size_t arrived_ = 0;                                // entries whose data were read from a pipe
  std::map<std::size_t, Bytes> waiting_;
};

/// The files beside an index. One is open at a time: eight models of 200 files each must not need 1600 descriptors.
class ShardReader final : public Reader {
 public:
  ShardReader(const std::filesystem::path& index, const Limits& limits) : Reader(quote(index.string()), limits), index_(index) {}

 protected:
  std::map<std::string, std::string> open() override {
    const auto source = open_file_source(index_.string());
    const Bytes text = read_all(*source, kMostSafetensorsHeader);
    const auto map = parse_safetensors_index({reinterpret_cast<const char*>(text.data()), text.size()}, limits_, name_);
    std::map<std::string, std::string> first;              // of each file the first tensor that the index puts there, for messages
    for (const auto& [tensor, file] : map) first.emplace(file, tensor);
    std::map<std::string, std::string> metadata;
    for (const auto& [file, tensor] : first) {
      auto own = open_shard(file, tensor, map);
      if (shards_.size() == 1) metadata = std::move(own);
      else std::erase_if(metadata, [&](const auto& item) { return !own.count(item.first) || own.at(item.first) != item.second; });
    }
    if (entries_.size() < map.size()) refuse_absent(map);
    return metadata;
  }
  std::optional<Bytes> fetch(std::size_t index) override {
    const auto& entry = entries_[index];
    if (!source_ || open_ != shard_of_[index]) {
      open_ = shard_of_[index];
      source_ = open_file_source(shards_[open_].path);
      if (source_->remaining() != shards_[open_].size) throw Error(Fault::input, source_->name() + " changed while it was read");
    }
    return read_bytes_at(*source_, shards_[open_].data_start + entry.begin, entry.end - entry.begin);
  }
  std::string file_of(std::size_t index) const override { return quote(shards_[shard_of_[index]].path); }

 private:
  struct Shard { std::string path; std::uint64_t size = 0, data_start = 0; };

  std::map<std::string, std::string> open_shard(const std::string& file, const std::string& tensor, const std::map<std::string, std::string>& map) {
    const std::string path = (index_.parent_path() / file).string();
    std::unique_ptr<ByteSource> source;
    try {
      source = open_file_source(path);
    } catch (const Error& error) {
      throw Error(Fault::input, name_ + ": the file of tensor " + quote(tensor) + ", " + error.what());
    }
    if (!source->can_read_at()) throw Error(Fault::input, name_ + ": the file of tensor " + quote(tensor) + ", " + quote(path) + ", is no regular file");
    const std::uint64_t size = *source->remaining();
    Opened opened = read_header(*source, limits_);
    shards_.push_back({path, size, opened.data_start});
    for (auto& entry : opened.header.entries) {
      const auto it = map.find(entry.tensor.name);
      if (it == map.end()) throw Error(Fault::input, quote(path) + " holds tensor " + quote(entry.tensor.name) + ", which " + name_ + " does not name");
      if (it->second != file)
        throw Error(Fault::input, quote(path) + " holds tensor " + quote(entry.tensor.name) + ", which " + name_ + " puts into " + quote(it->second));
      entries_.push_back(std::move(entry));
      shard_of_.push_back(shards_.size() - 1);
    }
    return std::move(opened.header.metadata);
  }
  [[noreturn]] void refuse_absent(const std::map<std::string, std::string>& map) const {
    auto left = map;
    for (const auto& entry : entries_) left.erase(entry.tensor.name);
    throw Error(Fault::input, quote((index_.parent_path() / left.begin()->second).string()) + " lacks tensor " + quote(left.begin()->first) + ", which " + name_ + " puts there");
  }

  std::filesystem::path index_;
  std::vector<Shard> shards_;
  std::vector<std::size_t> shard_of_;                      // of each entry
  std::unique_ptr<ByteSource> source_;
  std::size_t open_ = 0;
};

}  // namespace

std::unique_ptr<RecordReader> read_safetensors(std::unique_ptr<ByteSource> source, const Limits& limits) {
  return std::make_unique<FileReader>(std::move(source), limits);
}

std::unique_ptr<RecordReader> open_safetensors_path(const std::string& path, const Limits& limits) {
  namespace fs = std::filesystem;
  std::error_code code;
  if (!fs::is_directory(path, code)) {
    if (!path.ends_with(kIndexSuffix)) return nullptr;
    return std::make_unique<ShardReader>(path, limits);
  }
  std::vector<fs::path> indices, files;
  for (auto it = fs::directory_iterator(path, code); !code && it != fs::directory_iterator(); it.increment(code)) {
    const std::string name = it->path().filename().string();
    if (name.ends_with(kIndexSuffix)) indices.push_back(it->path());
    else if (name.ends_with(kSuffix)) files.push_back(it->path());
  }
  const auto& found = indices.empty() ? files : indices;
  if (found.empty()) return nullptr;
  if (found.size() > 1)
    throw Error(Fault::input, quote(path) + " holds " + std::to_string(found.size()) + (indices.empty() ? " safetensors files and no index" : " indices of safetensors"), "name the one that is meant");
  if (!indices.empty()) return std::make_unique<ShardReader>(found[0], limits);
  return read_safetensors(open_file_source(found[0].string()), limits);
}

}  // namespace dml
