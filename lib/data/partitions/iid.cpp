// IID: the samples are shuffled and dealt out one by one; every sample goes to one node, numbers of samples differ by at most one.
// Source: McMahan et al., AISTATS 2017, section 3. Draws: ("iid", seed).
#include <algorithm>
#include <numeric>

#include "data/split.h"

namespace dml {
namespace {

class Iid final : public Partitioner {
 public:
  Parts split(const std::vector<std::int32_t>& labels, int, const PartitionSetup& setup) const override {
    need_samples(labels, setup, 1, "iid");
    std::vector<std::uint32_t> order(labels.size());
    std::iota(order.begin(), order.end(), 0u);
    Rng rng("iid", setup.seed);
    rng.shuffle(std::span(order));
    Parts parts(setup.nodes);
    for (std::size_t i = 0; i < order.size(); ++i) parts[i % setup.nodes].push_back(order[i]);
    for (auto& part : parts) std::sort(part.begin(), part.end());
    return parts;
  }
};

}  // namespace

void register_iid(Registry<Partitioner>& registry) {
  registry.add<Iid>({"iid", "shuffled and dealt out evenly", "McMahan et al., AISTATS 2017"});
}

}  // namespace dml
