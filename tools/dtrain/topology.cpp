// dtrain topology RULE: what a graph of N nodes is worth: degrees, spectral gap, mixing time, rounds to consensus. -o FILE.edges or .adj
// writes the graph as text that --topology reads (.adj with the weights), any other -o a record with the whole matrix; --plot draws it. A
// time-varying rule is shown by one of its rounds and by how many rounds it took to agree in a run of plain averaging.
// Source: card gossip-topologies, sections 1, 4, 7 and 8.
#include <algorithm>
#include <cmath>
#include <ostream>

#include "base/log.h"
#include "base/text.h"
#include "dtrain/topology_plot.h"
#include "entry/verb.h"
#include "topology/consensus.h"
#include "topology/mixing.h"
#include "topology/spectral.h"
#include "topology/topology.h"
#include "wire/graph_text.h"

namespace dml {
namespace {

constexpr std::uint64_t kMostWork = 200'000'000;           // node rounds of a measured consensus

struct TopologyOptions {
  int nodes = required;
  std::uint64_t round = 0;
  std::vector<double> samples;
  bool push = false;
  std::string plot;
};

// One line of the report, in text and in JSON.
struct Fact { std::string name, text, json; };

struct Degrees {
  std::size_t least = 0, most = 0, arcs = 0;
  bool mutual = true;                                      // who receives also sends
};

Degrees degrees_of(const Mixing& mixing) {
  Degrees out;
  out.least = mixing.nodes();
  std::vector<NodeId> senders;
  for (std::size_t i = 0; i < mixing.nodes(); ++i) {
    senders.clear();
    for (const auto& [j, weight] : mixing.row(i))
      if (j != i && weight > 0) senders.push_back(j);
    out.least = std::min(out.least, senders.size());
    out.most = std::max(out.most, senders.size());
    out.arcs += senders.size();
    if (!mixing.same_rows()) out.mutual = out.mutual && senders == mixing.receivers(i);
  }
  return out;
}

// The pattern of W as a graph; with its weights where they are asked for.
GraphText pattern_of(const Mixing& mixing, bool directed, bool weighted) {
  GraphText graph{mixing.nodes(), directed, {}, {}, {}};
  for (std::size_t j = 0; j < mixing.nodes(); ++j)
    for (const NodeId i : mixing.receivers(j))
      if (directed || j < i) graph.edges.emplace_back(static_cast<NodeId>(j), i);
  if (!weighted) return graph;
  const auto weight = [&](std::size_t i, NodeId j) {
    const auto row = mixing.row(i);
    return std::lower_bound(row.begin(), row.end(), Mixing::Entry(j, 0.0))->second;
  };
  for (const auto& [from, to] : graph.edges) graph.weights.push_back(weight(to, from));
  for (NodeId i = 0; i < mixing.nodes(); ++i) graph.own.push_back(weight(i, i));
  return graph;
}

class Facts {
 public:
  void number(const std::string& name, double value, int digits) {
    if (std::fabs(value) < 1e-12) value = 0;               // rounding of the solvers, of either sign
    add(name, format_fixed(value, digits), format_number(value));
  }
  void count(const std::string& name, std::uint64_t value) { add(name, std::to_string(value), std::to_string(value)); }
  void word(const std::string& name, const std::string& value) { add(name, value, Json::text(value)); }
  void yes(const std::string& name, bool value) { add(name, value ? "yes" : "no", value ? "true" : "false"); }
  void maybe(const std::string& name, std::optional<std::uint64_t> value, const std::string& otherwise) {
    value ? count(name, *value) : add(name, otherwise, "null");
  }
  void add(std::string name, std::string text, std::string json) { facts_.push_back({std::move(name), std::move(text), std::move(json)}); }
  void print_text(std::ostream& out) const {
    std::size_t width = 0;
    for (const auto& fact : facts_) width = std::max(width, fact.name.size());
    for (const auto& fact : facts_) {
      std::string name = fact.name;
      std::replace(name.begin(), name.end(), '_', ' ');
      out << name << std::string(width + 2 - name.size(), ' ') << fact.text << '\n';
    }
  }
  void print_json(std::ostream& out) const {
    Json json;
    json.begin_object();
    for (const auto& fact : facts_) json.key(fact.name).raw(fact.json);
    out << json.end_object().str() << '\n';
  }

 private:
  std::vector<Fact> facts_;
};

class TopologyVerb final : public Verb {
 public:
  explicit TopologyVerb(TopologyOptions options) : options_(options) {}

