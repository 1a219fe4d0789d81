// The formats edges and adj: records of kind "graph" there and back, what they refuse to hold.
#include <doctest/doctest.h>

#include "entry/registry.h"
#include "unit/data/data_helpers.h"

namespace dml {
void register_edges(Registry<Format>& registry);
void register_adj(Registry<Format>& registry);
}  // namespace dml

using namespace dml;
using namespace dml::test;

namespace {

OpenOptions graph_formats() {
  Registry<Format> registry("format");
  register_edges(registry);
  register_adj(registry);
  OpenOptions open;
  for (const char* name : {"edges", "adj"}) open.formats.push_back(std::shared_ptr<const Format>(registry.make(std::string_view(name))));
  return open;
}

Record read_file(const std::string& path) {
  const auto reader = open_reader(path, graph_formats());
  auto record = reader->next();
  if (!record || reader->next_head()) throw Error(Fault::bug, "not exactly one record");
  return *record;
}

void write_file(const std::string& path, const std::vector<Record>& records) {
  const auto writer = open_writer(path, graph_formats());
  for (const auto& record : records) writer->write(record);
  writer->close({});
}

}  // namespace

TEST_CASE("edges and adj: the same graph in either") {
  const Folder folder;
  const Record paw = read_file(folder.write("paw.edges", "0 1\n0 2\n2 1\n2 3\n"));
  CHECK(paw.kind == "graph");
  CHECK(get_unsigned(paw.meta, "nodes") == 4);
  CHECK(get_bool(paw.meta, "directed") == false);
  CHECK(paw.at("edges", "").shape == std::vector<std::int64_t>{4, 2});
  CHECK(paw.at("edges", "").as<std::uint32_t>()[4] == 1);
  write_file(folder.path("paw.adj"), {paw});
  CHECK(folder.read("paw.adj") == "0 1 1 0\n1 0 1 0\n1 1 0 1\n0 0 1 0\n");
  CHECK(content_digest(read_file(folder.path("paw.adj"))) == content_digest(paw));
  Record named = paw;
  named.meta["source"] = "a\nb";
  write_file(folder.path("again.edges"), {named});
  CHECK(folder.read("again.edges") == "# 'a\\x0ab'\nedges 4\nnodes 4\n0 1\n0 2\n1 2\n2 3\n");
  write_file(folder.path("again.adj"), {named});
  CHECK(folder.read("again.adj").starts_with("# 'a\\x0ab'\n0 1 1 0\n"));
  const Record mixing = read_file(folder.write("w.adj", "0.5 0.5\n0.5 0.5\n"));
  CHECK(to_doubles(mixing.at("own", "")) == std::vector<double>{.5, .5});
  CHECK(to_doubles(mixing.at("weights", "")) == std::vector<double>{.5});
}

TEST_CASE("edges and adj hold one graph and nothing else") {
  const Folder folder;
  const Record graph = read_file(folder.write("pair.edges", "0 1\n"));
  for (const char* name : {"out.edges", "out.adj"}) {
    CHECK(fault_of([&] { write_file(folder.path(name), {graph, graph}); }).fault() == Fault::usage);
    CHECK(fault_of([&] { write_file(folder.path(name), {}); }).fault() == Fault::usage);
    CHECK(says(fault_of([&] { write_file(folder.path(name), {Record{"model", {}, {}, {}}}); }), "of kind 'model'"));
    CHECK_FALSE(std::filesystem::exists(folder.path(name)));
  }
  Record huge{"graph", {{"nodes", std::uint64_t{1} << 32}, {"directed", false}}, graph.tensors, {}};
  CHECK(says(fault_of([&] { write_file(folder.path("out.adj"), {huge}); }), "too large for a matrix"));
  CHECK(fault_of([&] { read_file(folder.write("loop.edges", "0 0\n")); }).fault() == Fault::input);
}
