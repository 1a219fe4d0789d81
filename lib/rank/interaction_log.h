// The click log of a node: what drank reads from records of kind `interaction`, checked, without duplicates.
#pragma once
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "rank/ranker.h"

namespace dml {

/// A record of kind `interaction`: meta {node, query_no, term, item, title?, tags?, seen_before?, results_order?}.
Record to_record(const Interaction& interaction);
/// Checks kind, keys and types; normalises the term. Error(input) naming `where`.
Interaction to_interaction(const Record& record, const std::string& where);

/// A record of kind `item`: meta {item, title?, artist?, tags?}.
LibraryItem to_library_item(const Record& record, const std::string& where);

class InteractionLog {
 public:
  /// Keeps the first record of every key (node, query_no); counts others with the same key and different content. An empty term is
  /// dropped with a warning.
  void add(const Record& record, const std::string& where);
  void add(Interaction interaction, const std::string& where);

  const std::vector<Interaction>& entries() const { return entries_; }
  std::size_t conflicts() const { return conflicts_; }
  /// One more than the highest query_no of `node`; 0 when it has none.
  std::uint32_t next_query(std::uint32_t node) const;

 private:
  std::vector<Interaction> entries_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> index_;
  std::size_t conflicts_ = 0;
};

/// All entries of a stream; a warning says how many conflicts there were.
InteractionLog read_log(RecordReader& reader);

}  // namespace dml
