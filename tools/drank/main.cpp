// drank: rank results without a server.
#include "entry/verb.h"
#include "formats/formats.h"
#include "rank/ranker.h"

namespace dml {
void register_own_verbs(Verbs& verbs);
extern const char* const manual;                            // man/drank.1.in
}

int main(int argc, char** argv) {
  return dml::tool_main(argc, argv,
                        {"drank", "rank search results by what nodes clicked, without a server", dml::manual,
                         [](dml::Families& families) {
                           families.add<dml::Format>("format", dml::register_formats);
                           families.add<dml::Ranker>("ranker", dml::register_rankers);
                         },
                         [](dml::Verbs& verbs, const dml::Families&) { dml::register_own_verbs(verbs); }});
}
