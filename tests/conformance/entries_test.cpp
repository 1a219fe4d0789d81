// Every entry of every torch-free registry is described well enough for help, man page and completion.
#include <doctest/doctest.h>

#include <regex>
#include <set>

#include "aggregate/aggregator.h"
#include "attack/attack.h"
#include "data/dataset.h"
#include "formats/formats.h"
#include "merge/merger.h"
#include "rank/ranker.h"
#include "scenario/scenario.h"
#include "topology/topology.h"
#include "verify/fingerprint.h"

using namespace dml;

namespace {

/// What falls short; empty when nothing does.
std::string shortfall(const EntryInfo& info) {
  static const std::regex kebab("[a-z0-9]+(-[a-z0-9]+)*");
  if (!std::regex_match(info.card.name, kebab)) return "name not in kebab-case";
  if (info.card.summary.empty() || info.card.summary.size() > 72) return "summary empty or over 72 characters";
  if (info.card.summary.back() == '.') return "summary ends with a full stop";
  if (info.card.source.empty()) return "no source";
  std::set<std::string> names;
  for (const auto& doc : info.options) {
    if (!std::regex_match(doc.name, kebab)) return "option " + doc.name + " not in kebab-case";
    if (doc.doc.empty() || doc.doc.back() == '.') return "option " + doc.name + " has no text or ends with a full stop";
    if (!names.insert(doc.name).second) return "option " + doc.name + " twice";
  }
  return "";
}

template <class Base>
void check(const char* family, void (*fill)(Registry<Base>&)) {
  Registry<Base> registry(family);
  fill(registry);
  CHECK_MESSAGE(!registry.entries().empty(), family);
  for (const auto& info : registry.entries()) CHECK_MESSAGE(shortfall(info) == "", family << "/" << info.card.name << ": " << shortfall(info));
}

}  // namespace

TEST_CASE("every entry has a name, a summary, a source and documented options") {
  check<Format>("format", register_formats);
  check<Aggregator>("aggregator", register_aggregators);
  check<Attack>("attack", register_attacks);
  check<Merger>("merger", register_mergers);
  check<Fingerprint>("fingerprint", register_fingerprints);
  check<Ranker>("ranker", register_rankers);
  check<Scenario>("scenario", register_scenarios);
  check<TopologyRule>("topology", register_topologies);
  check<Schedule>("schedule", register_schedules);
  check<DataSource>("dataset", register_datasets);
  check<Augmentation>("augmentation", register_augmentations);
  check<Partitioner>("partition", register_partitioners);
}

TEST_CASE("the check can fail") {
  EntryInfo info{"family", {"name", "a summary", "a source"}, {}, {}, {}};
  CHECK(shortfall(info) == "");
  info.card.summary += ".";
  CHECK(shortfall(info) != "");
  info.card = {"Name", "a summary", "a source"};
  CHECK(shortfall(info) != "");
  info.card = {"name", "a summary", ""};
  CHECK(shortfall(info) != "");
  info.card.source = "x";
  info.options.push_back({"opt", "flag", "", "", false, {}, "", 0, ""});
  CHECK(shortfall(info) != "");
}
