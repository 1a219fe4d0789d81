#include "train/gossip_mix.h"

#include <cstring>

#include "base/log.h"
#include "base/text.h"
#include "objective/vector.h"

namespace dml {
namespace {

std::string sender(NodeId node, std::uint64_t round) { return "the model of node " + std::to_string(node) + " in round " + std::to_string(round); }

}  // namespace

std::string model_fault(const Objective& objective, const Record& record, bool check_values) {
  const auto& layout = objective.layout();
  if (record.tensors.size() != layout.size()) return "has " + std::to_string(record.tensors.size()) + " tensors, not " + std::to_string(layout.size());
  for (std::size_t i = 0; i < layout.size(); ++i) {
    const auto& tensor = record.tensors[i];
    if (tensor.name != layout[i].name) return "has no tensor " + quote(layout[i].name);
    if (tensor.shape != layout[i].shape || tensor.dtype != to_dtype(objective.dtype()))
      return "has tensor " + quote(tensor.name) + " of another shape or type";
    if (!check_values) continue;
    if (!all_finite(tensor)) return "is not finite";
  }
  return {};
}

GossipMix::GossipMix(const Setup& setup) : objective_(*setup.objective) {
  if (!setup.aggregator.empty()) rule_ = setup.families->get<Aggregator>().make(single(setup.aggregator, "--aggregator"));
}

void GossipMix::mix(NodeId self, std::uint64_t round, const Vec& own, const std::vector<std::pair<NodeId, double>>& row,
                    const std::vector<Message>& inbox, Vec& out) const {
  std::vector<Term> terms;
  terms.reserve(row.size());
  auto next = inbox.begin();
  for (const auto& [node, weight] : row) {
    if (node == self) terms.push_back({node, weight, nullptr});
    else terms.push_back({node, weight, (next++)->payload.get()});
  }
  if (rule_) return robust(round, terms, own, out);
  drop_bad(self, round, terms, false);
  if (weighted(terms, own, out)) return;
  drop_bad(self, round, terms, true);
  if (!weighted(terms, own, out))
    throw Error(Fault::method, "node " + std::to_string(self) + " diverged in round " + std::to_string(round) + ": its model is not finite",
                "try a smaller --lr");
}

// One tensor at a time: received models are views of one buffer or not, it does not matter.
bool GossipMix::weighted(const std::vector<Term>& terms, const Vec& own, Vec& out) const {
  std::vector<double> weights;
  for (const auto& term : terms) weights.push_back(term.weight);
  const auto* mine = static_cast<const std::byte*>(own.data_ptr());
  const auto& layout = objective_.layout();
  std::vector<const void*> rows(terms.size());
  bool finite = true;
  for (std::size_t t = 0; t < layout.size(); ++t) {
    for (std::size_t k = 0; k < terms.size(); ++k)
      rows[k] = terms[k].record ? terms[k].record->tensors[t].data.data() : mine + static_cast<std::size_t>(layout[t].offset) * own.element_size();
    finite &= weighted_sum(rows, weights, out, layout[t].offset, layout[t].size);
  }
  return finite;
}

void GossipMix::drop_bad(NodeId self, std::uint64_t round, std::vector<Term>& terms, bool check_values) const {
  double lost = 0;
  std::erase_if(terms, [&](const Term& term) {
    if (!term.record) return false;
    const auto fault = model_fault(objective_, *term.record, check_values);
    if (fault.empty()) return false;
    warn("node " + std::to_string(self) + " drops " + sender(term.node, round) + ": it " + fault);
    lost += term.weight;
    return true;
  });
  for (auto& term : terms)
    if (!term.record) term.weight += lost;
}

void GossipMix::robust(std::uint64_t round, const std::vector<Term>& terms, const Vec& own, Vec& out) const {
  std::vector<Record> records;
  std::vector<std::string> names;
  const Record mine = to_record(objective_, own, "model");
  for (const auto& term : terms) {
    records.push_back(term.record ? *term.record : mine);
    records.back().meta.clear();                           // what senders say of themselves has no say here
    names.push_back(sender(term.node, round));
  }
  const Record result = aggregate_records(*rule_, std::move(records), names, {});
  if (const auto fault = model_fault(objective_, result, false); !fault.empty())
    throw Error(Fault::method, "round " + std::to_string(round) + ": most neighbours sent models unlike this one; the result " + fault);
  const auto width = size_of(to_dtype(own.scalar_type()));
  auto* to = static_cast<std::byte*>(out.data_ptr());
  for (std::size_t t = 0; t < result.tensors.size(); ++t)
    std::memcpy(to + static_cast<std::size_t>(objective_.layout()[t].offset) * width, result.tensors[t].data.data(), result.tensors[t].data.size());
}

}  // namespace dml
