// dmerge diff A B: exit 0 when the records are equal, 1 when they differ. As numbers within --tolerance, or --exact: kind, names,
// dtypes, shapes and bytes. Headers, meta and end records are not compared: they say how a file came about, not what it holds.
#include <cmath>
#include <limits>
#include <ostream>

#include "base/text.h"
#include "entry/verb.h"
#include "pieces.h"

namespace dml {
namespace {

struct DiffOptions { bool exact = false; double tolerance = 0; };

class Diff final : public Verb {
 public:
  explicit Diff(DiffOptions options) : options_(options) {}
  int run(Invocation& call) override {
    const auto a = call.reader(call.inputs()[0]), b = call.reader(call.inputs()[1]);
    for (std::uint64_t index = 0;; ++index) {
      const auto left = a->next_head(), right = b->next_head();
      if (!left && !right) return differs_;
      if (!left || !right) {
        tell(call, index, "", left ? "only in the first input" : "only in the second input", std::nullopt);
        return 1;
      }
      if (left->kind != right->kind) tell(call, index, "", "kind " + quote(left->kind) + " and " + quote(right->kind), std::nullopt);
      compare_tensors(call, *a, *b, index);
    }
  }

 private:
  void tell(Invocation& call, std::uint64_t record, const std::string& tensor, const std::string& what, std::optional<double> distance) {
    differs_ = 1;
    if (call.common().json) {
      Json json;
      json.begin_object().field("record", record).field("tensor", tensor).field("difference", what);
      if (distance) json.field("max_abs", *distance);
      call.out() << json.end_object().str() << '\n';
      return;
    }
    call.out() << "record " << record << (tensor.empty() ? "" : ", tensor " + tensor) << ": " << what << '\n';
  }

  // Both sides are sorted by name: a merge walk finds what stands on one side only.
  void compare_tensors(Invocation& call, RecordReader& a, RecordReader& b, std::uint64_t index) {
    auto left = a.next_tensor(), right = b.next_tensor();
    while (left || right) {
      if (!right || (left && left->name < right->name)) {
        tell(call, index, left->name, "only in the first input", std::nullopt);
        left = a.next_tensor();
      } else if (!left || right->name < left->name) {
        tell(call, index, right->name, "only in the second input", std::nullopt);
        right = b.next_tensor();
      } else {
        compare_pair(call, *left, *right, index);
        left = a.next_tensor();
        right = b.next_tensor();
      }
    }
  }

  void compare_pair(Invocation& call, const Tensor& left, const Tensor& right, std::uint64_t index) {
    if (left.shape != right.shape)
      return tell(call, index, left.name, "shape " + shape_text(left.shape) + " and " + shape_text(right.shape), std::nullopt);
    if (options_.exact && left.dtype != right.dtype)
      return tell(call, index, left.name, "dtype " + std::string(to_string(left.dtype)) + " and " + std::string(to_string(right.dtype)), std::nullopt);
    if (left.dtype == right.dtype && left.data == right.data) return;
    const double most = largest_difference(left, right);
    if (options_.exact || !(most <= options_.tolerance)) tell(call, index, left.name, "largest difference " + format_number(most), most);
  }

  static double largest_difference(const Tensor& left, const Tensor& right) {
    double most = 0;
    for_each_piece(left, [&](std::size_t first, std::size_t count) {
      const auto x = to_doubles(piece_of(left, first, count)), y = to_doubles(piece_of(right, first, count));
      for (std::size_t i = 0; i < count; ++i) {
        if (x[i] == y[i] || (std::isnan(x[i]) && std::isnan(y[i]))) continue;
        const double d = std::fabs(x[i] - y[i]);
        most = std::isnan(d) ? std::numeric_limits<double>::infinity() : std::max(most, d);
      }
    });
    return most;
  }

  DiffOptions options_;
  int differs_ = 0;
};

}  // namespace

void register_diff(Verbs& verbs) {
  verbs.add<Diff>({"diff", "compare two inputs record by record: exit 0 equal, 1 different", ""},
                  {"A B", 2, 2, Output::report, reads({"json"})},
                  Options<DiffOptions>()
                      .add("exact", &DiffOptions::exact, "compare kind, names, dtypes, shapes and bytes")
                      .add("tolerance", &DiffOptions::tolerance, "largest difference of a value that still counts as equal", at_least(0)));
}

}  // namespace dml
