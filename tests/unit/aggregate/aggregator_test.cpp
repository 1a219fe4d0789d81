// Whole records: which ones take part, what becomes of their tensors and their meta.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>

#include "aggregate/flatten.h"
#include "unit/aggregate/rule_samples.h"

using namespace dml;
using namespace dml::samples;

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

Record aggregate(const std::string& rule, std::vector<Record> records, bool strict = false) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < records.size(); ++i) names.push_back("record " + std::to_string(i) + " of 'peers.dml'");
  return aggregate_records(*rules().make(rule), std::move(records), names, {strict});
}

std::string error_of(const std::string& rule, std::vector<Record> records, Fault fault, bool strict = false) {
  try {
    aggregate(rule, std::move(records), strict);
  } catch (const Error& error) {
    CHECK(error.fault() == fault);
    return error.what();
  }
  FAIL("no error");
  return {};
}

std::vector<Record> skewed_updates() {
  std::vector<Record> out;
  for (std::size_t i = 0; i < kSkewed.size(); ++i)
    out.push_back(update<float>(i, {static_cast<float>(kSkewed[i][0]), static_cast<float>(kSkewed[i][1])}));
  return out;
}

std::vector<double> values(const Record& record, const std::string& name = "w") { return to_doubles(record.at(name, "result")); }

std::uint64_t count(const Record& record, const std::string& key) { return get_unsigned(record.meta, key).value(); }

}  // namespace

TEST_CASE("a record whose values are not finite is left out, named, and lowers f") {
  for (const float bad : {kNan, kInf, -kInf}) {
    Warnings warnings;
    auto records = skewed_updates();
    records[5] = update<float>(5, {1, bad});
    records[6] = update<float>(6, {bad, 1});
    const Record out = aggregate("trimmed-mean:byzantine=2", records);
    CHECK(values(out) == values(aggregate("mean", {records.begin(), records.begin() + 5})));
    CHECK(count(out, "inputs") == 7);
    CHECK(count(out, "dropped") == 2);
    REQUIRE(warnings.lines.size() == 2);
    CHECK(warnings.lines[0] == "record 5 of 'peers.dml' is left out: tensor 'w' holds a value that is not finite");
    CHECK(error_of("mean", records, Fault::input, true) == "record 5 of 'peers.dml': tensor 'w' holds a value that is not finite");
  }
}

TEST_CASE("every rule stays finite under the inf and nan attacks") {
  for (const char* rule : {"mean", "median", "trimmed-mean:byzantine=2", "krum:byzantine=2"})
    for (const float bad : {kNan, kInf}) {
      auto records = skewed_updates();
      records[5] = records[6] = update<float>(5, {bad, bad});
      records[6].meta["sender"] = Value(std::uint64_t{6});
      for (const double v : values(aggregate(rule, records))) CHECK(std::isfinite(v));
    }
}

TEST_CASE("a single bad input, and nothing but bad inputs") {
  CHECK(error_of("mean", {update<float>(0, {kNan})}, Fault::input) == "record 0 of 'peers.dml': tensor 'w' holds a value that is not finite");
  CHECK(error_of("mean", {update<float>(0, {kNan}), update<float>(1, {kInf})}, Fault::input) == "none of 2 inputs can be used");
  CHECK(error_of("mean", {}, Fault::input) == "there is no input to aggregate");
}

TEST_CASE("after dropping, the bound on n and f still counts") {
  // Of six, two hold NaN; f goes from 3 to 1 and 4 > 2.
  auto records = skewed_updates();
  records.pop_back();
  records[0] = update<float>(0, {kNan, 0});
  records[1] = update<float>(1, {kNan, 0});
  CHECK(count(aggregate("trimmed-mean:byzantine=3", records), "dropped") == 2);
  CHECK(error_of("trimmed-mean:byzantine=4", records, Fault::method) ==
        "trimmed-mean needs more than 2f inputs: 4 with byzantine = 2, after 2 were left out");
}

