// Adding an update to the model it was made from: the arithmetic that federated servers and `dmerge apply` share.
#pragma once
#include <string>

#include "wire/record.h"

namespace dml {

/// base + update, tensor by tensor in the base's dtype (narrow types are widened to double, added and rounded once). Names and shapes
/// must match; Error(input) says what does not, naming `where` (the update) otherwise. If the update says which model it was made from
/// (`base`, a content digest), another one is refused. The result keeps the base's kind and meta; its `round` is one more than the
/// update's, where that is known.
Record apply_update(const Record& base, const Record& update, const std::string& where);

/// out[i] = base[i] + update[i]: one rounded addition, equal bits on every CPU.
template <class T>
void add_update(const T* base, const T* update, T* out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) out[i] = base[i] + update[i];
}

}  // namespace dml
