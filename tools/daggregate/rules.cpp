// `daggregate RULE [OPTION...] [INPUT...]`: reads updates or models, combines them in sender order, writes one record of their kind.
#include "daggregate/rules.h"

#include <algorithm>

#include "aggregate/aggregator.h"
#include "base/text.h"

namespace dml {
namespace {

struct NoOptions {};

struct Inbox {
  std::vector<Record> records;
  std::vector<std::string> names;
};

Inbox read_all(RecordReader& reader) {
  Inbox inbox;
  while (auto record = reader.next()) {
    if (record->kind != "update" && record->kind != "model")
      throw Error(Fault::input, reader.where() + " is of kind " + quote(record->kind) + ", updates or models are aggregated");
    inbox.records.push_back(std::move(*record));
    inbox.names.push_back(reader.where());
  }
  return inbox;
}

// Sums run in sender order, so the order in which senders were heard does not touch the result.
Inbox in_sender_order(Inbox inbox) {
  std::vector<std::pair<std::uint64_t, std::size_t>> order;
  for (std::size_t i = 0; i < inbox.records.size(); ++i) {
    const auto sender = get_unsigned(inbox.records[i].meta, "sender");
    if (!sender) return inbox;
    order.emplace_back(*sender, i);
  }
  std::sort(order.begin(), order.end());
  Inbox sorted;
  for (const auto& [sender, i] : order) {
    sorted.records.push_back(std::move(inbox.records[i]));
    sorted.names.push_back(std::move(inbox.names[i]));
  }
  return sorted;
}

class RuleVerb final : public Verb {
 public:
  RuleVerb(std::unique_ptr<Aggregator> rule, std::string, NoOptions) : rule_(std::move(rule)) {}

  int run(Invocation& call) override {
    Inbox inbox = in_sender_order(read_all(*call.reader()));
    const Record result = aggregate_records(*rule_, std::move(inbox.records), inbox.names, {call.common().strict});
    const auto writer = call.writer();
    writer->write(result);
    writer->close(call.environment());
    return 0;
  }

 private:
  std::unique_ptr<Aggregator> rule_;
};

}  // namespace

void add_rule_verbs(Verbs& verbs, const Families& families) {
  VerbShape shape;
  shape.inputs = "[INPUT...]";
  shape.most = kAnyNumber;
  shape.common = reads_and_writes({"strict", "threads"});
  verbs.add_each<RuleVerb>(families.get<Aggregator>(), shape, Options<NoOptions>());
}

}  // namespace dml
