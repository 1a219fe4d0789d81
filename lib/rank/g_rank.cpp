// G-Rank: clicks weighted by how alike the clicking node and the searching node are; no server, no training, no labels.
// Source: A. Gold and J. Pouwelse, G-Rank, arXiv 2301.12530; card g-rank, sections Similarity and Ranking.
//
//   C_jk   clicks of node j on item k for the term           S(j)  similarity of j to the searching node, see similarity.h
//   F      isolation: 0 leaves out the clicks of strangers (S = 0), 1 counts everybody's
//   1. the term is normalised: lower case, letters and digits only
//   2. R(k) = sum over j, in order of node ids, of C_jk (S(j) + F); kept where R > 0. Items whose own metadata hold the term (it
//      equals a tag or is within title or artist) come first, then R descending, then item id ascending; finally two positions
//      change places with probability `swap`, so that new items get seen
//   3. nothing yet: items of the local library with the term in title, then artist, then tags; then items whose clicks carry it as tag
//   4. still nothing: the most clicked items; 5. an empty log: up to ten random items of the library
// Deviations from the card's wording: the notebook squares the other term (similarity=code). The local library is what the caller
// passes plus the items that the node clicked itself; metadata of an item come from there, else from the first log entry with any.
#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/random.h"
#include "base/text.h"
#include "rank/ranker.h"
#include "rank/similarity.h"

namespace dml {
namespace {

constexpr std::size_t kRandomItems = 10;

struct GRankOptions {
  double isolation = 0;
  int top = 10;
  std::string similarity = "paper";
  std::string norm_self = "include";
  double swap = 0.5;
  std::uint64_t seed = 0;
};

using Library = std::map<std::string, LibraryItem>;

bool has_metadata(const LibraryItem& item) { return !item.title.empty() || !item.artist.empty() || !item.tags.empty(); }
bool within(const std::string& text, const std::string& term) { return normal_term(text).find(term) != std::string::npos; }
bool is_tag(const std::vector<std::string>& tags, const std::string& term) {
  return std::any_of(tags.begin(), tags.end(), [&](const std::string& tag) { return normal_term(tag) == term; });
}

// Adds what the entry says of its item, unless the item is known already with metadata.
void learn(Library& items, const Interaction& entry) {
  LibraryItem& item = items.try_emplace(entry.item, LibraryItem{entry.item, {}, {}, {}}).first->second;
  if (has_metadata(item)) return;
  item.title = entry.title;
  item.tags = entry.tags;
}

Library library_of(const std::vector<Interaction>& log, const Query& query) {
  Library out;
  for (const auto& item : query.library) out.try_emplace(item.item, item);
  for (const auto& entry : log)
    if (entry.node == query.node) learn(out, entry);
  return out;
}

std::vector<RankedItem> by_score(const std::map<std::string, double>& scores, const char* basis) {
  std::vector<RankedItem> out;
  for (const auto& [item, score] : scores)
    if (score > 0) out.push_back({item, score, basis});
  std::sort(out.begin(), out.end(), [](const RankedItem& a, const RankedItem& b) {
    return a.score != b.score ? a.score > b.score : item_before(a.item, b.item);
  });
  return out;
}

class GRank final : public Ranker {
 public:
  explicit GRank(GRankOptions options) : options_(std::move(options)) {}

  std::vector<RankedItem> rank(const std::vector<Interaction>& log, const Query& query) const override {
    const std::string term = normal_term(query.term);
    if (term.empty()) throw Error(Fault::usage, "term " + quote(query.term) + " has no letters or digits");
    const Library library = library_of(log, query);
    auto out = from_clicks(log, query.node, term, library);
    if (!out.empty()) {
      add_noise(out, log, query.node, term);
      return out;
    }
    out = from_metadata(log, term, library);
    if (!out.empty()) return out;
    std::map<std::string, double> clicks;
    for (const auto& entry : log) clicks[entry.item] += 1;
    return log.empty() ? random_items(library, query.node) : by_score(clicks, "popular");
  }

