#include "aggregate/aggregator.h"

#include <atomic>

#include "aggregate/flatten.h"
#include "aggregate/screen.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/text.h"
#include "math/linear.h"

namespace dml {
namespace {

constexpr std::size_t kChecked = 1 << 18;                   // elements that one task looks at

template <class T>
const T* values(const Bytes& row) { return reinterpret_cast<const T*>(row.data()); }

// For every row, whether all its values are finite.
template <class T>
std::vector<char> finite_rows(const std::vector<Bytes>& rows, std::size_t columns) {
  const std::size_t blocks = (columns + kChecked - 1) / kChecked;
  std::vector<std::atomic<bool>> bad(rows.size());
  parallel_for(rows.size() * blocks, [&](std::size_t task) {
    const std::size_t i = task / blocks, first = task % blocks * kChecked;
    if (!all_finite(values<T>(rows[i]) + first, std::min(kChecked, columns - first))) bad[i] = true;
  });
  std::vector<char> finite(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) finite[i] = !bad[i];
  return finite;
}

// The name of the tensor that element `column` of a row belongs to.
std::string tensor_at(const Record& layout, std::size_t column) {
  for (const auto& tensor : layout.tensors) {
    if (!is_floating(tensor.dtype)) continue;
    const auto count = static_cast<std::size_t>(tensor.elements());
    if (column < count) return tensor.name;
    column -= count;
  }
  return {};
}

template <class T>
std::size_t first_bad(const Bytes& row, std::size_t columns) {
  std::size_t i = 0;
  while (i < columns && all_finite(values<T>(row) + i, 1)) ++i;
  return i;
}

template <class T>
void drop_non_finite(Screen& screen, std::vector<Bytes>& rows, std::size_t columns) {
  const auto finite = finite_rows<T>(rows, columns);
  std::vector<Bytes> kept;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (finite[i]) kept.push_back(std::move(rows[i]));
    else screen.drop(i, "tensor " + quote(tensor_at(screen.records()[i], first_bad<T>(rows[i], columns))) + " holds a value that is not finite");
  }
  rows = std::move(kept);
  screen.settle();
}

// Weights count when every update carries one; a few without would make them mean different things.
std::vector<double> weights_of(const std::vector<Record>& records) {
  std::vector<double> weights;
  for (const auto& record : records)
    if (record.kind == "update")
      if (const auto weight = get_number(record.meta, "weight")) weights.push_back(*weight);
  if (weights.size() == records.size()) return weights;
  if (!weights.empty())
    warn("weights are ignored: " + std::to_string(records.size() - weights.size()) + " of " + std::to_string(records.size()) +
         " inputs carry none");
  return {};
}

template <class T>
Bytes combine_rows(const Aggregator& rule, const std::vector<Bytes>& rows, std::size_t columns, const AggregationContext& context) {
  Rows<T> view;
  view.columns = columns;
  for (const auto& row : rows) view.row.push_back(values<T>(row));
  Buffer out(columns * sizeof(T));
  rule.combine(view, out.as<T>(), context);
  if (!all_finite(out.as<T>(), columns)) throw Error(Fault::method, "the result is not finite: the inputs are too large to be added");
  return std::move(out).freeze();
}

// What all inputs say alike.
template <class Get>
Attributes agreed(const std::vector<Record>& records, Get get) {
  Attributes out = get(records[0]);
  for (const auto& record : records) {
    const Attributes& theirs = get(record);
    std::erase_if(out, [&](const auto& item) {
      const auto found = theirs.find(item.first);
      return found == theirs.end() || !(found->second == item.second);
    });
  }
  return out;
}

template <class T>
Record aggregate_as(const Aggregator& rule, Screen& screen, std::size_t columns) {
  const Dtype dtype = DtypeOf<T>::value;
  std::vector<Bytes> rows(screen.records().size());
  parallel_for(rows.size(), [&](std::size_t i) { rows[i] = to_row(screen.records()[i], dtype); });
  drop_non_finite<T>(screen, rows, columns);

  const auto& records = screen.records();
  AggregationContext context;
  context.weights = weights_of(records);
  context.dropped = screen.byzantine();
  log(Level::detail, std::to_string(records.size()) + " of " + std::to_string(screen.given()) + " inputs are combined, " +
                         std::to_string(context.dropped) + " senders left out count as liars");
  Record out;
  out.kind = records[0].kind;
  out.meta = agreed(records, [](const Record& r) -> const Attributes& { return r.meta; });
  out.extra = agreed(records, [](const Record& r) -> const Attributes& { return r.extra; });
  out.meta["inputs"] = Value(std::uint64_t{screen.given()});
  out.meta["dropped"] = Value(std::uint64_t{screen.dropped()});
  if (!context.weights.empty()) {
    double total = 0;
    for (const double weight : context.weights) total += weight;
    out.meta["weight"] = total;
  }
  out.tensors = from_row(records[0], combine_rows<T>(rule, rows, columns, context), dtype);
  for (std::size_t t = 0; t < out.tensors.size(); ++t)
    out.tensors[t].extra = agreed(records, [t](const Record& r) -> const Attributes& { return r.tensors[t].extra; });
  return out;
}

}  // namespace

std::size_t effective_byzantine(const std::string& rule, int byzantine, std::size_t rows, std::size_t dropped) {
  const auto given = static_cast<std::size_t>(byzantine < 0 ? 0 : byzantine);
  const std::size_t f = given > dropped ? given - dropped : 0;
  if (2 * f >= rows)
    throw Error(Fault::method, rule + " needs more than 2f inputs: " + std::to_string(rows) + " with byzantine = " + std::to_string(f) +
                                   (dropped ? ", after " + std::to_string(dropped) + " were left out" : ""));
  return f;
}

Record aggregate_records(const Aggregator& rule, std::vector<Record> records, const std::vector<std::string>& names,
                         const AggregateOptions& options) {
  Screen screen(std::move(records), names, options.strict);
  screen.apply();
  const std::size_t columns = row_columns(screen.records()[0], screen.names()[0]);
  return row_dtype(screen.records()[0]) == Dtype::f64 ? aggregate_as<double>(rule, screen, columns)
                                                      : aggregate_as<float>(rule, screen, columns);
}

}  // namespace dml
