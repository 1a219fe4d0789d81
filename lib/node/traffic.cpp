#include "node/node.h"
#include "wire/codec.h"

namespace dml {

std::pair<std::uint64_t, std::uint64_t> wire_size(const Record& record) { return encoded_size(record); }

}  // namespace dml
