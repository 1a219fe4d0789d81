// Samples in memory, shared by all simulated nodes, and who holds which.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "entry/registry.h"
#include "wire/endpoint.h"

namespace dml {

struct Samples {
  std::size_t count = 0, features = 0;
  std::vector<float> x;                                    // count x features, row-major
  std::vector<std::int32_t> y;                             // labels 0..classes-1; empty when there are none
  std::vector<std::int32_t> group{};                       // where each comes from (a writer, a site), >= 0; empty when nobody says
};

/// How a sample's features are one picture: channels x height x width, row-major. channels 0: they are none.
struct ImageShape {
  std::int64_t channels = 0, height = 0, width = 0;
  std::int64_t size() const { return channels * height * width; }
};

/// A random change of a training sample that leaves its class as it is.
class Augmentation {
 public:
  virtual ~Augmentation() = default;
  /// In place. Draws the same number of random numbers whatever the picture holds.
  virtual void apply(float* image, const ImageShape& shape, Rng& rng) const = 0;
};

struct Dataset {
  std::string name;                                        // the component that made it, defaults left out
  Samples train, test;
  int classes = 0;
  ImageShape image{};
  int vocabulary = 0;                                      // above 0: features are tokens 0..vocabulary-1 of a text, each follows the others
  std::vector<std::shared_ptr<const Augmentation>> augmentations{};   // of training batches; outermost first
};

class DataSource {
 public:
  virtual ~DataSource() = default;
  /// Error(input) naming the file that is absent or malformed.
  virtual Dataset load(const OpenOptions& open) const = 0;
};

struct PartitionSetup {
  std::size_t nodes = 0;
  std::uint64_t seed = 0;
  const std::vector<std::int32_t>* groups = nullptr;       // Samples::group, for rules that follow it
  const OpenOptions* open = nullptr;                       // for rules that read a file
};

class Partitioner {
 public:
  virtual ~Partitioner() = default;
  /// For each node the indices of its training samples, ascending. `labels`: one per sample; data without classes are one class.
  /// Error(usage) when it cannot leave every node non-empty.
  virtual std::vector<std::vector<std::uint32_t>> split(const std::vector<std::int32_t>& labels, int classes,
                                                        const PartitionSetup& setup) const = 0;
};

void register_datasets(Registry<DataSource>& registry);
void register_partitioners(Registry<Partitioner>& registry);
void register_augmentations(Registry<Augmentation>& registry);

/// `source`, or augmentations around one: flip+crop:pad=4+mnist. The dataset's name is the whole chain. Error(usage) when the data are
/// no pictures, or when a part is unknown.
Dataset load_dataset(const Families& families, const Chain& chain, const OpenOptions& open);

/// Where shipped data lies: the folder of the source tree or of the installation, whichever exists; `file` is appended.
std::string shipped_data(const std::string& file);

}  // namespace dml
