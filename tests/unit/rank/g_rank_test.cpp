#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "rank/interaction_log.h"
#include "rank/similarity.h"

using namespace dml;

namespace {

Registry<Ranker> rankers() {
  Registry<Ranker> all("ranker");
  register_rankers(all);
  return all;
}

struct Clicks {
  std::vector<Interaction> entries;
  Clicks& add(std::uint32_t node, const std::string& term, const std::string& item, std::vector<std::string> tags = {}, std::string title = {}) {
    const auto own = std::count_if(entries.begin(), entries.end(), [&](const Interaction& e) { return e.node == node; });
    entries.push_back({node, static_cast<std::uint32_t>(own), term, item, std::move(title), std::move(tags)});
    return *this;
  }
};

enum : std::uint32_t { A = 0, B = 1, C = 2, D = 3 };

// The log of the card's exact checks; items 1, 2, 3 carry the tag rock.
std::vector<Interaction> card_log() {
  const std::vector<std::string> rock{"rock"};
  return Clicks()
      .add(A, "rock", "1", rock).add(A, "rock", "1", rock).add(A, "rock", "2", rock).add(A, "jazz", "5")
      .add(B, "rock", "1", rock).add(B, "rock", "3", rock).add(B, "jazz", "5")
      .add(C, "rock", "3", rock).add(C, "rock", "3", rock).add(C, "rock", "3", rock).add(C, "folk", "7")
      .add(D, "folk", "7").entries;
}

std::vector<RankedItem> rank(const std::string& ranker, const std::vector<Interaction>& log, const std::string& term, std::uint32_t node = A,
                             std::vector<LibraryItem> library = {}) {
  return rankers().make(ranker)->rank(log, {node, term, std::move(library)});
}
std::string order(const std::vector<RankedItem>& ranking) {
  std::string out;
  for (const auto& ranked : ranking) out += (out.empty() ? "" : " ") + ranked.item;
  return out;
}
bool near(double got, double want) { return std::fabs(got - want) < 1e-6; }

}  // namespace

TEST_CASE("exact check 1: similarities") {
  const auto log = card_log();
  const auto paper = raw_similarities(log, A, {10, false}), code = raw_similarities(log, A, {10, true});
  CHECK(near(paper.at(A), 11.0 / 3));
  CHECK(near(paper.at(B), 1.5));
  CHECK(near(paper.at(C), 0.2));
  CHECK(paper.at(D) == 0);
  CHECK(near(code.at(A), 7.0 / 3));
  CHECK(near(code.at(B), 1.5));
  CHECK(near(code.at(C), 0.2));
  const auto include = normal_similarities(paper, A, true), exclude = normal_similarities(paper, A, false), of_code = normal_similarities(code, A, true);
  CHECK(include.at(A) == 1);
  CHECK(near(include.at(B), 0.409091));
  CHECK(near(include.at(C), 0.0545455));
  CHECK(include.at(D) == 0);
  CHECK(near(of_code.at(B), 0.642857));
  CHECK(near(of_code.at(C), 0.0857143));
  CHECK(exclude.at(A) == 1);
  CHECK(exclude.at(B) == 1);
  CHECK(near(exclude.at(C), 0.133333));
  CHECK(exclude.at(D) == 0);
}

TEST_CASE("K counts only the most frequent terms, ties by name") {
  const auto log = Clicks().add(A, "x", "1").add(A, "x", "2").add(A, "a", "3").add(A, "b", "4").add(B, "b", "9").add(B, "x", "8").add(B, "x", "7").entries;
  CHECK(near(raw_similarities(log, A, {10, false}).at(B), 2.0 / 7));
  CHECK(near(raw_similarities(log, A, {2, false}).at(B), 1.0 / 7));   // A: x, a; B: x, b
  CHECK(near(raw_similarities(log, A, {1, false}).at(B), 1.0 / 7));
}

TEST_CASE("exact check 2: query rock at A") {
  const auto close = rank("g-rank:swap=0", card_log(), "rock");
  REQUIRE(order(close) == "1 2 3");
  CHECK(near(close[0].score, 2.409091));
  CHECK(near(close[1].score, 1.0));
  CHECK(near(close[2].score, 0.572727));
  const auto open = rank("g-rank:swap=0,isolation=1", card_log(), "Ro-CK!");
  REQUIRE(order(open) == "1 3 2");
  CHECK(near(open[0].score, 5.409091));
  CHECK(near(open[1].score, 4.572727));
  CHECK(near(open[2].score, 2.0));
  CHECK(open[0].basis == "clicks");
}

