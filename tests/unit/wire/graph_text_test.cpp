// Lists of edges and matrices as text, there and back, and what is refused.
#include "wire/graph_text.h"

#include <doctest/doctest.h>

#include "unit/topology/topology_helpers.h"

using namespace dml;
using dml::test::error_of;
using dml::test::Warnings;

namespace {

using Pairs = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

GraphText edges(const std::string& text, std::optional<std::uint64_t> nodes = {}) {
  return parse_edges(memory_source(std::as_bytes(std::span(text)), "'x'"), {}, nodes);
}
GraphText matrix(const std::string& text, std::optional<std::uint64_t> nodes = {}) {
  return parse_adjacency(memory_source(std::as_bytes(std::span(text)), "'x'"), {}, nodes);
}
std::string matrix_text(const GraphText& graph) {
  std::string out;
  adjacency_lines(graph, [&](const std::string& line) { out += line; });
  return out;
}
template <class Parse>
void check_refused(Parse parse, const std::string& text, const std::string& says) {
  CAPTURE(text);
  const Error error = error_of([&] { parse(text); });
  CHECK(error.fault() == Fault::input);
  CHECK(std::string(error.what()).find(says) != std::string::npos);
}

}  // namespace

TEST_CASE("edges: numbers, weights, comments, a head") {
  const auto plain = edges("# a comment\n\n2 1\r\n 0\t2 # another\n");
  CHECK(plain.nodes == 3);
  CHECK(plain.edges == Pairs{{0, 2}, {1, 2}});
  CHECK(plain.weights.empty());
  const auto weighted = edges("nodes 4\nedges 2\ndirected\n3 0 2.5\n0 3 1e-3\n");
  CHECK(weighted.directed);
  CHECK(weighted.edges == Pairs{{0, 3}, {3, 0}});
  CHECK(weighted.weights == std::vector<double>{1e-3, 2.5});         // sorted with their edges
  CHECK(edges("nodes 1\n").nodes == 1);
  CHECK(edges("0 1\n", 5).nodes == 5);
  for (const auto& graph : {plain, weighted}) {
    const auto again = edges(edges_text(graph, "x\ny"));
    CHECK(std::tie(again.nodes, again.directed, again.edges, again.weights) == std::tie(graph.nodes, graph.directed, graph.edges, graph.weights));
  }
}

TEST_CASE("edges: what is no graph is refused with its line") {
  const auto parse = [](const std::string& text) { edges(text); };
  check_refused(parse, "0 1\n1 1\n", "line 2 of 'x': a self loop at node 1");
  check_refused(parse, "0 1\n# x\n1 0\n", "line 3 of 'x': edge 0 1 is there twice");
  check_refused(parse, "0 1\n2 1\n1 2\n0 1\n", "line 3 of 'x': edge 1 2 is there twice");
  check_refused(parse, "0 1 1\n1 2 -0.5\n", "line 2 of 'x': weight -0.5 is negative");
  check_refused(parse, "0 1 0\n", "weight 0 is no edge");
  check_refused(parse, "0 1 nan\n", "'nan' is no weight");
  check_refused(parse, "0 1 1e999\n", "is no weight");
  check_refused(parse, "0 1 1\n1 2\n", "line 2 of 'x': an edge without a weight");
  check_refused(parse, "0 1\n1 2 3\n", "line 2 of 'x': an edge with a weight");
  check_refused(parse, "nodes 3\n0 3\n", "line 2 of 'x': node 3 is not among 0..2");
  check_refused(parse, "0 4294967296\n", "node 4294967296 is not among");
  check_refused(parse, "0 99999999999999999999\n", "node 99999999999999999999 is not");
  check_refused(parse, "0 -1\n", "'-1' is no node number");
  check_refused(parse, "0 1.5\n", "'1.5'");
  check_refused(parse, "0 1 2 3\n", "is no edge");
  check_refused(parse, "0\n", "is no edge");
  check_refused(parse, "0 1\nnodes 4\n", "'nodes' is no node number");
  check_refused(parse, "edges 2\n0 1\n", "1 edges, its head says 2");
  check_refused(parse, "nodes x\n", "no number of nodes");
  check_refused(parse, "", "holds no graph");
  check_refused(parse, "0 1\n1 2", "line 2 of 'x' does not end");
  check_refused(parse, std::string(5000, ' '), "longer than 4096");
  check_refused([](const std::string& text) { edges(text, 4); }, "nodes 3\n", "line 1 of 'x': a graph of 3 nodes, not of 4");
}

TEST_CASE("edges: every cut of a file with a head is refused") {
  const std::string whole = edges_text(edges("nodes 13\n0 12\n3 4\n"), "c");
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    CAPTURE(cut);
    CHECK(error_of([&] { edges(whole.substr(0, cut)); }).fault() == Fault::input);
  }
}

