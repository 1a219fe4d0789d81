// daggregate: combines the updates or models of many senders into one.
#include "aggregate/aggregator.h"
#include "daggregate/rules.h"
#include "entry/verb.h"
#include "formats/formats.h"

namespace dml {

void register_own_verbs(Verbs& verbs);                      // generated from the files of this folder
extern const char* const manual;                            // man/daggregate.1.in

}  // namespace dml

int main(int argc, char** argv) {
  const dml::ToolSpec spec{
      "daggregate", "combine the updates or models of many senders, liars among them, into one", dml::manual,
      [](dml::Families& families) {
        families.add("format", dml::register_formats);
        families.add("aggregator", dml::register_aggregators);
      },
      [](dml::Verbs& verbs, const dml::Families& families) {
        dml::register_own_verbs(verbs);
        dml::add_rule_verbs(verbs, families);
      }};
  return dml::tool_main(argc, argv, spec);
}