  int run(Invocation& call) override {
    const auto picture = options_.plot.empty() ? Gnuplot::Picture::svg : Gnuplot::picture_of(options_.plot);
    const auto topology = build(call);
    const auto mixing = options_.push ? std::make_shared<const Mixing>(push_weights(*topology->at(options_.round, -1))) : topology->at(options_.round, -1);
    if (const std::string& path = call.common().output; path.empty()) print(call, *topology, *mixing);
    else if (const auto text = text_format(call); !text.empty()) write_graph(call, *mixing, text == "adj");
    else write_record(call, *topology, *mixing);
    if (!options_.plot.empty()) draw(call, *mixing, picture);
    return 0;
  }

 private:
  std::unique_ptr<Topology> build(Invocation& call) const {
    const TopologySetup setup{static_cast<std::size_t>(options_.nodes), call.common().seed, options_.samples};
    if (!setup.samples.empty() && setup.samples.size() != setup.nodes)
      throw Error(Fault::usage, "--samples has " + std::to_string(setup.samples.size()) + " numbers, not one for each of " + std::to_string(setup.nodes) + " nodes");
    return topology_rule(call.families().get<TopologyRule>(), call.inputs().front())->build(setup);
  }

  // "edges" or "adj" where -o is such a file, else "".
  static std::string text_format(Invocation& call) {
    const std::string& to = call.common().to;
    for (const std::string name : {"edges", "adj"})
      if (to == name || (to.empty() && call.common().output.ends_with("." + name))) return name;
    return "";
  }

  void print(Invocation& call, const Topology& topology, const Mixing& mixing) const {
    Facts facts;
    facts.word("topology", call.inputs().front());
    facts.count("nodes", mixing.nodes());
    if (topology.time_varying()) facts.count("round", options_.round);
    describe_graph(facts, mixing);
    if (options_.push) return describe_push(facts, call, mixing);
    describe_speed(facts, call, topology, mixing);
    finish(facts, call);
  }

  static void finish(Facts& facts, Invocation& call) {
    if (call.common().json) facts.print_json(call.out());
    else facts.print_text(call.out());
  }

  // Column-stochastic weights keep the sum; how fast the estimates agree is told by |lambda_2|, the same for W and W'.
  static void describe_push(Facts& facts, Invocation& call, const Mixing& mixing) {
    const auto columns = mix_transposed(mixing, std::vector<double>(mixing.nodes(), 1.0));
    const auto rows = mix(mixing, std::vector<double>(mixing.nodes(), 1.0));
    facts.number("column_sum_min", *std::min_element(columns.begin(), columns.end()), 10);
    facts.number("column_sum_max", *std::max_element(columns.begin(), columns.end()), 10);
    facts.number("row_sum_min", *std::min_element(rows.begin(), rows.end()), 10);
    facts.number("row_sum_max", *std::max_element(rows.begin(), rows.end()), 10);
    if (const auto s = spectrum(transposed(mixing)); s.gap_eig) {
      facts.number("gap_eig", *s.gap_eig, 10);
      facts.maybe("rounds_to_consensus", rounds_to_consensus(1.0 - *s.gap_eig), "never");
    }
    finish(facts, call);
  }

  static void describe_graph(Facts& facts, const Mixing& mixing) {
    const auto degrees = degrees_of(mixing);
    facts.yes("directed", !degrees.mutual);
    facts.count("edges", degrees.mutual ? degrees.arcs / 2 : degrees.arcs);
    facts.count("degree_min", degrees.least);
    facts.number("degree_mean", static_cast<double>(degrees.arcs) / static_cast<double>(mixing.nodes()), 2);
    facts.count("degree_max", degrees.most);
    std::vector<std::vector<NodeId>> senders(mixing.nodes());
    for (std::size_t i = 0; i < mixing.nodes() && !mixing.same_rows(); ++i)
      for (const auto& [j, weight] : mixing.row(i))
        if (j != i && weight > 0) senders[i].push_back(j);
    facts.count("components", mixing.same_rows() ? 1 : strong_components(senders));
  }