TEST_CASE("records laid out unlike the majority are left out") {
  auto records = skewed_updates();
  Record longer = update<float>(5, {1, 2, 3});
  Record wider = update<double>(6, {1, 2});
  Record renamed = update<float>(7, {1, 2});
  renamed.tensors[0].name = "v";
  Record more = update<float>(8, {1, 2});
  more.tensors.push_back(make_tensor<float>("x", {1}));
  Record model = update<float>(9, {1, 2});
  model.kind = "model";
  const std::vector<std::pair<Record, std::string>> odd{{longer, "tensor 'w' is f32 3, not f32 2"},
                                                        {wider, "tensor 'w' is f64 2, not f32 2"},
                                                        {renamed, "it has an additional tensor 'v'"},
                                                        {more, "it has an additional tensor 'x'"},
                                                        {model, "its kind is 'model', not 'update'"}};
  for (const auto& [record, reason] : odd) {
    CAPTURE(reason);
    for (const std::size_t place : {0u, 3u, 6u}) {
      Warnings warnings;
      auto mixed = records;
      mixed[place] = record;
      mixed[place].meta["sender"] = Value(std::uint64_t{99});
      const Record out = aggregate("median", mixed);
      CHECK(count(out, "dropped") == 1);
      REQUIRE(warnings.lines.size() == 1);
      CHECK(warnings.lines[0] == "record " + std::to_string(place) + " of 'peers.dml' is left out: " + reason);
    }
  }
  Warnings warnings;
  records[2].tensors.clear();
  aggregate("median", records);
  CHECK(warnings.lines.at(0) == "record 2 of 'peers.dml' is left out: it has no tensor 'w'");
}

TEST_CASE("without a majority nothing is guessed") {
  const auto text = error_of("mean", {update<float>(0, {1}), update<float>(1, {1, 2})}, Fault::input);
  CHECK(text == "inputs differ in layout and none is shared by more than half: record 1 of 'peers.dml' against record 0 of 'peers.dml': "
                "tensor 'w' is f32 2, not f32 1");
  error_of("mean", {update<float>(0, {1}), update<float>(1, {1, 2}), update<float>(2, {1, 2, 3})}, Fault::input);
}

TEST_CASE("malformed records are left out") {
  Warnings warnings;
  auto records = skewed_updates();
  records[0].tensors[0].data = Bytes::copy("abcd");
  records[1].meta["sender"] = "one";
  records[2].meta["weight"] = -1.0;
  const Record out = aggregate("mean", records);
  CHECK(count(out, "dropped") == 3);
  REQUIRE(warnings.lines.size() == 3);
  CHECK(warnings.lines[0] == "record 0 of 'peers.dml' is left out: tensor 'w' holds 4 bytes, not those of its shape 2");
  CHECK(warnings.lines[1] == "record 1 of 'peers.dml' is left out: its sender is not a whole number");
  CHECK(warnings.lines[2] == "record 2 of 'peers.dml' is left out: its weight is not a finite number of 0 or more");
  for (auto shape : {std::vector<std::int64_t>{-2}, {std::int64_t{1} << 62, 8}}) {
    auto broken = skewed_updates();
    broken[3].tensors[0].shape = shape;
    CHECK(count(aggregate("mean", broken), "dropped") == 1);
  }
  auto twice = skewed_updates();
  twice[4].tensors.push_back(twice[4].tensors[0]);
  CHECK(count(aggregate("mean", twice), "dropped") == 1);
  for (const Value& weight : {Value("heavy"), Value(double{kNan}), Value(double{kInf})}) {
    auto heavy = skewed_updates();
    heavy[3].meta["weight"] = weight;
    CHECK(count(aggregate("mean", heavy), "dropped") == 1);
  }
}

TEST_CASE("a sender counts once") {
  Warnings warnings;
  const std::vector<Record> records{update<double>(4, {1}), update<double>(7, {3}), update<double>(4, {100})};
  const Record out = aggregate("mean", records);
  CHECK(values(out) == std::vector<double>{2});
  CHECK(count(out, "dropped") == 1);
  REQUIRE(warnings.lines.size() == 1);
  CHECK(warnings.lines[0] == "record 2 of 'peers.dml' is left out: sender 4 has sent another record before");
  CHECK(error_of("mean", records, Fault::input, true) == "record 2 of 'peers.dml': sender 4 has sent another record before");
}

