#include "entry/config_file.h"

#include <doctest/doctest.h>

#include "unit/wire/fixtures.h"

using namespace dml;
using dml::test::error_of;

namespace {

std::string value_of(const std::string& text) { return parse_config("k = " + text, "f").at(0).value; }

struct Nothing final : Verb {
  template <class O>
  explicit Nothing(O) {}
  int run(Invocation&) override { return 0; }
};
struct TrainOptions { double rate = 0.1; };
struct TestOptions { double rate = 0.2; int count = 1; };

Verbs sample_verbs() {
  Verbs verbs;
  verbs.add<Nothing>({"train", "s", ""}, {"", 0, 0, Output::none, {"seed"}}, Options<TrainOptions>().add("rate", &TrainOptions::rate, "d"));
  verbs.add<Nothing>({"test", "s", ""}, {"", 0, 0, Output::none, {}},
                     Options<TestOptions>().add("rate", &TestOptions::rate, "d").add("count", &TestOptions::count, "d"));
  return verbs;
}

Settings settings_of(const std::string& text, const std::string& verb) {
  const Verbs verbs = sample_verbs();
  std::map<std::string, int> lines;
  return config_settings(parse_config(text, "f"), "f", verbs, *verbs.find(verb), lines);
}

}  // namespace

TEST_CASE("config: values in every spelling") {
  CHECK(value_of("bare words  # comment") == "bare words");
  CHECK(value_of("krum:byzantine=2,w=1") == "krum:byzantine=2,w=1");
  CHECK(value_of("\"a # \\\"b\\\" \\\\ \\n\\t\\r \\u00e9\\u20ac\"") == "a # \"b\" \\ \n\t\r \xc3\xa9\xe2\x82\xac");
  CHECK(value_of("'a \\n \"b\"'") == "a \\n \"b\"");
  CHECK(value_of("[1, \"b c\", 'd' , e]  # f") == "1,b c,d,e");
  CHECK(value_of("[]") == "");
  CHECK(value_of("\"\"") == "");
  const auto lines = parse_config("\n a-b = 1\r\n[verb] # x\n\tc_d=2", "f");
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].section == "");
  CHECK(lines[0].key == "a-b");
  CHECK(lines[0].line == 2);
  CHECK(lines[1].section == "verb");
  CHECK(lines[1].key == "c_d");
  CHECK(lines[1].value == "2");
  CHECK(lines[1].line == 4);
}

TEST_CASE("config: malformed lines name file and line") {
  for (const char* bad : {"k", "k =", "= 1", "k = \"x", "k = 'x", "k = [1, 2", "k = [1 2]x", "k = [1,,2]", "k = [\"a,b\"]", "k = \"x\" y", "k = \"\\x\"", "k = \"\\u12\"",
                          "k = \"\\u0000\"", "k = \"\\ud800\"", "[v", "[v] x", "[]", "k = a\x01" "b", "k = \"\\", "k.l = 1"})
    CHECK_MESSAGE(error_of([&] { parse_config(std::string("\n") + bad, "a file"); }).starts_with("2 line 2 of 'a file': "), bad);
  CHECK(error_of([] { parse_config(std::string("k = a\0b", 7), "f"); }).find("control character") != std::string::npos);
  CHECK(error_of([] { parse_config("k = 1\n[a]\nk = 1\n[b]\nk = 2\n[a]\nk = 3", "f"); }) == "2 line 7 of 'f': option 'k' stands in line 3 already");
}

TEST_CASE("config: a verb's section comes before what stands above all sections") {
  CHECK(settings_of("rate = 1\nseed = 7\n[test]\ncount = 2\n", "train") == Settings{{"rate", "1"}, {"seed", "7"}});
  CHECK(settings_of("rate = 1\nseed = 7\n[test]\nrate = 3\n", "test") == Settings{{"rate", "3"}});
  CHECK(settings_of("log = x\n", "test") == Settings{{"log", "x"}});
}

TEST_CASE("config: every line must be known to its verb, also those of other verbs") {
  CHECK(error_of([] { settings_of("[test]\nseed = 1", "train"); }) == "2 line 2 of 'f': option 'seed' is unknown to verb 'test'");
  CHECK(error_of([] { settings_of("cuont = 1", "train"); }) == "2 line 1 of 'f': option 'cuont' is unknown to every verb");
  CHECK(error_of([] { settings_of("[tset]\nrate = 1", "train"); }) == "2 line 2 of 'f': verb 'tset' is unknown");
  CHECK(error_of([] { settings_of("print-config = true", "train"); }) == "2 line 1 of 'f': option 'print-config' is unknown to every verb");
}

TEST_CASE("config: what is shown reads back") {
  const Settings settings{{"a", "true"}, {"b", "-1.5e+06"}, {"c", "x # \"y\" \\ \n\t\r\x7f"}, {"d", ""}, {"e", "[1, 2]"}, {"f", "'"}, {"g", "64Mi"}, {"h", "nan"}};
  Settings back;
  for (const auto& line : parse_config(show_config("verb", settings), "f")) {
    CHECK(line.section == "verb");
    back[line.key] = line.value;
  }
  CHECK(back == settings);
}
