// dmerge RULE [MODEL...]: several paths are one model each and are read side by side, tensor by tensor; a single input may hold many
// models one after the other, as dtrain writes them, and is then held in memory.
#include "merge_verb.h"

#include <cmath>

#include "base/text.h"
#include "math/linear.h"
#include "merge/merger.h"
#include "pieces.h"

namespace dml {
namespace {

struct MergeOptions { bool allow_nan = false; };

bool is_finite(const Tensor& tensor) {
  const auto count = static_cast<std::size_t>(tensor.elements());
  if (tensor.dtype == Dtype::f32) return all_finite(tensor.as<float>(), count);
  if (tensor.dtype == Dtype::f64) return all_finite(tensor.as<double>(), count);
  bool finite = true;
  for_each_piece(tensor, [&](std::size_t first, std::size_t n) {
    for (const double v : to_doubles(piece_of(tensor, first, n))) finite = finite && std::isfinite(v);
  });
  return finite;
}

/// What the models share: keys on which all agree. `node` and the like fall away.
Attributes common_meta(const std::vector<RecordHead>& heads) {
  Attributes out;
  for (const auto& [key, value] : heads.front().meta) {
    bool agreed = true;
    for (const auto& head : heads) {
      const auto it = head.meta.find(key);
      agreed = agreed && it != head.meta.end() && it->second == value;
    }
    if (agreed) out[key] = value;
  }
  out["inputs"] = static_cast<std::uint64_t>(heads.size());
  return out;
}

class Merge final : public Verb {
 public:
  Merge(std::unique_ptr<Merger> merger, std::string name, MergeOptions options)
      : merger_(std::move(merger)), name_(std::move(name)), options_(options) {}

  int run(Invocation& call) override {
    if (call.inputs().size() > 1) side_by_side(call);
    else one_stream(call);
    return 0;
  }

 private:
  void check_model(const RecordHead& head, const std::string& where) const {
    if (head.kind != "model") throw Error(Fault::input, where + " is of kind " + quote(head.kind) + ", not a model");
  }

  // One output tensor from one tensor of every model.
  Tensor merge_tensor(const std::vector<Tensor>& inputs, const std::vector<std::string>& names) const {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (inputs[i].name != inputs[0].name)
        throw Error(Fault::input, names[i] + " has tensor " + quote(inputs[i].name) + " where " + names[0] + " has " + quote(inputs[0].name));
      if (inputs[i].shape != inputs[0].shape)
        throw Error(Fault::input, names[i] + ": tensor " + quote(inputs[i].name) + " is " + shape_text(inputs[i].shape) + ", in " + names[0] + " it is " + shape_text(inputs[0].shape));
      if (inputs[i].dtype != inputs[0].dtype)
        throw Error(Fault::input, names[i] + ": tensor " + quote(inputs[i].name) + " is " + std::string(to_string(inputs[i].dtype)) + ", in " + names[0] + " it is " + std::string(to_string(inputs[0].dtype)));
      if (!options_.allow_nan && is_floating(inputs[i].dtype) && !is_finite(inputs[i]))
        throw Error(Fault::input, names[i] + ": tensor " + quote(inputs[i].name) + " holds NaN or infinity", "--allow-nan merges it all the same");
    }
    return is_floating(inputs[0].dtype) ? merger_->merge(inputs) : inputs[0];      // counters are never averaged: the first model's
  }

  void check_counts(const std::vector<RecordHead>& heads, const std::vector<std::string>& names) const {
    for (std::size_t i = 1; i < heads.size(); ++i)
      if (heads[i].tensors != heads[0].tensors)
        throw Error(Fault::input, names[i] + " has " + std::to_string(heads[i].tensors) + " tensors, " + names[0] + " has " + std::to_string(heads[0].tensors));
  }

  void side_by_side(Invocation& call) {
    std::vector<std::unique_ptr<RecordReader>> readers;
    std::vector<RecordHead> heads;
    std::vector<std::string> names;
    for (const auto& path : call.inputs()) {
      auto head = readers.emplace_back(call.reader(path))->next_head();
      if (!head) throw Error(Fault::input, quote(path) + " holds no model");
      names.push_back(readers.back()->where());
      check_model(*head, names.back());
      heads.push_back(std::move(*head));
    }
    check_counts(heads, names);
    merger_->plan(heads.size());
    const auto writer = call.writer();
    writer->begin({"model", common_meta(heads), heads[0].tensors, {}});
    std::vector<Tensor> inputs(readers.size());
    for (std::uint64_t t = 0; t < heads[0].tensors; ++t) {
      for (std::size_t i = 0; i < readers.size(); ++i) inputs[i] = *readers[i]->next_tensor();
      writer->tensor(merge_tensor(inputs, names));
    }
    for (std::size_t i = 0; i < readers.size(); ++i)
      if (readers[i]->next_head())
        throw Error(Fault::input, quote(call.inputs()[i]) + " holds more than one model", "join them: cat FILE... | " + call.tool() + " " + name_);
    writer->close(call.environment());
  }

  void one_stream(Invocation& call) {
    const auto reader = call.reader();
    std::vector<Record> models;
    std::vector<RecordHead> heads;
    std::vector<std::string> names;
    while (auto record = reader->next()) {
      names.push_back(reader->where());
      heads.push_back({record->kind, record->meta, record->tensors.size(), {}});
      check_model(heads.back(), names.back());
      models.push_back(std::move(*record));
    }
    if (models.empty()) throw Error(Fault::input, reader->where() + " holds no model");
    check_counts(heads, names);
    merger_->plan(models.size());
    const auto writer = call.writer();
    writer->begin({"model", common_meta(heads), heads[0].tensors, {}});
    std::vector<Tensor> inputs(models.size());
    for (std::uint64_t t = 0; t < heads[0].tensors; ++t) {
      for (std::size_t i = 0; i < models.size(); ++i) inputs[i] = std::move(models[i].tensors[t]);
      writer->tensor(merge_tensor(inputs, names));
    }
    writer->close(call.environment());
  }

  std::unique_ptr<Merger> merger_;
  std::string name_;
  MergeOptions options_;
};

}  // namespace

void add_merge_verbs(Verbs& verbs, const Families& families) {
  verbs.add_each<Merge>(families.get<Merger>(), VerbShape{"[MODEL...]", 0, kAnyNumber, Output::records, reads_and_writes({"threads"})},
                        Options<MergeOptions>().add("allow-nan", &MergeOptions::allow_nan, "merge models that hold NaN or infinity"));
}

}  // namespace dml
