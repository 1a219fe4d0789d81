// dtrain data: who holds what. For each node its samples, how many of each class, and how far its mixture of classes is from the whole's
// (total variation: half the sum of the differences of shares; 0 alike, near 1 nothing in common). -o writes which samples.
// Source: card single-merge (heterogeneity); total variation as in Hsu et al. 2019, arXiv 1909.06335.
#include <algorithm>
#include <array>
#include <cmath>
#include <ostream>
#include <span>

#include "base/gnuplot.h"
#include "base/text.h"
#include "dtrain/training.h"
#include "wire/stream.h"

namespace dml {
namespace {

constexpr std::size_t kMostColumns = 20;                   // classes of which the text shows counts

struct DataOptions {
  std::uint64_t nodes = required;
  std::optional<Chain> data, partition;
  std::string plot;
};

using Parts = std::vector<std::vector<std::uint32_t>>;

struct Holding {
  std::vector<std::uint64_t> counts;                       // of each class
  std::uint64_t samples = 0;
  double distance = 0;                                     // total variation to the whole
  std::uint64_t classes() const { return static_cast<std::uint64_t>(std::count_if(counts.begin(), counts.end(), [](auto c) { return c > 0; })); }
};

Holding holding_of(const std::vector<std::uint32_t>& part, const Samples& samples, std::size_t classes) {
  Holding out{std::vector<std::uint64_t>(classes), part.size(), 0};
  for (const auto i : part) ++out.counts[samples.y.empty() ? 0 : static_cast<std::size_t>(samples.y[i])];
  return out;
}

double total_variation(const Holding& a, const Holding& b) {
  double sum = 0;
  for (std::size_t c = 0; c < a.counts.size(); ++c)
    sum += std::fabs(static_cast<double>(a.counts[c]) / static_cast<double>(a.samples) - static_cast<double>(b.counts[c]) / static_cast<double>(b.samples));
  return sum / 2;
}

struct Summary {
  std::uint64_t samples = 0, held = 0, shared = 0, least = 0, most = 0;
  double distance = 0, farthest = 0, classes = 0;
};

class DataVerb final : public Verb {
 public:
  explicit DataVerb(DataOptions options) : options_(std::move(options)) {}

  int run(Invocation& call) override {
    if (!options_.plot.empty()) Gnuplot::picture_of(options_.plot);   // a wrong name is known before the work
    const auto chain = options_.data ? *options_.data : Chain{{"digits", {}}};
    const Dataset data = load_dataset(call.families(), chain, call.open());
    const Parts parts = split_samples(call, data, options_.partition, options_.nodes);
    const std::size_t classes = data.train.y.empty() ? 1 : static_cast<std::size_t>(data.classes);
    std::vector<std::uint32_t> all(data.train.count);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint32_t>(i);
    const Holding whole = holding_of(all, data.train, classes);
    std::vector<Holding> nodes;
    for (const auto& part : parts) {
      nodes.push_back(holding_of(part, data.train, classes));
      nodes.back().distance = total_variation(nodes.back(), whole);
    }
    const Summary summary = summarize(nodes, parts, data.train.count);
    if (!options_.plot.empty()) draw(nodes, to_string(chain));
    if (!call.common().output.empty()) write_record(call, to_string(chain), nodes, parts, summary);
    else if (call.common().json) print_json(call.out(), nodes, summary);
    else print_text(call.out(), nodes, summary);
    return 0;
  }

 private:
  static Summary summarize(const std::vector<Holding>& nodes, const Parts& parts, std::size_t samples) {
    Summary out;
    out.samples = samples;
    std::vector<std::uint32_t> holders(samples);
    for (const auto& part : parts)
      for (const auto i : part) ++holders[i];
    out.held = static_cast<std::uint64_t>(std::count_if(holders.begin(), holders.end(), [](auto h) { return h > 0; }));
    out.shared = static_cast<std::uint64_t>(std::count_if(holders.begin(), holders.end(), [](auto h) { return h > 1; }));
    out.least = nodes.front().samples;
    const auto count = static_cast<double>(nodes.size());
    for (const auto& node : nodes) {
      out.least = std::min(out.least, node.samples);
      out.most = std::max(out.most, node.samples);
      out.distance += node.distance / count;
      out.farthest = std::max(out.farthest, node.distance);
      out.classes += static_cast<double>(node.classes()) / count;
    }
    return out;
  }

