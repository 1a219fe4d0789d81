// Records as rows: all floating-point tensors of a record, one after the other in record order, as one vector.
#pragma once
#include <vector>

#include "aggregate/aggregator.h"

namespace dml {

/// f64 when a floating-point tensor of the layout is f64, else f32 (f16, bf16 and f8 widen exactly).
Dtype row_dtype(const Record& layout);
/// Elements of the floating-point tensors. Error(input) naming `where` when there is no such tensor.
std::size_t row_columns(const Record& layout, const std::string& where);

/// The row of `record` as `dtype`. No copy when the record has a single floating-point tensor of that type and aligned bytes;
/// otherwise the tensors' data are released as they are copied.
Bytes to_row(Record& record, Dtype dtype);
/// The record's tensors from a row: stored types as in `layout`, rounded to nearest, ties to even; integer tensors as in `layout`.
std::vector<Tensor> from_row(const Record& layout, const Bytes& row, Dtype dtype);

}  // namespace dml
