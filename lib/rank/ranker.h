// Ranking without a server: an interaction log in, an order of items out.
#pragma once
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "entry/registry.h"
#include "wire/record.h"

namespace dml {

/// One click (card g-rank): key = (node, query_no).
struct Interaction {
  std::uint32_t node = 0;
  std::uint32_t query_no = 0;
  std::string term, item;                                  // term: normalised, see normal_term()
  std::string title;
  std::vector<std::string> tags;
  bool operator==(const Interaction&) const = default;
};

/// What a node knows of an item that it holds.
struct LibraryItem {
  std::string item;
  std::string title, artist;
  std::vector<std::string> tags;
};

struct RankedItem {
  std::string item;
  double score = 0;
  std::string basis;                                       // why it is here: clicks, title, artist, tags, tags-of-clicks, popular, library
};

struct Query {
  std::uint32_t node = 0;
  std::string term;                                        // as typed or normalised
  std::vector<LibraryItem> library{};                      // beyond the items that the node clicked itself
};

class Ranker {
 public:
  virtual ~Ranker() = default;
  /// Best first. `log`: without duplicates of a key, see InteractionLog. A term without letters and digits is Error(usage).
  virtual std::vector<RankedItem> rank(const std::vector<Interaction>& log, const Query& query) const = 0;
};

void register_rankers(Registry<Ranker>& registry);

/// Lower case (ASCII), without anything but letters and digits; bytes of UTF-8 beyond ASCII are kept as they are.
std::string normal_term(std::string_view text);

/// Item ids in ascending order: whole numbers by value and before all others, those bytewise.
bool item_before(const std::string& a, const std::string& b);

}  // namespace dml
