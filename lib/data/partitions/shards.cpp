// Shards: the samples, sorted by label, are cut into nodes x per-node equal runs, and every node gets per-node of them at random. With two
// shards most nodes hold two classes. Every sample goes to one node; shards differ by at most one sample.
// Source: McMahan et al., AISTATS 2017, section 3 (200 shards for 100 clients). Draws: ("shards", seed).
#include <algorithm>
#include <numeric>

#include "data/split.h"

namespace dml {
namespace {

struct ShardsOptions { int per_node = 2; };

class Shards final : public Partitioner {
 public:
  explicit Shards(ShardsOptions options) : per_node_(static_cast<std::size_t>(options.per_node)) {}
  Parts split(const std::vector<std::int32_t>& labels, int, const PartitionSetup& setup) const override {
    need_samples(labels, setup, per_node_, "shards");
    std::vector<std::uint32_t> order(labels.size());
    std::iota(order.begin(), order.end(), 0u);
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return labels[a] < labels[b]; });

    const std::size_t count = setup.nodes * per_node_;
    std::vector<std::size_t> shards(count);
    std::iota(shards.begin(), shards.end(), std::size_t{0});
    Rng rng("shards", setup.seed);
    rng.shuffle(std::span(shards));

    Parts parts(setup.nodes);
    for (std::size_t s = 0; s < count; ++s) {
      const auto from = static_cast<std::ptrdiff_t>(shards[s] * order.size() / count), to = static_cast<std::ptrdiff_t>((shards[s] + 1) * order.size() / count);
      auto& part = parts[s / per_node_];
      part.insert(part.end(), order.begin() + from, order.begin() + to);
    }
    for (auto& part : parts) std::sort(part.begin(), part.end());
    return parts;
  }

 private:
  std::size_t per_node_;
};

}  // namespace

void register_shards(Registry<Partitioner>& registry) {
  registry.add<Shards>({"shards", "sorted by label, cut into shards, a few for every node", "McMahan et al., AISTATS 2017"},
                       Options<ShardsOptions>().add("per-node", &ShardsOptions::per_node, "shards of every node", at_least(1)));
}

}  // namespace dml
