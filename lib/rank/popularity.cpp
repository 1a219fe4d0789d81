// Popularity: items by the number of clicks that all nodes made on them for the term; where nobody searched for it, by all clicks.
// Source: the baseline of A. Gold and J. Pouwelse, arXiv 2301.12530: what G-Rank becomes when every node is alike. One node with many
// identities decides it alone, which is what G-Rank is for.
#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/text.h"
#include "rank/ranker.h"

namespace dml {
namespace {

class Popularity final : public Ranker {
 public:
  std::vector<RankedItem> rank(const std::vector<Interaction>& log, const Query& query) const override {
    const std::string term = normal_term(query.term);
    if (term.empty()) throw Error(Fault::usage, "term " + quote(query.term) + " has no letters or digits");
    auto found = count(log, [&](const Interaction& entry) { return entry.term == term; }, "clicks");
    return found.empty() ? count(log, [](const Interaction&) { return true; }, "popular") : found;
  }

 private:
  template <class Holds>
  static std::vector<RankedItem> count(const std::vector<Interaction>& log, Holds holds, const char* basis) {
    std::map<std::string, double> clicks;
    for (const auto& entry : log)
      if (holds(entry)) clicks[entry.item] += 1;
    std::vector<RankedItem> out;
    for (const auto& [item, score] : clicks) out.push_back({item, score, basis});
    std::sort(out.begin(), out.end(), [](const RankedItem& a, const RankedItem& b) {
      return a.score != b.score ? a.score > b.score : item_before(a.item, b.item);
    });
    return out;
  }
};

}  // namespace

void register_popularity(Registry<Ranker>& registry) {
  registry.add<Popularity>({"popularity", "click counts of all nodes alike", "Gold and Pouwelse, arXiv 2301.12530, baseline"},
                           {Trait::permutation_invariant, Trait::exact_anywhere});
}

}  // namespace dml
