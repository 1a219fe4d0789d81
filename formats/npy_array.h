// One array as numpy stores it: header and elements. Shared by npy and npz.
#pragma once
#include <string>

#include "wire/format.h"

namespace dml {

/// Reads one array of format version 1, 2 or 3 to its last element; what may follow stays unread. Big-endian and column-major (Fortran)
/// arrays are turned, the latter with a second copy in memory. Error(input) naming the source: no array, cut, an object array (nothing is
/// ever unpickled), a type that tensors do not have, a size over the limit.
Tensor read_npy_array(ByteSource& source, std::string name, const Limits& limits);

/// Magic, version 1 and the header of a row-major array; what follows it starts at a multiple of 64. Error(usage) for bf16 and the 8-bit
/// floats, which numpy lacks.
std::string npy_header(const Tensor& tensor);

}  // namespace dml
