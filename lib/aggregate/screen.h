// What may take part in an aggregation: the records that are well formed and laid out like the majority.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "aggregate/aggregator.h"

namespace dml {

/// Why an input was left out is said by warn(), or thrown as Error(input) when `strict`.
class Screen {
 public:
  Screen(std::vector<Record> records, std::vector<std::string> names, bool strict);

  /// Leaves out, in this order: records whose bytes, sender or weight make no sense; later records of a sender already seen; records
  /// whose kind, tensor names, types or shapes are not those of more than half; records whose integer tensors are not those of more
  /// than half (integers are never averaged). No such half: Error(input).
  void apply();
  /// Leaves out input `i` of records().
  void drop(std::size_t i, const std::string& reason);
  /// Takes the dropped ones away. Error(input) with the last reason when none is left.
  void settle();

  std::vector<Record>& records() { return records_; }
  const std::vector<std::string>& names() const { return names_; }
  std::size_t given() const { return given_; }
  std::size_t dropped() const { return given_ - records_.size(); }
  /// How many liars the dropped records account for: their senders, less those that still take part. A liar could otherwise send
  /// broken records beside a well-formed one and so talk f down to 0. Where records name no sender, each one stands for itself.
  std::size_t byzantine() const;

 private:
  void drop_malformed();
  void drop_repeated();
  void keep_majority(std::string (*difference)(const Record& ours, const Record& theirs), const char* what);

  std::vector<Record> records_;
  std::vector<std::string> names_;
  std::vector<char> out_;
  std::string reason_;
  bool strict_;
  std::size_t given_;
  std::vector<std::optional<std::uint64_t>> dropped_senders_;
};

}  // namespace dml
