// One federated client's round as a function of records: what `dtrain fedavg`'s clients and `dtrain local` share, bit for bit.
#pragma once
#include "train/program.h"

namespace dml {

/// Local steps of round `round` by client `id` from `model` (kind "model"). Returns kind "update": tensors after - before in the model's
/// dtype; meta sender, round, base (content digest of the model), weight (samples of the client), steps, lr.
/// Error(input) naming `where` when the model does not fit the objective.
Record client_update(const std::shared_ptr<const Setup>& setup, NodeId id, std::uint64_t round, const Record& model, const std::string& where);

}  // namespace dml
