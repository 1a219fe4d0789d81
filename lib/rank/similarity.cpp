#include "rank/similarity.h"

#include <algorithm>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

namespace dml {
namespace {

// What a node searched for and clicked. Items and terms are numbers here, in order of their texts.
struct Profile {
  std::map<std::uint32_t, std::size_t> queries;            // term -> how often
  std::set<std::pair<std::uint32_t, std::uint32_t>> pairs; // (term, item)
  std::set<std::uint32_t> items;
};

// Numbers 0, 1, ... for the distinct texts, ascending.
template <class Text>
std::unordered_map<std::string, std::uint32_t> numbered(const std::vector<Interaction>& log, Text text) {
  std::set<std::string> distinct;
  for (const auto& entry : log) distinct.insert(text(entry));
  std::unordered_map<std::string, std::uint32_t> out;
  for (const auto& word : distinct) out.emplace(word, static_cast<std::uint32_t>(out.size()));
  return out;
}

std::map<std::uint32_t, Profile> profiles_of(const std::vector<Interaction>& log) {
  const auto terms = numbered(log, [](const Interaction& entry) -> const std::string& { return entry.term; });
  const auto items = numbered(log, [](const Interaction& entry) -> const std::string& { return entry.item; });
  std::map<std::uint32_t, Profile> out;
  for (const auto& entry : log) {
    const std::uint32_t term = terms.at(entry.term), item = items.at(entry.item);
    Profile& profile = out[entry.node];
    ++profile.queries[term];
    profile.pairs.emplace(term, item);
    profile.items.insert(item);
  }
  return out;
}

template <class Set>
std::size_t shared(const Set& a, const Set& b) {
  const Set &small = a.size() < b.size() ? a : b, &large = a.size() < b.size() ? b : a;
  return static_cast<std::size_t>(std::count_if(small.begin(), small.end(), [&](const auto& value) { return large.count(value) != 0; }));
}

bool share_a_term(const Profile& a, const Profile& b) {
  return std::any_of(a.queries.begin(), a.queries.end(), [&](const auto& pair) { return b.queries.count(pair.first) != 0; });
}

std::set<std::uint32_t> most_frequent(const Profile& profile, std::size_t most) {
  std::vector<std::pair<std::uint32_t, std::size_t>> order(profile.queries.begin(), profile.queries.end());
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::set<std::uint32_t> out;
  for (std::size_t i = 0; i < std::min(most, order.size()); ++i) out.insert(order[i].first);
  return out;
}

}  // namespace

std::map<std::uint32_t, double> raw_similarities(const std::vector<Interaction>& log, std::uint32_t node, const SimilarityRule& rule) {
  std::map<std::uint32_t, double> out;
  const auto profiles = profiles_of(log);
  const auto self = profiles.find(node);
  const Profile nothing;
  const Profile& mine = self == profiles.end() ? nothing : self->second;
  const auto my_terms = most_frequent(mine, rule.top);
  for (const auto& [other, theirs] : profiles) {
    double& similarity = out[other];
    if (!share_a_term(mine, theirs)) continue;
    const auto kt = static_cast<double>(shared(my_terms, most_frequent(theirs, rule.top)));
    const auto km = static_cast<double>(shared(mine.pairs, theirs.pairs));
    const auto ku = static_cast<double>(mine.items.size() + theirs.items.size() - shared(mine.items, theirs.items));
    similarity = (rule.square_terms ? km + kt * kt : kt + km * km) / ku;
  }
  return out;
}

std::map<std::uint32_t, double> normal_similarities(std::map<std::uint32_t, double> raw, std::uint32_t node, bool include_self) {
  double largest = 0;
  for (const auto& [other, value] : raw)
    if (include_self || other != node) largest = std::max(largest, value);
  for (auto& [other, value] : raw)
    if (largest > 0) value /= largest;
  if (!include_self) raw[node] = 1;
  return raw;
}

}  // namespace dml