TEST_CASE("nodes without neighbours are named, at no cost for a stranger's large number") {
  Warnings warnings;
  edges("nodes 4294967296\n0 1\n3 2\n");
  edges("nodes 3\n0 2\n");
  matrix("0 1 0\n1 0 0\n0 0 0\n");
  REQUIRE(warnings.lines.size() == 3);
  CHECK(warnings.lines[0] == "node 4 and 4294967291 more of 'x' have no neighbour");
  CHECK(warnings.lines[1] == "node 1 of 'x' has no neighbour");
  CHECK(warnings.lines[2] == "node 2 of 'x' has no neighbour");
}

TEST_CASE("a matrix of zeros and ones, of weights, or of mixing weights") {
  const auto plain = matrix("# paw\n0 1 1 0\n1,0,1,0\n1 1 0 1\n0 0 1 0\n");
  CHECK(plain.nodes == 4);
  CHECK_FALSE(plain.directed);
  CHECK(plain.edges == Pairs{{0, 1}, {0, 2}, {1, 2}, {2, 3}});
  CHECK(plain.weights.empty());
  CHECK(plain.own.empty());
  const auto weighted = matrix("0 2\n2 0\n");
  CHECK(weighted.weights == std::vector<double>{2});
  CHECK(weighted.own.empty());
  const auto mixing = matrix("0.5 0.5 0\n0.5 0.25 0.25\n0 0.25 0.75\n");
  CHECK(mixing.own == std::vector<double>{.5, .25, .75});
  CHECK(mixing.weights == std::vector<double>{.5, .25});
  const auto directed = matrix("0.5 0.5 0\n0 1 0\n1e-1 0 0.9\n");
  CHECK(directed.directed);
  CHECK(directed.edges == Pairs{{0, 2}, {1, 0}});          // row i takes from column j: j sends to i
  CHECK(directed.weights == std::vector<double>{.1, .5});
  for (const auto& graph : {plain, weighted, mixing, directed}) {
    const auto again = matrix(matrix_text(graph));
    CHECK(std::tie(again.directed, again.edges, again.weights, again.own) == std::tie(graph.directed, graph.edges, graph.weights, graph.own));
  }
}

TEST_CASE("a matrix that is none is refused with its line") {
  const auto parse = [](const std::string& text) { matrix(text); };
  check_refused(parse, "0 1\n1 1\n", "line 2 of 'x': a self loop at node 1");
  check_refused(parse, "0 1\n1\n", "line 2 of 'x': 1 numbers, not 2");
  check_refused(parse, "0 1\n1 0\n\n0 0\n", "line 4 of 'x': a row too many");
  check_refused(parse, "0 1 0\n1 0 0\n", "2 rows of 3 numbers");
  check_refused(parse, "0 -2\n-2 0\n", "line 1 of 'x': weight -2 is negative");
  check_refused(parse, "0 x\n1 0\n", "'x' is no number");
  check_refused(parse, "0.5 0.5\n0.5 0.4\n", "line 2 of 'x': the weights of node 1 sum to 0.9, not to 1");
  check_refused(parse, "\n#\n", "holds no matrix");
  check_refused(parse, "0 1\n1 0", "does not end");
  check_refused([](const std::string& text) { matrix(text, 3); }, "0 1\n1 0\n", "2 numbers, not 3");
}

TEST_CASE("graphs as records, and records that are none") {
  const auto graph = matrix("0.5 0.5 0\n0 1 0\n0.1 0 0.9\n");
  const Record record = graph_record(graph);
  const auto again = graph_of(record, "r");
  CHECK(std::tie(again.nodes, again.directed, again.edges, again.weights, again.own) == std::tie(graph.nodes, graph.directed, graph.edges, graph.weights, graph.own));
  const auto refused = [&](auto change) {
    Record bad = record;
    change(bad);
    const Error error = error_of([&] { graph_of(bad, "r"); });
    CHECK(error.fault() == Fault::input);
    CHECK(std::string(error.what()).starts_with("r "));
  };
  refused([](Record& r) { r.kind = "model"; });
  refused([](Record& r) { r.meta.erase("nodes"); });
  refused([](Record& r) { r.meta["nodes"] = std::uint64_t{2}; });
  refused([](Record& r) { r.tensors[0] = make_tensor<std::uint32_t>("edges", {0, 2, 1}); });
  refused([](Record& r) { r.tensors[0] = make_tensor<std::uint32_t>("edges", {1, 0, 0, 2}, {2, 2}); });
  refused([](Record& r) { r.tensors[0] = make_tensor<std::uint32_t>("edges", {1, 1, 2, 0}, {2, 2}); });
  refused([](Record& r) { r.tensors[2] = make_tensor<double>("weights", {1}); });
  refused([](Record& r) { r.tensors[2] = make_tensor<double>("weights", {1, -1}); });
  refused([](Record& r) { r.meta["directed"] = false; r.tensors[0] = make_tensor<std::uint32_t>("edges", {1, 0, 2, 1}, {2, 2}); });
}
