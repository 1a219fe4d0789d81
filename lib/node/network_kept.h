// Kept messages as tensors of a checkpoint and back: `kept`, u64 rows (peer, round, digest, ordinal, payload); `dropped-through`, u64 per
// peer; `payload-N`, u8. A payload that goes to several peers is stored once.
#pragma once
#include <string>
#include <vector>

#include "node/network_mesh.h"

namespace dml {

std::vector<Tensor> pack_in_flight(const InFlight& in_flight);
/// `base`: what a checkpoint without these tensors (of the simulator) stands for: no message below that round can be sent again.
/// Error(input) naming `where` when the tensors do not fit together.
InFlight unpack_in_flight(const std::vector<Tensor>& tensors, std::size_t nodes, std::uint64_t base, const std::string& where);

}  // namespace dml