TEST_CASE("exact check 2: the same entries gossiped twice change nothing") {
  InteractionLog log;
  for (int twice = 0; twice < 2; ++twice)
    for (const auto& entry : card_log()) log.add(to_record(entry), "here");
  CHECK(log.entries() == card_log());
  CHECK(log.conflicts() == 0);
}

TEST_CASE("exact check 4: limits") {
  // One node alone: the popularity of its own clicks.
  const auto alone = Clicks().add(A, "rock", "4").add(A, "rock", "2").add(A, "rock", "4").add(A, "rock", "9").add(A, "folk", "9").entries;
  CHECK(order(rank("g-rank:swap=0", alone, "rock")) == "4 2 9");
  // All nodes with identical logs and F = 0: raw click counts.
  Clicks same;
  for (const std::uint32_t node : {A, B, C, D})
    for (const auto* item : {"8", "6", "8", "7", "7", "8"}) same.add(node, "rock", item);
  CHECK(order(rank("g-rank:swap=0", same.entries, "rock")) == "8 7 6");
  CHECK(order(rank("popularity", same.entries, "rock")) == "8 7 6");
  // Item 4 has the highest R, but not the tag.
  auto log = card_log();
  for (std::uint32_t k = 0; k < 9; ++k) log.push_back({A, 100 + k, "rock", "4", "", {"noise"}});
  const auto ranking = rank("g-rank:swap=0", log, "rock");
  CHECK(ranking.back().item == "4");
  CHECK(ranking.back().score > ranking.front().score);
}

TEST_CASE("every option changes the ranking") {
  const auto log = card_log();
  const auto scores = [&](const std::string& ranker) {
    std::vector<double> out;
    for (const auto& ranked : rank(ranker, log, "rock")) out.push_back(ranked.score);
    return out;
  };
  const auto base = scores("g-rank:swap=0");
  CHECK(scores("g-rank:swap=0,isolation=1") != base);
  CHECK(scores("g-rank:swap=0,isolation=0.25") != scores("g-rank:swap=0,isolation=1"));
  CHECK(scores("g-rank:swap=0,similarity=code") != base);
  CHECK(scores("g-rank:swap=0,norm-self=exclude") != base);
  CHECK(scores("g-rank:swap=0,top=1") != base);
  CHECK(order(rank("g-rank:swap=1", log, "rock")) != "1 2 3");
  std::vector<std::string> seen;
  for (int seed = 0; seed < 30; ++seed) seen.push_back(order(rank("g-rank:swap=1,seed=" + std::to_string(seed), log, "rock")));
  for (const auto* swapped : {"2 1 3", "3 2 1", "1 3 2"}) CHECK(std::count(seen.begin(), seen.end(), swapped) > 2);
  // Clicks for rock: 1 three times, 3 four times, 2 once.
  CHECK(order(rank("popularity", log, "rock")) == "3 1 2");
  CHECK_THROWS_AS(rankers().make("g-rank:isolation=-0.1"), Error);
  CHECK_THROWS_AS(rankers().make("g-rank:swap=1.1"), Error);
  CHECK_THROWS_AS(rankers().make("g-rank:top=0"), Error);
  CHECK_THROWS_AS(rankers().make("g-rank:similarity=text"), Error);
}

TEST_CASE("noise swaps half of the time by default, and never without two results or outside case 2") {
  int swapped = 0;
  for (int seed = 0; seed < 400; ++seed) swapped += order(rank("g-rank:seed=" + std::to_string(seed), card_log(), "rock")) != "1 2 3";
  CHECK(swapped > 160);
  CHECK(swapped < 240);
  CHECK(order(rank("g-rank:swap=1", Clicks().add(A, "rock", "1").entries, "rock")) == "1");
  CHECK(order(rank("g-rank:swap=1", card_log(), "unheard")) == "3 1 5 7 2");
  CHECK(order(rank("g-rank:seed=3", card_log(), "rock")) == order(rank("g-rank:seed=3", card_log(), "rock")));
}

