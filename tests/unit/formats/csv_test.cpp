#include <doctest/doctest.h>

#include <cmath>

#include "unit/data/data_helpers.h"

using namespace dml;
using namespace dml::test;

namespace {
std::vector<double> values(const Record& record) { return to_doubles(record.tensors.at(0)); }
Record table(const std::string& text) { return read_bytes(*format("csv"), text); }
Error refused(const std::string& text) { return fault_of([&] { table(text); }); }
}  // namespace

TEST_CASE("csv: numbers with and without a header") {
  const Record plain = table("1,2.5,-3\n4,5e3,+6\n");
  CHECK(plain.kind == "table");
  CHECK(plain.tensors.at(0).name == "data");
  CHECK(plain.tensors[0].dtype == Dtype::f64);
  CHECK(plain.tensors[0].shape == std::vector<std::int64_t>{2, 3});
  CHECK(values(plain) == std::vector<double>{1, 2.5, -3, 4, 5000, 6});
  CHECK(plain.meta.empty());

  const Record named = table("# a comment\r\nwidth, \"\r\n \r\n 1 , 2\r\n\"3\",\"4\"\r\n");
  CHECK(named.tensors.at(0).shape == std::vector<std::int64_t>{2, 2});
  CHECK(values(named) == std::vector<double>{1, 2, 3, 4});
  CHECK(named.meta.at("columns") == Value(ValueList{"width", "\""}));
  CHECK(table("\"a,b\",\"c\"\"d\"\n1,2\n").meta.at("columns") == Value(ValueList{"a,b", "c\"d"}));
  CHECK(table("a,b\n").tensors.at(0).shape == std::vector<std::int64_t>{0, 2});
  CHECK(std::isnan(values(table("nan,inf\n"))[0]));
}

TEST_CASE("csv: what is no table is refused with its line") {
  CHECK(says(refused("1,2\n3\n"), "line 2 of 'x' has 1 fields"));
  CHECK(says(refused("1,2\n3,4,5\n"), "line 2 of 'x' has 3 fields"));
  CHECK(says(refused("1,2\n\n# x\n3,four\n"), "line 4 of 'x': field 2, 'four', is no number"));
  CHECK(says(refused("1,two\n"), "line 1 of 'x' mixes"));
  CHECK(says(refused("1,\n2,3\n"), "line 1 of 'x' mixes"));
  CHECK(says(refused("1\n0x10\n"), "'0x10'"));
  CHECK(says(refused("1\n1e999\n"), "'1e999'"));
  CHECK(says(refused(""), "is empty"));
  CHECK(says(refused("\n\n"), "is empty"));
  CHECK(says(refused("1\n" + std::string(5000, '1') + "\n"), "longer than 4096"));
  CHECK(says(refused(std::string("1\n2\0,\n", 6)), "line 2"));
  std::string wide = "a";
  for (int i = 0; i < 100'000; ++i) wide += ",abc";
  CHECK(says(refused(wide + "\n"), "header longer than 1 MiB"));
  for (const char* text : {"1,2\n3\n", "", "1\n\"2", "x\ny\n"}) CHECK(refused(text).fault() == Fault::input);
}

TEST_CASE("csv: every cut inside a line is refused") {
  const std::string whole = "a,b\n1.5,-2\n3,\"4\"\n";
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    CAPTURE(cut);
    if (cut > 0 && whole[cut - 1] == '\n') continue;         // a shorter table, see formats/csv.cpp
    CHECK(refused(whole.substr(0, cut)).fault() == Fault::input);
  }
}

TEST_CASE("csv: memory is bounded") {
  Limits limits;
  limits.tensor_bytes = 4 * sizeof(double);
  CHECK_NOTHROW(read_bytes(*format("csv"), "1,2\n3,4\n", limits));
  const auto error = fault_of([&] { read_bytes(*format("csv"), "1,2\n3,4\n5,6\n", limits); });
  CHECK(error.fault() == Fault::input);
  CHECK(says(error, "limit"));
}

TEST_CASE("csv: written tables read back to the same numbers") {
  const Folder folder;
  const auto round_trip = [&](const Record& record) {
    auto writer = format("csv")->writer(open_file_sink(folder.path("t.csv")), {});
    writer->write(record);
    writer->close();
    return table(folder.read("t.csv"));
  };
  const std::vector<double> numbers = {0.1, -1e-300, 1.0 / 3, 12345678901234567.0, std::nan(""), -0.0};
  Record record{"table", {{"columns", ValueList{"a", "b,c\""}}}, {make_tensor("data", numbers, {3, 2})}, {}};
  const Record again = round_trip(record);
  CHECK(again.meta == record.meta);
  CHECK(again.tensors[0].shape == record.tensors[0].shape);
  CHECK(again.tensors[0].data == record.tensors[0].data);

  for (const auto& names : {ValueList{" 2 ", "b\r"}, ValueList{"#", "\t"}, ValueList{"", ""}}) {
    record.meta["columns"] = names;
    CHECK(round_trip(record).meta == record.meta);
  }
  const Record column{"table", {{"columns", ValueList{""}}}, {make_tensor("data", std::vector<double>{5})}, {}};
  CHECK(round_trip(column).meta == column.meta);
  record.meta["columns"] = ValueList{"a", "1e3"};
  CHECK(says(fault_of([&] { round_trip(record); }), "'1e3' would be read back as a number"));
  record.meta["columns"] = ValueList{"a", "b,c\""};
  round_trip(record);
  CHECK(folder.read("t.csv").starts_with("a,\"b,c\"\"\"\n0.1,-1e-300\n"));
  const Record floats{"table", {}, {make_tensor("data", std::vector<float>{0.1f, 2.f})}, {}};
  CHECK(values(round_trip(floats)) == std::vector<double>{0.1, 2});                // f32 is printed as such, rank 1 is a column
  CHECK(folder.read("t.csv") == "0.1\n2\n");
  const Record integers{"table", {}, {make_tensor("data", std::vector<std::int64_t>{-9007199254740993}, {1, 1})}, {}};
  round_trip(integers);
  CHECK(folder.read("t.csv") == "-9007199254740993\n");
}

TEST_CASE("csv: what does not fit is refused before a file appears") {
  const Folder folder;
  const auto write = [&](const std::vector<Record>& records) {
    return fault_of([&] {
      auto writer = format("csv")->writer(open_file_sink(folder.path("no.csv")), {});
      for (const auto& record : records) writer->write(record);
      writer->close();
    });
  };
  const Tensor one = make_tensor("data", std::vector<double>{1}, {1, 1}), cube = make_tensor("data", std::vector<double>{1}, {1, 1, 1});
  CHECK(write({}).fault() == Fault::usage);
  CHECK(write({{"t", {}, {one}, {}}, {"t", {}, {one}, {}}}).fault() == Fault::usage);
  CHECK(write({{"t", {}, {one, one}, {}}}).fault() == Fault::usage);
  CHECK(write({{"t", {}, {cube}, {}}}).fault() == Fault::usage);
  CHECK_FALSE(std::filesystem::exists(folder.path("no.csv")));
  CHECK_FALSE(format("csv")->sniff(std::as_bytes(std::span("1,2\n", 4))));
}
