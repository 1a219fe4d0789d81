#include "rank/interaction_log.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

namespace dml {
namespace {

std::uint32_t required_u32(const Attributes& meta, const std::string& key, const std::string& where) {
  const auto value = get_unsigned(meta, key);
  if (!value || *value > 0xffffffffu) throw Error(Fault::input, where + " has no key '" + key + "' that is a whole number below 2^32");
  return static_cast<std::uint32_t>(*value);
}

std::string required_text(const Attributes& meta, const std::string& key, const std::string& where) {
  auto value = get_text(meta, key);
  if (!value) throw Error(Fault::input, where + " has no key '" + key + "' that is text");
  return *value;
}

std::string optional_text(const Attributes& meta, const std::string& key, const std::string& where) {
  return meta.count(key) ? required_text(meta, key, where) : std::string();
}

std::vector<std::string> optional_texts(const Attributes& meta, const std::string& key, const std::string& where) {
  std::vector<std::string> out;
  const auto it = meta.find(key);
  if (it == meta.end()) return out;
  const auto* list = it->second.get_if<ValueList>();
  if (!list) throw Error(Fault::input, where + ": key '" + key + "' is no list");
  for (const auto& value : *list) {
    const auto* text = value.get_if<std::string>();
    if (!text) throw Error(Fault::input, where + ": key '" + key + "' holds something else than text");
    out.push_back(*text);
  }
  return out;
}

std::string required_item(const Attributes& meta, const std::string& where) {
  auto item = required_text(meta, "item", where);
  if (item.empty()) throw Error(Fault::input, where + " has an empty item");
  return item;
}

}  // namespace

Record to_record(const Interaction& interaction) {
  Record record;
  record.kind = "interaction";
  record.meta = {{"node", interaction.node}, {"query_no", interaction.query_no}, {"term", interaction.term}, {"item", interaction.item}};
  if (!interaction.title.empty()) record.meta["title"] = interaction.title;
  ValueList tags;
  for (const auto& tag : interaction.tags) tags.emplace_back(tag);
  if (!tags.empty()) record.meta["tags"] = std::move(tags);
  return record;
}

Interaction to_interaction(const Record& record, const std::string& where) {
  if (record.kind != "interaction") throw Error(Fault::input, where + " is of kind " + quote(record.kind) + ", not interaction");
  Interaction out;
  out.node = required_u32(record.meta, "node", where);
  out.query_no = required_u32(record.meta, "query_no", where);
  out.term = normal_term(required_text(record.meta, "term", where));
  out.item = required_item(record.meta, where);
  out.title = optional_text(record.meta, "title", where);
  out.tags = optional_texts(record.meta, "tags", where);
  if (record.meta.count("seen_before") && !get_bool(record.meta, "seen_before"))
    throw Error(Fault::input, where + ": key 'seen_before' is not true or false");
  optional_texts(record.meta, "results_order", where);     // kept in the file, not needed for ranking
  return out;
}

LibraryItem to_library_item(const Record& record, const std::string& where) {
  if (record.kind != "item") throw Error(Fault::input, where + " is of kind " + quote(record.kind) + ", not item");
  return {required_item(record.meta, where), optional_text(record.meta, "title", where), optional_text(record.meta, "artist", where),
          optional_texts(record.meta, "tags", where)};
}

void InteractionLog::add(const Record& record, const std::string& where) { add(to_interaction(record, where), where); }

void InteractionLog::add(Interaction interaction, const std::string& where) {
  if (interaction.term.empty()) return warn(where + " has an empty term and is dropped");
  const auto [it, fresh] = index_.try_emplace({interaction.node, interaction.query_no}, entries_.size());
  if (fresh) entries_.push_back(std::move(interaction));
  else if (!(entries_[it->second] == interaction)) ++conflicts_;
}

std::uint32_t InteractionLog::next_query(std::uint32_t node) const {
  const auto above = index_.upper_bound({node, 0xffffffffu});
  if (above == index_.begin() || std::prev(above)->first.first != node) return 0;
  const std::uint32_t last = std::prev(above)->first.second;
  if (last == 0xffffffffu) throw Error(Fault::input, "the log of node " + std::to_string(node) + " has no query numbers left");
  return last + 1;
}

InteractionLog read_log(RecordReader& reader) {
  InteractionLog log;
  while (const auto record = reader.next()) log.add(*record, reader.where());
  if (log.conflicts())
    warn(std::to_string(log.conflicts()) + " log entries have the key of an earlier one and other content; the first of each is kept");
  return log;
}

}  // namespace dml