TEST_CASE("a liar cannot talk f down with broken records beside a well-formed one") {
  auto records = skewed_updates();
  const auto trimmed = values(aggregate("trimmed-mean:byzantine=2", records));
  records.push_back(update<float>(6, {kNan, kNan}));        // 6 takes part already
  records.push_back(update<float>(6, {1}));
  Record nameless = update<float>(0, {kNan, 1});
  nameless.meta.erase("sender");
  records.push_back(nameless);
  records.push_back(nameless);
  const Record out = aggregate("trimmed-mean:byzantine=2", records);
  CHECK(count(out, "dropped") == 4);
  CHECK(values(out) == trimmed);
  // Without any senders each record stands for itself.
  for (auto& record : records) record.meta.erase("sender");
  CHECK(values(aggregate("trimmed-mean:byzantine=3", records)) == values(aggregate("mean", skewed_updates())));
}

TEST_CASE("integer tensors are taken over, never averaged") {
  auto records = skewed_updates();
  for (auto& record : records) record.tensors.insert(record.tensors.begin(), make_tensor<std::int64_t>("steps", {5, 7}));
  Record out = aggregate("mean", records);
  CHECK(out.tensors.size() == 2);
  CHECK(out.tensors[0].dtype == Dtype::i64);
  CHECK(values(out, "steps") == std::vector<double>{5, 7});
  records[1].tensors[0] = make_tensor<std::int64_t>("steps", {5, 8});
  Warnings warnings;
  out = aggregate("mean", records);
  CHECK(count(out, "dropped") == 1);
  CHECK(warnings.lines.at(0) == "record 1 of 'peers.dml' is left out: its values of integer tensor 'steps' are not those of the others");
  for (std::size_t i = 0; i < records.size(); ++i) records[i].tensors[0] = make_tensor<std::int64_t>("steps", {5, static_cast<std::int64_t>(i)});
  CHECK(error_of("mean", records, Fault::input).starts_with("inputs differ in integer tensors and none is shared by more than half: "));
  for (auto& record : records) record.tensors.pop_back();
  for (auto& record : records) record.tensors[0] = make_tensor<std::int64_t>("steps", {1, 2});
  CHECK(error_of("mean", records, Fault::input) == "record 0 of 'peers.dml' has no floating-point tensor to aggregate");
}

TEST_CASE("the rule sees the whole update as one row") {
  // By tensor a the first two are close, by tensor b the last two; only over both together is the middle one nearest to the others.
  std::vector<Record> records;
  const double a[3] = {0, 1, 9}, b[3] = {0, 3, 4};
  for (std::size_t i = 0; i < 3; ++i)
    records.push_back({"model", {}, {make_tensor<double>("a", {a[i], a[i]}), make_tensor<float>("b", {static_cast<float>(b[i])}), make_tensor<double>("c", {}), }, {}});
  const Record out = aggregate("krum:byzantine=0", records);
  CHECK(values(out, "a") == std::vector<double>{1, 1});
  CHECK(values(out, "b") == std::vector<double>{3});
  CHECK(values(out, "c").empty());
  CHECK(out.at("b", "result").dtype == Dtype::f32);
}

TEST_CASE("stored types are kept: half precision is widened, averaged, rounded once") {
  const double samples[3][2] = {{1, 2048}, {1.5, 2050}, {-7, 2052}};
  for (const Dtype dtype : {Dtype::f16, Dtype::bf16, Dtype::f8_e4m3, Dtype::f8_e5m2, Dtype::f32, Dtype::f64}) {
    CAPTURE(to_string(dtype));
    std::vector<Record> records;
    double sum[2] = {};
    for (const auto& row : samples) {
      const double v[2] = {row[0], size_of(dtype) == 1 ? row[0] * 2 : row[1]};
      records.push_back({"update", {}, {{"w", dtype, {2}, from_doubles(v, 2, dtype), {}}}, {}});
      const auto stored = to_doubles(records.back().tensors[0]);
      for (int j = 0; j < 2; ++j) sum[j] += stored[static_cast<std::size_t>(j)];
    }
    const double mean[2] = {sum[0] / 3, sum[1] / 3};
    const Record out = aggregate("mean", records);
    CHECK(out.tensors[0].dtype == dtype);
    CHECK(out.tensors[0].data == from_doubles(mean, 2, dtype));
  }
}

