// Merging checkpoints, tensor by tensor: only (inputs x largest tensor) is in memory.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "entry/registry.h"
#include "wire/record.h"

namespace dml {

/// Head of one input model: kind, meta, and for each tensor its name, dtype and shape (data left empty).
struct ModelHeader {
  std::string name;                                        // for messages: 'a.dml'
  RecordHead head;
};

class Merger {
 public:
  virtual ~Merger() = default;
  /// Called once, before the first tensor. Error(usage) when options do not fit so many models.
  virtual void plan(std::size_t models) = 0;
  /// One tensor of every model: same name and shape, floating. `out` has inputs.front()'s dtype.
  virtual Tensor merge(const std::vector<Tensor>& inputs) const = 0;
};

void register_mergers(Registry<Merger>& registry);

}  // namespace dml