 private:
  std::vector<RankedItem> from_clicks(const std::vector<Interaction>& log, std::uint32_t node, const std::string& term,
                                      const Library& library) const {
    std::map<std::string, std::map<std::uint32_t, double>> clicks;
    for (const auto& entry : log)
      if (entry.term == term) clicks[entry.item][entry.node] += 1;
    if (clicks.empty()) return {};
    const SimilarityRule rule{static_cast<std::size_t>(options_.top), options_.similarity == "code"};
    const auto similarity = normal_similarities(raw_similarities(log, node, rule), node, options_.norm_self == "include");
    std::map<std::string, double> scores;
    for (const auto& [item, by_node] : clicks)
      for (const auto& [other, count] : by_node) scores[item] += count * (similarity.at(other) + options_.isolation);
    auto out = by_score(scores, "clicks");
    Library known = library;
    for (const auto& entry : log) learn(known, entry);
    std::stable_partition(out.begin(), out.end(), [&](const RankedItem& ranked) {
      const LibraryItem& item = known.at(ranked.item);
      return is_tag(item.tags, term) || within(item.title, term) || within(item.artist, term);
    });
    return out;
  }

  void add_noise(std::vector<RankedItem>& ranking, const std::vector<Interaction>& log, std::uint32_t node, const std::string& term) const {
    if (ranking.size() < 2) return;
    // The node's own entries number its queries: the next query has other noise, the same one again has the same.
    const auto own = std::count_if(log.begin(), log.end(), [&](const Interaction& entry) { return entry.node == node; });
    Rng rng("g-rank swap " + term, options_.seed, node, static_cast<std::uint32_t>(own));
    if (rng.uniform() >= options_.swap) return;
    const auto places = rng.choose(ranking.size(), 2);
    std::swap(ranking[places[0]], ranking[places[1]]);
  }

  static std::vector<RankedItem> from_metadata(const std::vector<Interaction>& log, const std::string& term, const Library& library) {
    std::vector<RankedItem> out;
    std::set<std::string> placed;
    const auto add_group = [&](const char* basis, auto matches) {
      std::vector<RankedItem> group;
      for (const auto& [id, item] : library)
        if (matches(item) && placed.insert(id).second) group.push_back({id, 0, basis});
      std::sort(group.begin(), group.end(), [](const RankedItem& a, const RankedItem& b) { return item_before(a.item, b.item); });
      out.insert(out.end(), group.begin(), group.end());
    };
    add_group("title", [&](const LibraryItem& item) { return within(item.title, term); });
    add_group("artist", [&](const LibraryItem& item) { return within(item.artist, term); });
    add_group("tags", [&](const LibraryItem& item) { return is_tag(item.tags, term); });
    std::map<std::string, double> clicks;
    for (const auto& entry : log)
      if (is_tag(entry.tags, term) && !placed.count(entry.item)) clicks[entry.item] += 1;
    const auto tagged = by_score(clicks, "tags-of-clicks");
    out.insert(out.end(), tagged.begin(), tagged.end());
    return out;
  }

  std::vector<RankedItem> random_items(const Library& library, std::uint32_t node) const {
    std::vector<std::string> ids;
    for (const auto& [id, item] : library) ids.push_back(id);
    std::vector<RankedItem> out;
    for (const auto i : Rng("g-rank library", options_.seed, node).choose(ids.size(), std::min(ids.size(), kRandomItems)))
      out.push_back({ids[i], 0, "library"});
    return out;
  }

  GRankOptions options_;
};

}  // namespace

void register_g_rank(Registry<Ranker>& registry) {
  registry.add<GRank>(
      {"g-rank", "clicks weighted by how alike the clicking and the searching node are", "Gold and Pouwelse, arXiv 2301.12530"},
      Options<GRankOptions>()
          .add("isolation", &GRankOptions::isolation, "F: added to every similarity; 0 ignores strangers, 1 counts everybody", at_least(0))
          .add("top", &GRankOptions::top, "K: most frequent terms of a node that are compared", at_least(1))
          .add("similarity", &GRankOptions::similarity, "square the shared pairs (paper) or the shared terms (code)", one_of({"paper", "code"}))
          .add("norm-self", &GRankOptions::norm_self, "whether the node's own similarity counts for the maximum", one_of({"include", "exclude"}))
          .add("swap", &GRankOptions::swap, "chance that two random positions change places", between(0, 1))
          .add("seed", &GRankOptions::seed, "of the swap and of random items"),
      {Trait::exact_anywhere});
}

}  // namespace dml
