// Records that nodes write: their model, and their state between rounds.
#pragma once
#include "train/program.h"
#include "train/worker.h"

namespace dml {

/// Kind "model": x as named tensors; meta round, node, objective, data (where there is one), weight = samples the node holds (a server:
/// of all nodes). With it `dtrain eval` knows what to do.
Record model_record(const Setup& setup, const Vec& x, NodeId node, std::uint64_t round);

/// x and the solver's state, with tensors named model.* and solver.*; meta of the solver under its own key.
Record training_state(const Setup& setup, const Vec& x, const Worker& worker);
/// The inverse; returns x. Error(input) when it is not such a record.
Vec restore_training(const Setup& setup, const Record& state, Worker& worker);

}  // namespace dml
