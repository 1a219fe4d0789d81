// Robust and plain aggregation: n vectors in, one out. Entries see matrices of f32 or f64; the family drops bad senders, widens
// f16/bf16 and cuts the work into blocks of columns.
#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "entry/registry.h"
#include "wire/record.h"

namespace dml {

/// n rows of d columns each; rows are separate buffers.
template <class T>
struct Rows {
  std::vector<const T*> row;
  std::size_t columns = 0;
  std::size_t count() const { return row.size(); }
};

struct AggregationContext {
  std::vector<double> weights;                             // one per row (samples); empty: all equal
  std::size_t dropped = 0;                                 // inputs left out before (non-finite, other shape): count as Byzantine
  const void* own = nullptr;                               // the caller's own vector, same dtype, may be absent
};

class Aggregator {
 public:
  virtual ~Aggregator() = default;
  /// out[0..columns) = the rule's value. The caller has checked that there is at least one row and that all values are finite.
  /// Throws Error(method) with the numbers when n and f do not allow it.
  virtual void combine(const Rows<float>& rows, float* out, const AggregationContext& context) const = 0;
  virtual void combine(const Rows<double>& rows, double* out, const AggregationContext& context) const = 0;
};

void register_aggregators(Registry<Aggregator>& registry);

/// f reduced by the number dropped (not below 0), and checked: Error(method) "trimmed-mean needs more than 2f inputs: 4 with byzantine = 2".
std::size_t effective_byzantine(const std::string& rule, int byzantine, std::size_t rows, std::size_t dropped);

/// Combines whole records of one kind and layout: the work behind `daggregate RULE`, gossip inboxes and servers. Records stay in the
/// order given (sender order). A record that is malformed, non-finite, of a sender already seen, or of another kind, layout or integer
/// values than more than half is dropped and named by a warning ("record 17 of 'peers.dml' is left out: ..."); `strict` makes that
/// Error(input), and so do no usable record and no majority. A dropped record lowers f only for a sender that has no other record in;
/// `sender` must come from a trusted place (the connection) for that to mean anything. `weight` of updates goes to the rule when all
/// carry it. Stored types are kept; integer tensors are taken over. Meta of the result: what all inputs that took part agree on, plus
/// `inputs` (given), `dropped` (of these) and, where weights counted, `weight`, their sum. `names[i]` says where record i came from.
struct AggregateOptions { bool strict = false; };
Record aggregate_records(const Aggregator& rule, std::vector<Record> records, const std::vector<std::string>& names,
                         const AggregateOptions& options);

}  // namespace dml