TEST_CASE("bytes that are not aligned are copied, not cast") {
  auto records = skewed_updates();
  const auto expected = values(aggregate("mean", records));
  for (auto& record : records) {
    auto& tensor = record.tensors[0];
    std::string shifted(1, 'x');
    shifted.append(reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size());
    const Bytes aligned = tensor.data;
    CHECK(to_row(record, Dtype::f32).data() == aligned.data());
    tensor.data = Bytes::copy(shifted).slice(1, aligned.size());
    Record copy = record;
    const Bytes row = to_row(copy, Dtype::f32);
    CHECK(reinterpret_cast<std::uintptr_t>(row.data()) % alignof(float) == 0);
    CHECK(row == aligned);
  }
  CHECK(values(aggregate("mean", records)) == expected);
}

TEST_CASE("weights of updates count for the mean and are added up") {
  std::vector<Record> records{update<double>(0, {1}), update<double>(1, {5})};
  records[0].meta["weight"] = Value(std::uint64_t{30});     // a whole number is a number
  records[1].meta["weight"] = 10.0;
  Record out = aggregate("mean", records);
  CHECK(values(out) == std::vector<double>{2});
  CHECK(get_number(out.meta, "weight") == 40.0);
  CHECK(values(aggregate("median", records)) == std::vector<double>{3});
  CHECK(get_number(aggregate("median", records).meta, "weight") == 40.0);
  // A mean of means is the mean of all.
  Record third = update<double>(2, {9});
  third.meta["weight"] = 40.0;
  CHECK(values(aggregate("mean", {out, third})) == std::vector<double>{5.5});
  SUBCASE("one without: no weights, and a warning") {
    Warnings warnings;
    records[1].meta.erase("weight");
    out = aggregate("mean", records);
    CHECK(values(out) == std::vector<double>{3});
    CHECK(out.meta.count("weight") == 0);
    REQUIRE(warnings.lines.size() == 1);
    CHECK(warnings.lines[0] == "weights are ignored: 1 of 2 inputs carry none");
  }
  SUBCASE("models have no weight") {
    for (auto& record : records) record.kind = "model";
    CHECK(values(aggregate("mean", records)) == std::vector<double>{3});
  }
  SUBCASE("all 0") {
    for (auto& record : records) record.meta["weight"] = 0.0;
    CHECK(error_of("mean", records, Fault::input) == "mean: the weights of the inputs add up to 0");
  }
}

TEST_CASE("meta: what all inputs agree on") {
  auto records = skewed_updates();
  for (auto& record : records) {
    record.meta["base"] = "abc";
    record.extra["note"] = true;
    record.tensors[0].extra["unit"] = "m";
  }
  records[2].meta["round"] = Value(std::uint64_t{4});
  records[3].meta["lr"] = 0.1;
  const Record out = aggregate("mean", records);
  CHECK(out.kind == "update");
  CHECK(out.meta == Attributes{{"base", "abc"}, {"inputs", Value(std::uint64_t{7})}, {"dropped", Value(std::uint64_t{0})}});
  CHECK(out.extra == Attributes{{"note", true}});
  CHECK(out.tensors[0].extra == Attributes{{"unit", "m"}});
  const Record one = aggregate("mean", {records[3]});
  CHECK(get_number(one.meta, "lr") == 0.1);
  CHECK(count(one, "sender") == 3);
  CHECK(one.tensors[0].data == records[3].tensors[0].data);
}

TEST_CASE("a result that is not finite is an error, not a model") {
  const std::vector<Record> records{update<double>(0, {1.7e308}), update<double>(1, {1.7e308})};
  CHECK(error_of("mean", records, Fault::method) == "the result is not finite: the inputs are too large to be added");
}