  static void print_text(std::ostream& out, const std::vector<Holding>& nodes, const Summary& s) {
    const std::size_t columns = nodes.front().counts.size() <= kMostColumns ? nodes.front().counts.size() : 0;
    const auto cell = [&](const std::string& text, std::size_t width) { out << std::string(width - std::min(width, text.size()), ' ') << text; };
    const auto line = [&](const std::string& node, const std::string& samples, const std::string& classes, const std::string& tv) {
      cell(node, 5);
      cell(samples, 9);
      cell(classes, 9);
      cell(tv, 8);
    };
    line("node", "samples", "classes", "tv");
    for (std::size_t c = 0; c < columns; ++c) cell(std::to_string(c), 7);
    out << '\n';
    for (std::size_t k = 0; k < nodes.size(); ++k) {
      line(std::to_string(k), std::to_string(nodes[k].samples), std::to_string(nodes[k].classes()), format_fixed(nodes[k].distance, 4));
      for (std::size_t c = 0; c < columns; ++c) cell(std::to_string(nodes[k].counts[c]), 7);
      out << '\n';
    }
    line("mean", format_fixed(mean_samples(nodes), 1), format_fixed(s.classes, 1), format_fixed(s.distance, 4));
    out << "\nsamples   " << s.held << " of " << s.samples << " are held, " << s.shared << " by more than one node\nper node  " << s.least << " to " << s.most
        << "\nfarthest  tv " << format_fixed(s.farthest, 4) << '\n';
  }

  static void print_json(std::ostream& out, const std::vector<Holding>& nodes, const Summary& s) {
    for (std::size_t k = 0; k < nodes.size(); ++k) {
      Json json;
      json.begin_object().field("node", std::uint64_t{k}).field("samples", nodes[k].samples).field("classes", nodes[k].classes()).field("tv", nodes[k].distance);
      json.key("counts").begin_array();
      for (const auto count : nodes[k].counts) json.value(count);
      out << json.end_array().end_object().str() << '\n';
    }
    out << Json().begin_object().field("node", "all").field("nodes", std::uint64_t{nodes.size()}).field("samples", s.samples).field("held", s.held)
               .field("shared", s.shared).field("least", s.least).field("most", s.most).field("classes", s.classes).field("tv", s.distance)
               .field("farthest", s.farthest).end_object().str() << '\n';
  }

  // Node k holds the entries offsets[k]..offsets[k + 1] - 1 of `samples`.
  void write_record(Invocation& call, const std::string& data, const std::vector<Holding>& nodes, const Parts& parts, const Summary& s) const {
    std::vector<std::uint64_t> counts, offsets{0};
    std::vector<std::uint32_t> samples;
    for (const auto& node : nodes) counts.insert(counts.end(), node.counts.begin(), node.counts.end());
    for (const auto& part : parts) {
      samples.insert(samples.end(), part.begin(), part.end());
      offsets.push_back(samples.size());
    }
    Record record{"partition", {{"data", data}, {"partition", options_.partition ? to_string(*options_.partition) : "iid"}, {"nodes", std::uint64_t{nodes.size()}},
                                {"tv", s.distance}}, {}, {}};
    record.tensors = {make_tensor("counts", counts, {static_cast<std::int64_t>(nodes.size()), static_cast<std::int64_t>(nodes.front().counts.size())}),
                      make_tensor("offsets", offsets), make_tensor("samples", samples)};
    const auto writer = call.writer();
    writer->write(record);
    writer->close(call.environment());
  }

