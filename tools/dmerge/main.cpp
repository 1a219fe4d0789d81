// dmerge: merge checkpoints.
#include "entry/verb.h"
#include "formats/formats.h"
#include "merge/merger.h"
#include "merge_verb.h"

namespace dml {
void register_own_verbs(Verbs& verbs);
extern const char* const manual;                            // man/dmerge.1.in
}

int main(int argc, char** argv) {
  return dml::tool_main(argc, argv,
                        {"dmerge", "merge checkpoints, compare them and show what they hold", dml::manual,
                         [](dml::Families& families) {
                           families.add<dml::Format>("format", dml::register_formats);
                           families.add<dml::Merger>("merger", dml::register_mergers);
                         },
                         [](dml::Verbs& verbs, const dml::Families& families) {
                           dml::register_own_verbs(verbs);
                           dml::add_merge_verbs(verbs, families);
                         }});
}
