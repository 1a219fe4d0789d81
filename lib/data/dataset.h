// Samples in memory, shared by all simulated nodes, and who holds which.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "entry/registry.h"
#include "wire/endpoint.h"

namespace dml {

struct Samples {
  std::size_t count = 0, features = 0;
  std::vector<float> x;                                    // count x features, row-major
  std::vector<std::int32_t> y;                             // labels 0..classes-1; empty when there are none
};

struct Dataset {
  std::string name;                                        // the component that made it, defaults left out
  Samples train, test;
  int classes = 0;
};

class DataSource {
 public:
  virtual ~DataSource() = default;
  /// Error(input) naming the file that is absent or malformed.
  virtual Dataset load(const OpenOptions& open) const = 0;
};

struct PartitionSetup { std::size_t nodes = 0; std::uint64_t seed = 0; };

class Partitioner {
 public:
  virtual ~Partitioner() = default;
  /// For each node the indices of its training samples, ascending. Error(usage) when it cannot leave every node non-empty.
  virtual std::vector<std::vector<std::uint32_t>> split(const std::vector<std::int32_t>& labels, int classes,
                                                        const PartitionSetup& setup) const = 0;
};

void register_datasets(Registry<DataSource>& registry);
void register_partitioners(Registry<Partitioner>& registry);

/// Where shipped data lies: the folder of the source tree or of the installation, whichever exists; `file` is appended.
std::string shipped_data(const std::string& file);

}  // namespace dml
