// dverify: check what others claim to have computed.
#include "entry/verb.h"
#include "formats/formats.h"
#include "verify/fingerprint.h"

namespace dml {
void register_own_verbs(Verbs& verbs);
extern const char* const manual;                            // man/dverify.1.in
}

int main(int argc, char** argv) {
  return dml::tool_main(argc, argv,
                        {"dverify", "fingerprint outputs, compare them and let a majority decide", dml::manual,
                         [](dml::Families& families) {
                           families.add<dml::Format>("format", dml::register_formats);
                           families.add<dml::Fingerprint>("fingerprint", dml::register_fingerprints);
                         },
                         [](dml::Verbs& verbs, const dml::Families&) { dml::register_own_verbs(verbs); }});
}
