#include <doctest/doctest.h>

#include "entry/registry.h"
#include "unit/wire/fixtures.h"

using namespace dml;
using dml::test::error_of;

namespace {
struct Sample {
  int count = required;
  double rate = 0.1;
  bool flag = false;
  std::string mode = "fast";
  std::vector<double> weights;
  std::optional<double> limit;
  Chain part;
};
Options<Sample> sample() {
  return Options<Sample>()
      .add("count", &Sample::count, "how many", at_least(0))
      .add("rate", &Sample::rate, "how fast", above(0))
      .add("flag", &Sample::flag, "whether")
      .add("mode", &Sample::mode, "which", one_of({"fast", "exact"}))
      .add("weights", &Sample::weights, "how much each", at_least(0))
      .add("limit", &Sample::limit, "at most", at_least(1))
      .add("part", &Sample::part, "a component");
}
}  // namespace

TEST_CASE("components: names, settings, lists, chains") {
  const auto chain = parse_chain("clip:c=2+nnm:byzantine=2,w=1,2,3+topk:k=1e+6");
  REQUIRE(chain.size() == 3);
  CHECK(chain[0] == Component{"clip", {{"c", "2"}}});
  CHECK(chain[1].settings.at("w") == "1,2,3");
  CHECK(chain[2].settings.at("k") == "1e+6");
  CHECK(to_string(chain) == "clip:c=2+nnm:byzantine=2,w=1,2,3+topk:k=1e+6");
  for (const char* bad : {"", ":a=1", "x:", "x:1", "x:a=1,a=2", "x:=1", "a+", "x:a=1,,"}) CHECK(error_of([&] { parse_chain(bad); }).starts_with("2 component"));
  CHECK(error_of([] { parse_component("a+b"); }).starts_with("2 "));
  // Sorted by key, these would read back as something else.
  for (const char* odd : {"a:z=1+,b=2", "a:z=,b=2+c", "a:z=x=,b=2+c"}) CHECK(error_of([&] { parse_chain(odd); }).ends_with("cannot be told from a chain"));
  CHECK(parse_chain("a:z=,b=2") == parse_chain(to_string(parse_chain("a:z=,b=2"))));
}

TEST_CASE("options: defaults, required, checks, near misses") {
  CHECK(error_of([] { sample().read({{"a\nb", "1"}}, "x"); }).starts_with("2 option 'x:a\\x0ab' is unknown"));
  CHECK(error_of([] { sample().read({}); }) == "2 option '--count' is required: how many");
  const auto made = sample().read({{"count", "3"}, {"weights", "1,2.5"}, {"limit", "4"}, {"part", "krum:byzantine=1"}, {"flag", "true"}});
  CHECK(made.count == 3);
  CHECK(made.rate == 0.1);
  CHECK(made.flag);
  CHECK(made.weights == std::vector<double>{1, 2.5});
  CHECK(made.limit == 4.0);
  CHECK(made.part.at(0).name == "krum");
  const auto error = [](const Settings& more, const std::string& owner = "") {
    Settings settings{{"count", "1"}};
    for (const auto& [k, v] : more) settings[k] = v;
    return error_of([&] { sample().read(settings, owner); });
  };
  CHECK(error({{"count", "-1"}}) == "2 option '--count' is -1, must be >= 0");
  CHECK(error({{"count", "1.5"}}) == "2 option '--count' is '1.5', must be a whole number");
  CHECK(error({{"rate", "0"}}) == "2 option '--rate' is 0, must be > 0");
  CHECK(error({{"rate", "nan"}}, "x") == "2 option 'x:rate' is 'nan', must be a finite number");
  CHECK(error({{"mode", "fats"}}).find("must be one of fast, exact") != std::string::npos);
  CHECK(error({{"weights", "1,-2"}}).find("must be >= 0") != std::string::npos);
  CHECK(error({{"limit", "0"}}).find("must be >= 1") != std::string::npos);
  CHECK(error({{"cuont", "1"}}) == "2 option '--cuont' is unknown");
}

TEST_CASE("options: docs and the resolved form that reads back") {
  const auto options = sample();
  CHECK(options.docs()[0].required);
  CHECK(options.docs()[1].fallback == "0.1");
  CHECK(options.docs()[4].type == "list");
  CHECK(options.docs()[5].type == "number");
  CHECK(options.docs()[6].type == "component");
  const auto made = options.read({{"count", "2"}, {"weights", "1,2"}});
  const auto again = options.read(options.resolved(made));
  CHECK(again.weights == made.weights);
  CHECK(again.mode == "fast");
  CHECK_FALSE(again.limit);
}

TEST_CASE("options: an empty text is resolved where it says something") {
  struct Texts {
    std::string mode = "fast", note;
    std::optional<std::string> job;
  };
  const auto options = Options<Texts>().add("mode", &Texts::mode, "which").add("note", &Texts::note, "what").add("job", &Texts::job, "whose");
  CHECK(options.resolved(options.read({})) == Settings{{"mode", "fast"}});
  const Settings said{{"job", ""}, {"mode", ""}};
  CHECK(options.resolved(options.read(said)) == said);
  struct Named { std::string name = required; };
  const auto named = Options<Named>().add("name", &Named::name, "its name");
  CHECK(named.resolved(named.read({{"name", ""}})) == Settings{{"name", ""}});
}

TEST_CASE("registry: settings come back with all defaults, as a user would type them") {
  struct Base { virtual ~Base() = default; };
  struct Thing : Base { explicit Thing(Sample) {} };
  struct Plain : Base {};
  Registry<Base> registry("thing");
  registry.add<Thing>({"thing", "s", "src"}, sample());
  registry.add<Plain>({"plain", "s", "src"});
  CHECK(registry.resolve_for_verb("thing", {{"count", "1e1"}, {"limit", "2.50"}}) ==
        Settings{{"count", "10"}, {"rate", "0.1"}, {"flag", "false"}, {"mode", "fast"}, {"limit", "2.5"}});
  CHECK(registry.resolve_for_verb("plain", {}).empty());
}

TEST_CASE("registry: unknown names are refused with the nearest") {
  struct Base { virtual ~Base() = default; };
  struct Thing : Base { explicit Thing(Sample) {} };
  Registry<Base> registry("thing");
  registry.add<Thing>({"krum", "s", "src"}, sample());
  CHECK(error_of([&] { registry.make("krun:count=1"); }) == "2 thing 'krun' is unknown");
  CHECK(error_of([&] { registry.make("krum"); }) == "2 option 'krum:count' is required: how many");
  CHECK(registry.make("krum:count=1") != nullptr);
}
