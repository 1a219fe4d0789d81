// Natural: samples lie where they came from. Each value of the data's group column (csv:group=COLUMN), or of a file with a whole number for
// every training sample, is one source. As many nodes as sources: node k is the k-th source in ascending order. Fewer nodes: the sources,
// shuffled, are dealt out one by one. More nodes are refused: a source is never torn apart.
// Source: Caldas et al. 2018 (LEAF, arXiv 1812.01097): partition by writer, author, user. Draws: ("natural", seed).
#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "base/text.h"
#include "data/split.h"

namespace dml {
namespace {

struct NaturalOptions { std::string file; };

class Natural final : public Partitioner {
 public:
  explicit Natural(NaturalOptions options) : file_(std::move(options.file)) {}
  Parts split(const std::vector<std::int32_t>& labels, int, const PartitionSetup& setup) const override {
    const auto source = sources(labels.size(), setup);
    std::map<std::int64_t, std::vector<std::uint32_t>> by_source;
    for (std::size_t i = 0; i < source.size(); ++i) by_source[source[i]].push_back(static_cast<std::uint32_t>(i));
    if (setup.nodes == 0 || by_source.size() < setup.nodes)
      throw Error(Fault::usage, "partition 'natural' cannot give " + std::to_string(setup.nodes) + " nodes one or more of " + std::to_string(by_source.size()) + " sources");
    std::vector<std::vector<std::uint32_t>> order;
    for (auto& [name, samples] : by_source) order.push_back(std::move(samples));
    if (order.size() > setup.nodes) {
      Rng rng("natural", setup.seed);
      rng.shuffle(std::span(order));
    }
    Parts parts(setup.nodes);
    for (std::size_t s = 0; s < order.size(); ++s) {
      auto& part = parts[s % setup.nodes];
      part.insert(part.end(), order[s].begin(), order[s].end());
    }
    for (auto& part : parts) std::sort(part.begin(), part.end());
    return parts;
  }

 private:
  std::vector<std::int64_t> sources(std::size_t count, const PartitionSetup& setup) const {
    std::vector<std::int64_t> out;
    if (file_.empty()) {
      if (!setup.groups || setup.groups->size() != count)
        throw Error(Fault::usage, "partition 'natural' needs data that say where each sample comes from", "csv:group=COLUMN, or natural:file=FILE");
      out.assign(setup.groups->begin(), setup.groups->end());
      return out;
    }
    for (const double value : read_column(file_, count, setup)) {
      if (!(std::fabs(value) < 9e15) || value != std::floor(value))
        throw Error(Fault::input, "line " + std::to_string(out.size() + 1) + " of " + quote(file_) + " is " + format_number(value) + ", must be a whole number");
      out.push_back(static_cast<std::int64_t>(value));
    }
    return out;
  }
  std::string file_;
};

}  // namespace

void register_natural(Registry<Partitioner>& registry) {
  registry.add<Natural>({"natural", "samples lie where they came from: by a column or a file", "Caldas et al. 2018, arXiv 1812.01097 (LEAF)"},
                        Options<NaturalOptions>().add("file", &NaturalOptions::file, "csv file with a whole number for every training sample; else the data's groups"));
}

}  // namespace dml
