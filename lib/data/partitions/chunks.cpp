// Chunks: the samples in one order are cut into as many equal runs as there are nodes. With scores=FILE (a number for every training
// sample, larger is harder) and order=inc or dec, nodes differ in how hard their samples are; order=rand is the same cut of a shuffle.
// Source: Vahidian et al., ICCV 2023 (card curricula, difficulty-controlled partition, IID case). Draws: ("chunks", seed).
#include <algorithm>

#include "data/split.h"

namespace dml {
namespace {

struct ChunksOptions { std::string scores, order = "inc"; };

class Chunks final : public Partitioner {
 public:
  explicit Chunks(ChunksOptions options) : options_(std::move(options)) {}
  Parts split(const std::vector<std::int32_t>& labels, int, const PartitionSetup& setup) const override {
    need_samples(labels, setup, 1, "chunks");
    Rng rng("chunks", setup.seed);
    const auto order = ordered_samples(labels.size(), options_.order, options_.scores, setup, "chunks", rng);
    Parts parts(setup.nodes);
    for (std::size_t k = 0; k < setup.nodes; ++k) {
      const auto from = static_cast<std::ptrdiff_t>(k * order.size() / setup.nodes), to = static_cast<std::ptrdiff_t>((k + 1) * order.size() / setup.nodes);
      parts[k].assign(order.begin() + from, order.begin() + to);
      std::sort(parts[k].begin(), parts[k].end());
    }
    return parts;
  }

 private:
  ChunksOptions options_;
};

}  // namespace

void register_chunks(Registry<Partitioner>& registry) {
  registry.add<Chunks>({"chunks", "equal runs of the samples in order of a score", "Vahidian et al., ICCV 2023"},
                       Options<ChunksOptions>()
                           .add("scores", &ChunksOptions::scores, "csv file with a number for every training sample")
                           .add("order", &ChunksOptions::order, "of the samples before they are cut", one_of({"inc", "rand", "dec"})));
}

}  // namespace dml
