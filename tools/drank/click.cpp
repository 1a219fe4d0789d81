// drank click: a node searched for a term and chose an item. The entry gets the node's next query number and is appended to --log,
// which is written whole beside itself and renamed, so a reader never sees half a log. With -o the log is only read and the new
// record goes there alone: `cat log.dml new.dml` is the longer log. --rank R chooses the R-th result of a search in the log.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "entry/verb.h"
#include "rank/interaction_log.h"

namespace dml {
namespace {

struct ClickOptions {
  std::string log = required;
  std::uint64_t node = required;
  std::string term = required;
  std::string item, title;
  std::vector<std::string> tags;
  int rank = 0;
  Chain ranker = {{"g-rank", {}}};
};

/// One click at a time in a folder: two that append at once would lose one. The folder is locked because the log itself is replaced.
class FolderLock {
 public:
  explicit FolderLock(const std::filesystem::path& log) {
    const auto folder = std::filesystem::absolute(log).parent_path();
    fd_ = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd_ < 0) throw Error(Fault::system, "folder " + quote(folder.string()) + " cannot be opened: " + std::strerror(errno));
    while (flock(fd_, LOCK_EX) != 0)
      if (errno != EINTR) throw Error(Fault::system, "folder " + quote(folder.string()) + " cannot be locked: " + std::strerror(errno));
  }
  FolderLock(const FolderLock&) = delete;
  ~FolderLock() { close(fd_); }

 private:
  int fd_;
};

class Click final : public Verb {
 public:
  explicit Click(ClickOptions options) : options_(std::move(options)) {}

  int run(Invocation& call) override {
    if (normal_term(options_.term).empty()) throw Error(Fault::usage, "term " + quote(options_.term) + " has no letters or digits");
    if (options_.item.empty() == (options_.rank == 0)) throw Error(Fault::usage, "one of --item and --rank is needed to know what was clicked");
    if (options_.ranker.size() != 1) throw Error(Fault::usage, "option '--ranker' takes one ranker, not a chain");
    const bool appends = call.common().output.empty();
    if (is_socket(options_.log) || (appends && options_.log == "-"))
      throw Error(Fault::usage, "log " + quote(options_.log) + " cannot be appended to", "name a file, or take the new record alone with -o");
    if (appends) return append(call);
    std::error_code none;
    if (std::filesystem::equivalent(options_.log, call.common().output, none))
      throw Error(Fault::usage, "-o names the log itself, of which the new record alone would be left", "without -o the log is appended to");
    std::vector<Record> old;
    const InteractionLog log = read(call, old);
    const auto writer = call.writer();
    writer->write(entry(call, log));
    writer->close(call.environment());
    return 0;
  }

 private:
  int append(Invocation& call) const {
    std::error_code none;
    const auto resolved = std::filesystem::weakly_canonical(options_.log, none);
    const FolderLock lock(resolved.empty() ? std::filesystem::path(options_.log) : resolved);
    std::vector<Record> old;
    const InteractionLog log = std::filesystem::exists(options_.log, none) ? read(call, old) : InteractionLog();
    const Record added = entry(call, log);
    const auto writer = open_writer(options_.log, call.open());
    for (const auto& record : old) writer->write(record);
    writer->write(added);
    writer->close(call.environment());
    return 0;
  }

  // Old records are kept as they came, with keys that this version does not know.
  InteractionLog read(Invocation& call, std::vector<Record>& old) const {
    InteractionLog log;
    const auto reader = call.reader(options_.log);
    while (auto record = reader->next()) {
      log.add(*record, reader->where());
      old.push_back(std::move(*record));
    }
    return log;
  }

  Record entry(Invocation& call, const InteractionLog& log) const {
    Interaction click;
    click.node = static_cast<std::uint32_t>(options_.node);
    click.query_no = log.next_query(click.node);
    click.term = normal_term(options_.term);
    click.item = options_.item;
    click.title = options_.title;
    click.tags = options_.tags;
    ValueList shown;
    if (options_.rank > 0) {
      const auto ranking = call.families().get<Ranker>().make(options_.ranker[0])->rank(log.entries(), {click.node, click.term});
      for (const auto& ranked : ranking) shown.emplace_back(ranked.item);
      if (shown.size() < static_cast<std::size_t>(options_.rank))
        throw Error(Fault::usage, "option '--rank' is " + std::to_string(options_.rank) + ", the search has " + std::to_string(shown.size()) + " results");
      click.item = ranking[static_cast<std::size_t>(options_.rank) - 1].item;
    }
    Record record = to_record(click);
    record.meta["seen_before"] = std::any_of(log.entries().begin(), log.entries().end(), [&](const Interaction& earlier) {
      return earlier.node == click.node && earlier.item == click.item;
    });
    if (!shown.empty()) record.meta["results_order"] = std::move(shown);
    return record;
  }

  ClickOptions options_;
};

}  // namespace

void register_click(Verbs& verbs) {
  VerbShape shape{"", 0, 0, Output::report, reads_and_writes(), {"log"}, true};
  verbs.add<Click>({"click", "append to a log what a node chose for a term", "Gold and Pouwelse, arXiv 2301.12530"}, std::move(shape),
                   Options<ClickOptions>()
                       .add("log", &ClickOptions::log, "clicks so far; made when absent, replaced by the longer log unless -o is given")
                       .add("node", &ClickOptions::node, "who clicked", between(0, 4294967295.0))
                       .add("term", &ClickOptions::term, "what it searched for")
                       .add("item", &ClickOptions::item, "what it chose")
                       .add("rank", &ClickOptions::rank, "choose the result in this place, counted from 1, instead of naming it", at_least(0))
                       .add("ranker", &ClickOptions::ranker, "how the results of --rank are ordered")
                       .add("title", &ClickOptions::title, "the item's title")
                       .add("tags", &ClickOptions::tags, "the item's tags: a,b,c"));
}

}  // namespace dml
