// IID: the samples are shuffled and dealt out one by one; every sample goes to one node, numbers of samples differ by at most one. With
// samples=N every node instead takes N distinct samples of its own draw: nodes share samples, so there may be more nodes than samples.
// Source: McMahan et al., AISTATS 2017, section 3. Draws: ("iid", seed); with samples=N node k from ("iid", seed, k).
#include <algorithm>
#include <numeric>

#include "data/split.h"

namespace dml {
namespace {

struct IidOptions { int samples = 0; };

class Iid final : public Partitioner {
 public:
  explicit Iid(IidOptions options) : each_(static_cast<std::size_t>(options.samples)) {}
  Parts split(const std::vector<std::int32_t>& labels, int, const PartitionSetup& setup) const override {
    Parts parts = each_ ? draw(labels, setup) : deal(labels, setup);
    for (auto& part : parts) std::sort(part.begin(), part.end());
    return parts;
  }

 private:
  static Parts deal(const std::vector<std::int32_t>& labels, const PartitionSetup& setup) {
    need_samples(labels, setup, 1, "iid");
    std::vector<std::uint32_t> order(labels.size());
    std::iota(order.begin(), order.end(), 0u);
    Rng rng("iid", setup.seed);
    rng.shuffle(std::span(order));
    Parts parts(setup.nodes);
    for (std::size_t i = 0; i < order.size(); ++i) parts[i % setup.nodes].push_back(order[i]);
    return parts;
  }

  Parts draw(const std::vector<std::int32_t>& labels, const PartitionSetup& setup) const {
    if (setup.nodes == 0) throw Error(Fault::usage, "partition 'iid' needs at least one node");
    if (each_ > labels.size())
      throw Error(Fault::usage, "option 'iid:samples' is " + std::to_string(each_) + ", there are " + std::to_string(labels.size()) + " samples");
    Parts parts(setup.nodes);
    for (std::size_t k = 0; k < setup.nodes; ++k) {
      Rng rng("iid", setup.seed, static_cast<std::uint32_t>(k));
      for (const std::size_t i : rng.choose(labels.size(), each_)) parts[k].push_back(static_cast<std::uint32_t>(i));
    }
    return parts;
  }
  std::size_t each_;
};

}  // namespace

void register_iid(Registry<Partitioner>& registry) {
  registry.add<Iid>({"iid", "shuffled and dealt out evenly", "McMahan et al., AISTATS 2017"},
                    Options<IidOptions>().add("samples", &IidOptions::samples, "every node draws so many of its own, shared with others; 0: dealt out", at_least(0)));
}

}  // namespace dml
