// Buffers taken anew from data: what batch norm needs after models were merged (card single-merge).
#pragma once
#include "objective/objective.h"

namespace dml {

class CalibrationOracle {
 public:
  virtual ~CalibrationOracle() = default;
  /// x with its running statistics replaced by plain means over the training set in batches of 256, in order, a shorter last one left
  /// out; parameters as they are. Error(usage) when the objective has none.
  virtual Vec recalibrated(const Vec& x) const = 0;
};

}  // namespace dml