  static void describe_speed(Facts& facts, Invocation& call, const Topology& topology, const Mixing& mixing) {
    const auto s = spectrum(mixing);
    facts.yes("doubly_stochastic", s.doubly_stochastic);
    facts.number("gap", s.gap(), 10);
    facts.number("rho", s.rho, 10);
    if (s.gap_eig) facts.number("gap_eig", *s.gap_eig, 10);
    facts.word("gap_by", !s.iterated ? s.symmetric ? "symmetric eigensolver" : "singular values" : s.converged ? "Lanczos" : "Lanczos, not converged: an upper bound");
    if (s.symmetric && !topology.time_varying() && s.rho > 1 - 1e-12 && mixing.nodes() > 1) warn("the gap is 0: the nodes never agree; if the graph is connected, lazy=true makes them");
    if (!s.doubly_stochastic) describe_limit(facts, mixing, topology.time_varying());
    if (topology.time_varying()) {
      const std::uint64_t most = std::clamp<std::uint64_t>(kMostWork / mixing.nodes(), 100, 20'000);
      facts.maybe("measured_rounds_to_consensus", measured_consensus(topology, mixing.nodes(), -1, call.common().seed, most),
                  "more than " + std::to_string(most));
    } else {
      // Without a kept mean the norm rho bounds nothing; the eigenvalue still says how fast the limit is reached.
      const double rate = s.doubly_stochastic || !s.gap_eig ? s.rho : 1.0 - *s.gap_eig;
      facts.maybe("mixing_time", mixing_time(rate), "never");
      facts.maybe("rounds_to_consensus", rounds_to_consensus(rate), "never");
    }
  }

  static void describe_limit(Facts& facts, const Mixing& mixing, bool time_varying) {
    warn("the weights of " + std::string(time_varying ? "this round" : "this graph") + " are not doubly stochastic: the mean is not kept, gap means nothing, gap eig counts");
    if (time_varying) return;
    if (const auto limit = limit_weights(mixing)) {
      facts.number("limit_weight_min", *std::min_element(limit->begin(), limit->end()), 10);
      facts.number("limit_weight_max", *std::max_element(limit->begin(), limit->end()), 10);
    }
  }

  void write_graph(Invocation& call, const Mixing& mixing, bool weighted) const {
    Record record = graph_record(pattern_of(mixing, !degrees_of(mixing).mutual || (weighted && !is_symmetric(mixing, 0)), weighted));
    record.meta["source"] = call.inputs().front() + ", " + std::to_string(options_.nodes) + " nodes, seed " + std::to_string(call.common().seed);
    const auto writer = call.writer();
    writer->write(record);
    writer->close(call.environment());
  }

  void draw(Invocation& call, const Mixing& mixing, Gnuplot::Picture picture) const {
    const auto graph = pattern_of(mixing, !degrees_of(mixing).mutual, false);
    const std::string bytes = draw_graph(graph, call.inputs().front() + ", " + std::to_string(options_.nodes) + " nodes", picture);
    const auto sink = open_file_sink(options_.plot);
    sink->write(std::as_bytes(std::span(bytes)));
    sink->commit();
  }

  // W in compressed rows: node i's weights are entries offsets[i]..offsets[i + 1] - 1 of `columns` and `weights`.
  void write_record(Invocation& call, const Topology& topology, const Mixing& mixing) const {
    std::vector<std::uint32_t> columns, ends;
    std::vector<std::uint64_t> offsets = {0};
    std::vector<double> weights;
    for (std::size_t i = 0; i < mixing.nodes(); ++i) {
      for (const auto& [j, weight] : mixing.row(i)) {
        columns.push_back(j);
        weights.push_back(weight);
      }
      offsets.push_back(columns.size());
    }
    for (const auto& [i, j] : topology.edges()) ends.insert(ends.end(), {i, j});
    const auto s = spectrum(mixing);
    Record record{"topology", {{"topology", call.inputs().front()}, {"nodes", std::uint64_t{mixing.nodes()}}, {"gap", s.gap()}}, {}, {}};
    if (s.gap_eig) record.meta["gap-eig"] = *s.gap_eig;
    if (topology.time_varying()) record.meta["round"] = options_.round;
    record.tensors = {make_tensor("columns", columns), make_tensor("edges", ends, {static_cast<std::int64_t>(ends.size() / 2), 2}),
                      make_tensor("offsets", offsets), make_tensor("weights", weights)};
    const auto writer = call.writer();
    writer->write(record);
    writer->close(call.environment());
  }

  TopologyOptions options_;
};

}  // namespace

void register_topology(Verbs& verbs) {
  verbs.add<TopologyVerb>({"topology", "degrees, spectral gap and rounds to consensus of a graph", "card gossip-topologies"},
                          {"RULE", 1, 1, Output::report, {"seed", "json", "output", "to", "quiet", "verbose"}, {"plot"}},
                          Options<TopologyOptions>()
                              .add("nodes", &TopologyOptions::nodes, "how many nodes the graph has", at_least(1))
                              .add("round", &TopologyOptions::round, "which round of a time-varying topology is described")
                              .add("samples", &TopologyOptions::samples, "how many samples each node holds, for weights=data-size", at_least(0))
                              .add("push", &TopologyOptions::push, "the column-stochastic weights that push-sum uses on this graph instead")
                              .add("plot", &TopologyOptions::plot, "draw the graph into this .svg or .png file"));
}

}  // namespace dml
