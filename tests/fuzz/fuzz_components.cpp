// Component strings and option values as anybody may type them: success or Error(usage); what was understood can be printed, and reads
// back to the same.
#include "fuzz.h"

#include "entry/component.h"
#include "entry/options.h"

using namespace dml;

namespace {

struct Everything {
  int count = 3;
  std::int64_t offset = -1;
  std::uint64_t seed = 0;
  double rate = 0.5;
  bool flag = false;
  std::string text, word = "mean";
  std::vector<double> numbers;
  std::vector<std::string> names;
  Chain chain;
  std::optional<double> maybe;
};

const Options<Everything>& options() {
  static const auto shared = Options<Everything>()
                                 .add("count", &Everything::count, "a count", at_least(0))
                                 .add("offset", &Everything::offset, "an offset", between(-1e6, 1e6))
                                 .add("seed", &Everything::seed, "a seed")
                                 .add("rate", &Everything::rate, "a rate", above(0), at_most(1))
                                 .add("flag", &Everything::flag, "a flag")
                                 .add("text", &Everything::text, "any text")
                                 .add("word", &Everything::word, "a word", one_of({"mean", "median"}))
                                 .add("numbers", &Everything::numbers, "numbers")
                                 .add("names", &Everything::names, "names")
                                 .add("chain", &Everything::chain, "components")
                                 .add("maybe", &Everything::maybe, "a number or nothing", at_least(-3));
  return shared;
}

void check_options(const Settings& settings, const std::string& owner) {
  fuzz::refuses_or_works(Fault::usage, [&] {
    const Everything read = options().read(settings, owner);
    fuzz::must(read.count >= 0 && read.rate > 0 && read.rate <= 1 && read.offset >= -1000000 && read.offset <= 1000000, "a number out of its range");
    fuzz::must(read.word == "mean" || read.word == "median", "a word that is no choice");
    const Settings shown = options().resolved(read);
    fuzz::must(options().resolved(options().read(shown, owner)) == shown, "options do not come back as they were shown");
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  Chain chain;
  const bool read = fuzz::refuses_or_works(Fault::usage, [&] { chain = parse_chain(text); });
  if (read) {
    for (const auto& component : chain) {
      fuzz::must(!component.name.empty(), "a component without a name");
      check_options(component.settings, component.name);
    }
    Chain again;
    const std::string shown = to_string(chain);
    fuzz::must(fuzz::refuses_or_works(Fault::usage, [&] { again = parse_chain(shown); }), "a chain cannot be read as it was shown");
    fuzz::must(again == chain, "a chain does not come back as it was shown");
  }
  // As on a command line: one option gets the whole text.
  for (const auto& doc : options().docs()) check_options({{doc.name, text}}, {});
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  return {"krum:byzantine=2", "clip:c=2+nnm:byzantine=2", "a:numbers=1,2.5,-3e+6,names=x,y,text=z", "x:rate=0.25,count=64Mi,offset=-12,seed=18446744073709551615",
          "x:flag=yes,word=median,maybe=1e-300", "ef+topk:k=0.01", "a:chain=b", "0.1", "1e300", "7", "true", "1,2,3", "a,,b", "64M", "-0", "a:k=+x,l=1+,m=2", "a:z=,b=2+c", "a:z=x=,b=2+c"};
}
