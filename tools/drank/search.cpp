// drank search TERM: what a node would be shown for TERM, by its log of clicks. Prints `ITEM  SCORE` lines, best first; -o writes one
// record of kind `ranking`.
#include <filesystem>
#include <ostream>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "entry/verb.h"
#include "rank/interaction_log.h"

namespace dml {
namespace {

struct SearchOptions {
  std::string log = "-", library;
  std::uint64_t node = required;
  int limit = 10;
  Chain ranker = {{"g-rank", {}}};
};

Record to_record(const std::vector<RankedItem>& ranking, const Query& query, const Chain& ranker) {
  Record record;
  record.kind = "ranking";
  ValueList items, scores, basis;
  for (const auto& ranked : ranking) {
    items.emplace_back(ranked.item);
    basis.emplace_back(ranked.basis);
    scores.emplace_back(ranked.score);
  }
  record.meta = {{"term", normal_term(query.term)}, {"node", query.node}, {"ranker", to_string(ranker)},
                 {"items", std::move(items)}, {"scores", std::move(scores)}, {"basis", std::move(basis)}};
  return record;
}

class Search final : public Verb {
 public:
  explicit Search(SearchOptions options) : options_(std::move(options)) {}

  int run(Invocation& call) override {
    if (options_.ranker.size() != 1) throw Error(Fault::usage, "option '--ranker' takes one ranker, not a chain");
    const auto ranker = call.families().get<Ranker>().make(options_.ranker[0]);
    refuse_same_file(call, options_.log);
    refuse_same_file(call, options_.library);
    Query query{static_cast<std::uint32_t>(options_.node), call.inputs()[0], {}};
    if (!options_.library.empty()) {
      const auto reader = call.reader(options_.library);
      while (const auto record = reader->next()) query.library.push_back(to_library_item(*record, reader->where()));
    }
    const InteractionLog log = read_log(*call.reader(options_.log));
    auto ranking = ranker->rank(log.entries(), query);
    if (ranking.empty()) warn("nothing to rank: the log and the library are empty");
    if (options_.limit > 0 && ranking.size() > static_cast<std::size_t>(options_.limit)) ranking.resize(static_cast<std::size_t>(options_.limit));
    print(call, ranking);
    if (call.common().output.empty()) return 0;
    const auto writer = call.writer();
    writer->write(to_record(ranking, query, options_.ranker));
    writer->close(call.environment());
    return 0;
  }

 private:
  static void refuse_same_file(Invocation& call, const std::string& input) {
    std::error_code none;
    const std::string& output = call.common().output;
    if (std::filesystem::is_regular_file(output, none) && std::filesystem::equivalent(input, output, none))
      throw Error(Fault::usage, "input and output are the same file " + quote(output), "write beside it and rename");
  }

  static void print(Invocation& call, const std::vector<RankedItem>& ranking) {
    int place = 0;
    for (const auto& ranked : ranking) {
      ++place;
      if (call.common().json)
        call.out() << Json().begin_object().field("rank", place).field("item", ranked.item).field("score", ranked.score).field("basis", ranked.basis).end_object().str() << '\n';
      else
        call.out() << plain_or_quoted(ranked.item) << "  " << format_number(ranked.score) << '\n';
    }
  }

  SearchOptions options_;
};

}  // namespace

void register_search(Verbs& verbs) {
  VerbShape shape{"TERM", 1, 1, Output::report, reads_and_writes({"json"}), {"log", "library"}, true};
  verbs.add<Search>({"search", "rank items for a term as one node would see them", "Gold and Pouwelse, arXiv 2301.12530"}, std::move(shape),
                    Options<SearchOptions>()
                        .add("log", &SearchOptions::log, "clicks: records of kind interaction")
                        .add("library", &SearchOptions::library, "what the node holds: records of kind item; none: what it clicked")
                        .add("node", &SearchOptions::node, "who searches", between(0, 4294967295.0))
                        .add("limit", &SearchOptions::limit, "most items to show, 0 for all", at_least(0))
                        .add("ranker", &SearchOptions::ranker, "how: g-rank:isolation=1, popularity; see 'drank list ranker'"));
}

}  // namespace dml
