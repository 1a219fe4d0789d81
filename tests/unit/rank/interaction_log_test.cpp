#include <doctest/doctest.h>

#include "base/error.h"
#include "base/log.h"
#include "rank/interaction_log.h"

using namespace dml;

namespace {
Record click(std::uint32_t node, std::uint32_t query, const std::string& term, const std::string& item) { return to_record(Interaction{node, query, term, item, "", {}}); }
}  // namespace

TEST_CASE("an interaction comes back as it went, its term normalised") {
  const Interaction sent{3, 9, "hiphop", "17", "A title", {"a", "b"}};
  CHECK(to_interaction(to_record(sent), "here") == sent);
  auto record = to_record(sent);
  record.meta["term"] = "Hip Hop";
  record.meta["seen_before"] = true;
  record.meta["results_order"] = ValueList{"17", "4"};
  CHECK(to_interaction(record, "here") == sent);
}

TEST_CASE("a stranger's interaction is checked before it is believed") {
  const auto refused = [](const std::string& key, Value wrong) {
    auto record = click(1, 2, "rock", "3");
    record.meta[key] = std::move(wrong);
    CHECK_THROWS_AS(to_interaction(record, "here"), Error);
  };
  refused("node", -1);
  refused("node", 4294967296);
  refused("query_no", "1");
  refused("query_no", 0.5);
  refused("term", 3);
  refused("item", 3);
  refused("item", "");
  refused("title", 3);
  refused("tags", "rock");
  refused("tags", ValueList{"rock", 3});
  refused("seen_before", 1);
  refused("results_order", ValueList{Value()});
  for (const auto* key : {"node", "query_no", "term", "item"}) {
    auto record = click(1, 2, "rock", "3");
    record.meta.erase(key);
    CHECK_THROWS_AS(to_interaction(record, "here"), Error);
  }
  auto other = click(1, 2, "rock", "3");
  other.kind = "vote";
  CHECK_THROWS_WITH_AS(to_interaction(other, "here"), "here is of kind 'vote', not interaction", Error);
}

TEST_CASE("one key keeps its first entry; another content is a conflict, the same is not") {
  std::string said;
  set_log_sink([&](Level, const std::string& line) { said += line + "\n"; });
  InteractionLog log;
  log.add(click(1, 0, "rock", "1"), "a");
  log.add(click(1, 0, "rock", "1"), "b");
  log.add(click(1, 0, "rock", "2"), "c");
  log.add(click(2, 0, "rock", "2"), "d");
  log.add(click(2, 1, " - ", "2"), "e");
  set_log_sink({});
  REQUIRE(log.entries().size() == 2);
  CHECK(log.entries()[0].item == "1");
  CHECK(log.conflicts() == 1);
  CHECK(said == "e has an empty term and is dropped\n");
}

TEST_CASE("query numbers go on after the highest of the node") {
  InteractionLog log;
  CHECK(log.next_query(1) == 0);
  log.add(click(1, 7, "rock", "1"), "a");
  log.add(click(1, 2, "rock", "1"), "a");
  log.add(click(3, 40, "rock", "1"), "a");
  CHECK(log.next_query(1) == 8);
  CHECK(log.next_query(2) == 0);
  CHECK(log.next_query(3) == 41);
  log.add(click(3, 0xffffffff, "rock", "1"), "a");
  CHECK_THROWS_AS(log.next_query(3), Error);
}

TEST_CASE("items of a library") {
  const Record record{"item", {{"item", "3"}, {"title", "t"}, {"artist", "a"}, {"tags", ValueList{"x"}}}, {}, {}};
  const auto item = to_library_item(record, "here");
  CHECK(item.item == "3");
  CHECK(item.title == "t");
  CHECK(item.artist == "a");
  CHECK(item.tags == std::vector<std::string>{"x"});
  CHECK_THROWS_AS(to_library_item({"item", {}, {}, {}}, "here"), Error);
  CHECK_THROWS_AS(to_library_item(click(1, 0, "rock", "1"), "here"), Error);
}
