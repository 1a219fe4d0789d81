#include "aggregate/screen.h"

#include <cmath>
#include <set>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

namespace dml {
namespace {

// The number of bytes that dtype and shape ask for; nullopt when that is no size.
std::optional<std::size_t> expected_bytes(const Tensor& tensor) {
  std::size_t bytes = size_of(tensor.dtype);
  for (const auto extent : tensor.shape)
    if (extent < 0 || __builtin_mul_overflow(bytes, static_cast<std::size_t>(extent), &bytes)) return std::nullopt;
  return bytes;
}

// Why a record cannot be believed; "" when it can.
std::string malformed(const Record& record) {
  const std::string* before = nullptr;
  for (const auto& tensor : record.tensors) {
    if (before && !(*before < tensor.name)) return "its tensors are not in order of their names";
    before = &tensor.name;
    if (expected_bytes(tensor) != tensor.data.size())
      return "tensor " + quote(tensor.name) + " holds " + std::to_string(tensor.data.size()) + " bytes, not those of its shape " +
             shape_text(tensor.shape);
  }
  if (record.meta.count("sender") && !get_unsigned(record.meta, "sender")) return "its sender is not a whole number";
  if (record.kind == "update" && record.meta.count("weight")) {
    const auto weight = get_number(record.meta, "weight");
    if (!weight || !std::isfinite(*weight) || *weight < 0) return "its weight is not a finite number of 0 or more";
  }
  return {};
}

std::string layout_of(const Tensor& tensor) { return std::string(to_string(tensor.dtype)) + " " + shape_text(tensor.shape); }

// How the layout of `theirs` differs from `ours`; "" when it does not.
std::string layout_difference(const Record& ours, const Record& theirs) {
  if (ours.kind != theirs.kind) return "its kind is " + quote(theirs.kind) + ", not " + quote(ours.kind);
  std::size_t i = 0;
  for (; i < ours.tensors.size() && i < theirs.tensors.size(); ++i) {
    const Tensor &a = ours.tensors[i], &b = theirs.tensors[i];
    if (a.name < b.name) return "it has no tensor " + quote(a.name);
    if (b.name < a.name) return "it has an additional tensor " + quote(b.name);
    if (a.dtype != b.dtype || a.shape != b.shape) return "tensor " + quote(b.name) + " is " + layout_of(b) + ", not " + layout_of(a);
  }
  if (i < ours.tensors.size()) return "it has no tensor " + quote(ours.tensors[i].name);
  if (i < theirs.tensors.size()) return "it has an additional tensor " + quote(theirs.tensors[i].name);
  return {};
}

// For records of one layout.
std::string integer_difference(const Record& ours, const Record& theirs) {
  for (std::size_t i = 0; i < ours.tensors.size(); ++i)
    if (!is_floating(ours.tensors[i].dtype) && !(ours.tensors[i].data == theirs.tensors[i].data))
      return "its values of integer tensor " + quote(theirs.tensors[i].name) + " are not those of the others";
  return {};
}

}  // namespace

Screen::Screen(std::vector<Record> records, std::vector<std::string> names, bool strict)
    : records_(std::move(records)), names_(std::move(names)), out_(records_.size()), strict_(strict), given_(records_.size()) {
  for (std::size_t i = names_.size(); i < given_; ++i) names_.push_back("record " + std::to_string(i));
  if (given_ == 0) throw Error(Fault::input, "there is no input to aggregate");
}

void Screen::apply() {
  drop_malformed();
  settle();
  drop_repeated();
  settle();
  keep_majority(layout_difference, "layout");
  settle();
  keep_majority(integer_difference, "integer tensors");
  settle();
}

void Screen::drop(std::size_t i, const std::string& reason) {
  reason_ = names_[i] + ": " + reason;
  if (strict_) throw Error(Fault::input, reason_);
  if (given_ > 1) warn(names_[i] + " is left out: " + reason);
  out_[i] = true;
  dropped_senders_.push_back(get_unsigned(records_[i].meta, "sender"));
}

std::size_t Screen::byzantine() const {
  std::set<std::uint64_t> present, absent;
  bool all_named = true;
  for (const auto& record : records_) {
    const auto sender = get_unsigned(record.meta, "sender");
    if (sender) present.insert(*sender);
    else all_named = false;
  }
  std::size_t nameless = 0;
  for (const auto& sender : dropped_senders_) {
    if (!sender) ++nameless;
    else if (!present.count(*sender)) absent.insert(*sender);
  }
  // Beside records that all name their sender, a nameless one may be anybody's: nothing follows from it.
  return absent.size() + (all_named ? 0 : nameless);
}

void Screen::settle() {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < records_.size(); ++i) {
    if (out_[i]) continue;
    if (kept != i) {
      records_[kept] = std::move(records_[i]);
      names_[kept] = std::move(names_[i]);
    }
    ++kept;
  }
  records_.resize(kept);
  names_.resize(kept);
  out_.assign(kept, false);
  if (kept == 0) throw Error(Fault::input, given_ == 1 ? reason_ : "none of " + std::to_string(given_) + " inputs can be used");
}

void Screen::drop_malformed() {
  for (std::size_t i = 0; i < records_.size(); ++i)
    if (const auto reason = malformed(records_[i]); !reason.empty()) drop(i, reason);
}

void Screen::drop_repeated() {
  std::set<std::uint64_t> seen;
  for (std::size_t i = 0; i < records_.size(); ++i) {
    const auto sender = get_unsigned(records_[i].meta, "sender");
    if (!sender || seen.insert(*sender).second) continue;
    drop(i, "sender " + std::to_string(*sender) + " has sent another record before");
  }
}

void Screen::keep_majority(std::string (*difference)(const Record&, const Record&), const char* what) {
  // Boyer and Moore's vote: if one class holds more than half, it is the candidate that survives.
  std::size_t candidate = 0, lead = 0, members = 0;
  for (std::size_t i = 0; i < records_.size(); ++i) {
    if (lead == 0) candidate = i;
    lead = lead == 0 || difference(records_[candidate], records_[i]).empty() ? lead + 1 : lead - 1;
  }
  std::vector<std::string> reasons(records_.size());
  std::size_t other = 0;
  for (std::size_t i = 0; i < records_.size(); ++i) {
    reasons[i] = difference(records_[candidate], records_[i]);
    if (reasons[i].empty()) ++members;
    else other = i;
  }
  if (2 * members <= records_.size())
    throw Error(Fault::input, "inputs differ in " + std::string(what) + " and none is shared by more than half: " + names_[other] +
                                  " against " + names_[candidate] + ": " + reasons[other]);
  for (std::size_t i = 0; i < records_.size(); ++i)
    if (!reasons[i].empty()) drop(i, reasons[i]);
}

}  // namespace dml
