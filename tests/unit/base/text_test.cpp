#include <doctest/doctest.h>

#include "base/text.h"

using namespace dml;

TEST_CASE("numbers: decimal only, units, no NaN") {
  CHECK(parse_integer("010") == 10);
  CHECK(parse_integer("1e6") == 1000000);
  CHECK(parse_integer("64M") == 64000000);
  CHECK(parse_integer("64Mi") == 64ll << 20);
  CHECK(parse_integer("-3") == -3);
  CHECK(parse_unsigned("18446744073709551615") == ~0ull);
  CHECK_FALSE(parse_integer("1.5"));
  CHECK_FALSE(parse_integer("0x10"));
  CHECK_FALSE(parse_integer(""));
  CHECK_FALSE(parse_unsigned("-1"));
  CHECK(parse_number("1.5k") == 1500.0);
  for (const char* bad : {"nan", "inf", "-inf", "1e999", "1..2", "x", "1x", "M", "0x1p3", ""}) CHECK_FALSE(parse_number(bad));
  CHECK(format_number(0.1) == "0.1");
  CHECK(format_bytes(1536) == "1.5 KiB");
}

TEST_CASE("near misses") {
  const std::vector<std::string> words{"mean", "median", "trimmed-mean", "krum"};
  CHECK(nearest("meen", words) == "mean");
  CHECK(nearest("trimed-maen", words) == "trimmed-mean");
  CHECK_FALSE(nearest("bulyan", words));
}

TEST_CASE("quote shows a stranger's bytes safely") {
  CHECK(quote("a\nb\x1b") == "'a\\x0ab\\x1b'");
  CHECK(quote(std::string(500, 'x')).size() < 210);
}

TEST_CASE("json") {
  Json json;
  json.begin_object().field("a", 1).key("b").begin_array().value(0.5).value("q\"\n").null().end_array().field("c", true).end_object();
  CHECK(json.str() == "{\"a\": 1, \"b\": [0.5, \"q\\\"\\n\", null], \"c\": true}");
}