  // A bar a node, a colour a class.
  void draw(const std::vector<Holding>& nodes, const std::string& data) const {
    const std::size_t classes = nodes.front().counts.size();
    std::vector<std::vector<double>> rows;
    for (std::size_t k = 0; k < nodes.size(); ++k) {
      rows.push_back({static_cast<double>(k)});
      for (const auto count : nodes[k].counts) rows.back().push_back(static_cast<double>(count));
    }
    Gnuplot plot(Gnuplot::picture_of(options_.plot), nodes.size() > 60 ? 1400 : 900, 500);
    plot.block("counts", rows);
    const std::string partition = options_.partition ? to_string(*options_.partition) : "iid";
    plot.script("set title " + Gnuplot::literal(data + ", " + partition + ", " + std::to_string(nodes.size()) + " nodes") + " noenhanced\n" +
                "set xlabel 'node'\nset ylabel 'samples'\nset yrange [0:*]\nset xtics nomirror scale 0\nset ytics nomirror\nset border 3\n"
                "set style data histograms\nset style histogram rowstacked\nset style fill solid 1 noborder\nset boxwidth 0.85 relative\n"
                "set key outside right top reverse Left title 'class' invert maxrows 24\n");
    std::string bars;
    for (std::size_t c = 0; c < classes; ++c)
      bars += (c ? ", " : "plot ") + std::string("$counts using ") + std::to_string(c + 2) + (nodes.size() <= 40 ? ":xtic(1)" : "") + " title '" + std::to_string(c) +
              "' linecolor rgb '" + colour(c, classes) + "'";
    plot.script(bars + "\n");
    const auto sink = open_file_sink(options_.plot);
    const std::string bytes = plot.draw();
    sink->write(std::as_bytes(std::span(bytes)));
    sink->commit();
  }

  // Ten colours that are told apart without red and green; more classes: even steps of hue.
  static std::string colour(std::size_t c, std::size_t classes) {
    static constexpr const char* kTen[] = {"#0072b2", "#e69f00", "#56b4e9", "#d55e00", "#009e73", "#cc79a7", "#f0e442", "#444444", "#b3de69", "#882255"};
    if (classes <= 10) return kTen[c];
    const double hue = 6.0 * static_cast<double>(c) / static_cast<double>(classes), part = hue - std::floor(hue), light = c % 2 ? 0.9 : 0.65;
    const double up = light * part, down = light * (1 - part);
    const std::array<std::array<double, 3>, 6> wheel{{{light, up, 0}, {down, light, 0}, {0, light, up}, {0, down, light}, {up, 0, light}, {light, 0, down}}};
    std::array<unsigned char, 3> bytes;
    for (std::size_t i = 0; i < 3; ++i) bytes[i] = static_cast<unsigned char>(255 * wheel[static_cast<std::size_t>(hue) % 6][i]);
    return "#" + to_hex(bytes.data(), 3);
  }

  static double mean_samples(const std::vector<Holding>& nodes) {
    double sum = 0;
    for (const auto& node : nodes) sum += static_cast<double>(node.samples);
    return sum / static_cast<double>(nodes.size());
  }

  DataOptions options_;
};

}  // namespace

void register_data(Verbs& verbs) {
  using O = DataOptions;
  verbs.add<DataVerb>({"data", "who holds which samples: classes and sizes of every node's part", "card single-merge; Hsu et al. 2019, arXiv 1909.06335"},
                      {"", 0, 0, Output::report, writes({"seed", "json"}), {"plot"}},
                      Options<O>()
                          .add("nodes", &O::nodes, "how many nodes the samples are split over", between(1, 1e6))
                          .add("data", &O::data, "the samples: digits when not given")
                          .add("partition", &O::partition, "who holds which samples: iid when not given")
                          .add("plot", &O::plot, "draws it as bars into this file, .svg or .png (needs gnuplot)"));
}

}  // namespace dml
