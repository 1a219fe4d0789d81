// Files of options as anybody may write them: lines or Error(usage); what was understood can be printed, and reads back to the same.
#include <map>

#include "entry/config_file.h"
#include "fuzz.h"

using namespace dml;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  std::vector<ConfigLine> lines;
  if (!fuzz::refuses_or_works(Fault::usage, [&] { lines = parse_config(text, "a file"); })) return 0;
  std::map<std::string, Settings> sections;
  int last = 0;
  for (const auto& line : lines) {
    fuzz::must(!line.key.empty() && line.line > last, "a line without a name, or out of order");
    last = line.line;
    fuzz::must(sections[line.section].emplace(line.key, line.value).second, "a name twice in a section");
  }
  for (const auto& [section, settings] : sections) {
    const std::string shown = show_config(section.empty() ? "verb" : section, settings);
    std::vector<ConfigLine> again;
    fuzz::must(fuzz::refuses_or_works(Fault::usage, [&] { again = parse_config(shown, "a file"); }), "a section cannot be read as it was shown");
    Settings found;
    for (const auto& line : again) found[line.key] = line.value;
    fuzz::must(found == settings, "a section does not come back as it was shown");
  }
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  return {"seed = 3\n[dsgd]\nnodes = 16 # sixteen\ntopology = \"ring\"\n", "a = [1, \"b\", 'c']\n", "a = \"\\u00e9\\n\\t\\\"\\\\\\r\"\r\n", "[x]\n\n[y]\na=b\na-b=true",
          "a = 'lit # eral'", "a = krum:byzantine=2,w=1", "a = 1e6\nb = -0.5\nc = false", "# only a comment", "a = []", "a = \"\\ud800\"", "[[a]]\n", "a = \"b\" c"};
}
