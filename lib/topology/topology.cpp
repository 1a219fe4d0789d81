#include "topology/topology.h"

#include <numeric>

#include "base/error.h"

namespace dml {

Mixing::Builder::Builder(std::size_t nodes, std::size_t entries) : mixing_(std::make_unique<Mixing>()) {
  mixing_->nodes_ = nodes;
  mixing_->entries_.reserve(entries);
  mixing_->first_.reserve(nodes + 1);
  mixing_->first_.push_back(0);
}

void Mixing::Builder::row(std::span<const Entry> row) {
  mixing_->entries_.insert(mixing_->entries_.end(), row.begin(), row.end());
  mixing_->first_.push_back(mixing_->entries_.size());
  ++next_;
}

Mixing Mixing::Builder::done() && {
  if (next_ != mixing_->nodes_) throw Error(Fault::bug, "a mixing matrix of another number of rows");
  mixing_->index_receivers();
  return std::move(*mixing_);
}

Mixing Mixing::from_rows(const std::vector<std::vector<Entry>>& rows) {
  const auto entries = std::accumulate(rows.begin(), rows.end(), std::size_t{0}, [](std::size_t sum, const auto& row) { return sum + row.size(); });
  Builder builder(rows.size(), entries);
  for (const auto& row : rows) builder.row(row);
  return std::move(builder).done();
}

Mixing Mixing::same_rows(std::vector<Entry> row) {
  Mixing out;
  out.nodes_ = row.size();
  out.same_ = true;
  out.entries_ = std::move(row);
  return out;
}

// The transposed pattern without the diagonal, by counting: receivers come out ascending because rows are walked in order.
void Mixing::index_receivers() {
  receivers_first_.assign(nodes_ + 1, 0);
  const auto each = [this](auto visit) {
    for (std::size_t i = 0; i < nodes_; ++i)
      for (const auto& [j, weight] : row(i))
        if (j != i && weight > 0) visit(i, j);
  };
  each([this](std::size_t, NodeId j) { ++receivers_first_[j + 1]; });
  std::partial_sum(receivers_first_.begin(), receivers_first_.end(), receivers_first_.begin());
  receivers_.resize(receivers_first_.back());
  std::vector<std::uint64_t> next(receivers_first_.begin(), receivers_first_.end() - 1);
  each([&](std::size_t i, NodeId j) { receivers_[next[j]++] = static_cast<NodeId>(i); });
}

std::vector<NodeId> Mixing::receivers(std::size_t j) const {
  if (!same_) return {receivers_.begin() + static_cast<std::ptrdiff_t>(receivers_first_[j]), receivers_.begin() + static_cast<std::ptrdiff_t>(receivers_first_[j + 1])};
  std::vector<NodeId> out;
  if (!(entries_[j].second > 0)) return out;
  out.reserve(nodes_ - 1);
  for (NodeId i = 0; i < nodes_; ++i)
    if (i != j) out.push_back(i);
  return out;
}

std::size_t Mixing::receiver_count(std::size_t j) const {
  if (same_) return entries_[j].second > 0 ? nodes_ - 1 : 0;
  return receivers_first_[j + 1] - receivers_first_[j];
}

std::unique_ptr<TopologyRule> topology_rule(const Registry<TopologyRule>& registry, const std::string& text) {
  // "edges:file=ring.edges" also ends in .edges, but a component's name is known to the registry and a path is not.
  const bool component = registry.find(text.substr(0, text.find(':'))) != nullptr;
  if (!component && (text.ends_with(".edges") || text.ends_with(".adj"))) return registry.make(Component{"edges", {{"file", text}}});
  return registry.make(text);
}

}  // namespace dml
