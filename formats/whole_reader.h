// For formats whose records are decoded whole: an entry writes decode() and gets the two levels of RecordReader from it.
#pragma once
#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "wire/format.h"

namespace dml {

class WholeReader : public RecordReader {
 public:
  WholeReader(std::unique_ptr<ByteSource> source, const Limits& limits) : source_(std::move(source)), limits_(limits) {}
  const StreamHeader& header() override { return header_; }
  std::optional<RecordHead> next_head() final {
    record_.tensors.clear();
    taken_ = 0;
    auto record = decode();
    if (!record) return std::nullopt;
    if (begun_ > limits_.records) refuse("there are more than " + std::to_string(limits_.records) + " records");
    record_ = std::move(*record);
    return RecordHead{std::move(record_.kind), std::move(record_.meta), record_.tensors.size(), std::move(record_.extra)};
  }
  std::optional<Tensor> next_tensor() final {
    if (taken_ == record_.tensors.size()) return std::nullopt;
    return std::move(record_.tensors[taken_++]);
  }
  std::string where() const override { return begun_ == 0 ? source_.name() : "record " + std::to_string(begun_ - 1) + " of " + source_.name(); }

 protected:
  /// The next record, checked, its tensors sorted; nullopt at the end. Calls begin() as soon as it knows that there is one.
  virtual std::optional<Record> decode() = 0;
  void begin() { ++begun_; }
  std::uint64_t begun() const { return begun_; }
  [[noreturn]] void refuse(const std::string& what) const { throw Error(Fault::input, where() + ": " + what); }

  BufferedSource source_;
  Limits limits_;
  StreamHeader header_;

 private:
  Record record_;
  std::size_t taken_ = 0;
  std::uint64_t begun_ = 0;
};

}  // namespace dml