TEST_CASE("strangers count with F alone; a newcomer falls back on what others clicked") {
  const auto log = Clicks().add(A, "folk", "7").add(B, "rock", "2").add(C, "rock", "1").add(C, "rock", "1").entries;
  const auto none = rank("g-rank:swap=0", log, "rock");    // nobody is similar: R = 0 everywhere, no metadata, so the most clicked
  CHECK(order(none) == "1 2 7");
  CHECK(none[0].basis == "popular");
  const auto all = rank("g-rank:swap=0,isolation=1", log, "rock");
  CHECK(order(all) == "1 2");
  CHECK(all[0].score == 2);
  CHECK(order(rank("g-rank:swap=0", log, "rock", 99)) == "1 2 7");   // an unknown node
}

TEST_CASE("case 3: local metadata by title, artist, tags, then tags of clicks") {
  const std::vector<LibraryItem> library{{"10", "x", "", {"soul"}}, {"9", "Soul Train", "", {}}, {"8", "", "Soulful", {}}, {"7", "y", "", {"so-ul"}}, {"6", "z", "", {"soulmate"}}, {"2", "deep soul", "", {"soul"}}};
  const auto log = Clicks().add(B, "rock", "30", {"soul"}).add(B, "rock", "20", {"soul"}).add(B, "jazz", "20", {"soul"}).add(B, "rock", "9", {"soul"}).add(C, "rock", "40").entries;
  const auto got = rank("g-rank", log, "soul", A, library);
  CHECK(order(got) == "2 9 8 7 10 20 30");
  std::string basis;
  for (const auto& ranked : got) basis += ranked.basis + " ";
  CHECK(basis == "title title artist tags tags tags-of-clicks tags-of-clicks ");
  // What the node clicked itself is in its library.
  CHECK(order(rank("g-rank", Clicks().add(A, "rock", "5", {}, "Soul kitchen").add(B, "rock", "4", {}, "Soul too").entries, "soul")) == "5");
}

TEST_CASE("case 2 looks for metadata in the library first") {
  const auto log = Clicks().add(A, "rock", "1", {"rock"}).add(A, "rock", "2").add(A, "rock", "2").add(A, "rock", "3").entries;
  CHECK(order(rank("g-rank:swap=0", log, "rock")) == "1 2 3");
  CHECK(order(rank("g-rank:swap=0", log, "rock", A, {{"3", "", "Rockers", {}}, {"1", "other", "", {}}})) == "3 2 1");
}

TEST_CASE("case 5: an empty log gives up to ten random items of the library") {
  CHECK(rank("g-rank", {}, "rock").empty());
  CHECK(rank("popularity", {}, "rock").empty());
  std::vector<LibraryItem> library;
  for (int i = 0; i < 25; ++i) library.push_back({std::to_string(i), "", "", {}});
  const auto first = rank("g-rank", {}, "rock", A, library), second = rank("g-rank:seed=1", {}, "rock", A, library);
  CHECK(first.size() == 10);
  CHECK(first[0].basis == "library");
  CHECK(order(first) != order(second));
  library.resize(3);
  CHECK(rank("g-rank", {}, "rock", A, library).size() == 3);
}

TEST_CASE("terms and items") {
  CHECK(normal_term("  Hip-Hop 2000! ") == "hiphop2000");
  CHECK(normal_term("\xc3\x9c" "ber") == "\xc3\x9c" "ber");
  CHECK_THROWS_AS(rank("g-rank", card_log(), " -!"), Error);
  CHECK_THROWS_AS(rank("popularity", card_log(), ""), Error);
  std::vector<std::string> items{"b", "10", "9", "010", "1a", "a", ""};
  std::sort(items.begin(), items.end(), item_before);
  CHECK(items == std::vector<std::string>{"9", "010", "10", "", "1a", "a", "b"});
}

TEST_CASE("popularity counts every node alike") {
  const auto log = Clicks().add(A, "rock", "1").add(B, "rock", "2").add(C, "rock", "2").add(C, "folk", "3").add(D, "folk", "3").add(B, "folk", "3").entries;
  const auto got = rank("popularity", log, "rock");
  CHECK(order(got) == "2 1");
  CHECK(got[0].score == 2);
  CHECK(order(rank("popularity", log, "unheard")) == "3 2 1");
}
