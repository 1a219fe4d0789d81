// dtrain plot RUN.ndjson...: a metric of several runs over rounds, time and bytes in one picture. A run is one input, a line with a band:
// the mean over its nodes, and from the least to the most of them.
#include <algorithm>
#include <filesystem>

#include "base/gnuplot.h"
#include "base/log.h"
#include "base/text.h"
#include "dtrain/metric_lines.h"
#include "entry/verb.h"

namespace dml {
namespace {

struct PlotOptions {
  std::string y = "accuracy", x = "all", of = "nodes";
  std::vector<std::string> labels;
};

struct Run { std::string label; Curve curve; };

struct Axis {
  std::string name, title;
  double (*value)(const CurvePoint&);
};
const Axis kAxes[] = {{"rounds", "rounds", [](const CurvePoint& p) { return static_cast<double>(p.round); }},
                      {"time", "time in seconds", [](const CurvePoint& p) { return p.time; }},
                      {"bytes", " sent by all nodes", [](const CurvePoint& p) { return p.bytes; }}};

// Okabe and Ito's colours, told apart by nearly everybody; without yellow, which is lost on white.
constexpr const char* kColours[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"};
constexpr int kMarkedPoints = 25;                          // a line with more points goes without marks

struct Unit { double size; std::string name; };
// The largest decimal unit of which the longest run has sent at least one: tics are then short numbers.
Unit byte_unit(const std::vector<Run>& runs) {
  double most = 0;
  for (const auto& run : runs) most = std::max(most, run.curve.points.back().bytes);
  Unit unit{1, "bytes"};
  for (const char* next : {"kB", "MB", "GB", "TB", "PB"})
    if (most >= 1000 * unit.size) unit = {1000 * unit.size, next};
  return unit;
}

bool varies(const std::vector<Run>& runs, const Axis& axis) {
  const double first = axis.value(runs.front().curve.points.front());
  for (const auto& run : runs)
    for (const auto& point : run.curve.points)
      if (axis.value(point) != first) return true;
  return false;
}

// Whether the curves end higher than they begin: the legend then has room below them.
bool rises(const std::vector<Run>& runs) {
  double rise = 0;
  for (const auto& run : runs) rise += run.curve.points.back().mean - run.curve.points.front().mean;
  return rise >= 0;
}

class Plot final : public Verb {
 public:
  explicit Plot(PlotOptions options) : options_(std::move(options)) {}

  int run(Invocation& call) override {
    const std::string& path = call.common().output;
    if (path.empty()) throw Error(Fault::usage, "a picture needs a name", "say -o FILE.svg or -o FILE.png");
    const auto kind = Gnuplot::picture_of(path);
    const auto runs = read_runs(call);
    const auto axes = chosen_axes(runs);
    Gnuplot plot(kind, axes.size() == 1 ? 900 : 160 + 480 * static_cast<int>(axes.size()), axes.size() == 1 ? 600 : 480);
    const Unit unit = byte_unit(runs);
    for (std::size_t r = 0; r < runs.size(); ++r) add_data(plot, r, runs[r].curve, unit);
    plot.script("set multiplot layout 1," + std::to_string(axes.size()) + "\n" + style(runs));
    for (std::size_t a = 0; a < axes.size(); ++a) plot.script(panel(runs, *axes[a], (axes[a]->name == "bytes" ? unit.name : "") + axes[a]->title, a == 0));
    plot.script("unset multiplot");
    const std::string picture = plot.draw();
    const auto sink = open_file_sink(path);
    sink->write(std::as_bytes(std::span(picture)));
    sink->commit();
    return 0;
  }

 private:
  std::vector<Run> read_runs(Invocation& call) const {
    const auto& inputs = call.inputs();
    if (!options_.labels.empty() && options_.labels.size() != inputs.size())
      throw Error(Fault::usage, "--labels names " + std::to_string(options_.labels.size()) + " runs, there are " + std::to_string(inputs.size()));
    std::vector<Run> runs;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      auto source = inputs[i] == "-" ? stdin_source() : open_file_source(inputs[i]);
      runs.push_back({options_.labels.empty() ? label_of(inputs, i) : options_.labels[i], read_curve(std::move(source), options_.y, options_.of == "merged")});
      const auto& curve = runs.back().curve;
      log(Level::detail, quote(inputs[i]) + " has " + std::to_string(curve.points.size()) + " rounds of " + (curve.merged ? "all nodes together" : "up to " + most_nodes(curve) + " nodes"));
    }
    return runs;
  }
  static std::string most_nodes(const Curve& curve) {
    std::size_t most = 0;
    for (const auto& point : curve.points) most = std::max(most, point.nodes);
    return std::to_string(most);
  }

  // The file's name without its ends; where two inputs share that, the path.
  static std::string label_of(const std::vector<std::string>& inputs, std::size_t i) {
    const auto stem = [](const std::string& path) {
      const std::string name = std::filesystem::path(path).filename().string();
      return name.substr(0, name.find('.', 1));
    };
    const auto same = std::count_if(inputs.begin(), inputs.end(), [&](const auto& other) { return stem(other) == stem(inputs[i]); });
    return same > 1 ? inputs[i] : stem(inputs[i]);
  }

  std::vector<const Axis*> chosen_axes(const std::vector<Run>& runs) const {
    std::vector<const Axis*> out;
    for (const auto& axis : kAxes) {
      if (options_.x != "all" && options_.x != axis.name) continue;
      if (axis.name == "rounds" || varies(runs, axis)) out.push_back(&axis);
      else if (options_.x == "all") log(Level::note, axis.name + " is the same in every line: no panel for it");
      else throw Error(Fault::usage, axis.name + " is the same in every line: nothing can be drawn over it");
    }
    return out;
  }

  static void add_data(Gnuplot& plot, std::size_t number, const Curve& curve, const Unit& unit) {
    std::vector<std::vector<double>> rows;
    for (const auto& p : curve.points) rows.push_back({kAxes[0].value(p), kAxes[1].value(p), kAxes[2].value(p) / unit.size, p.mean, p.least, p.most});
    plot.block("run" + std::to_string(number), rows);
  }

  static std::string style(const std::vector<Run>& runs) {
    std::string out =
        "set border 3 linecolor rgb '#404040'\nset tics nomirror out scale 0.6\nset grid linetype 1 linewidth 1 linecolor rgb '#e4e4e4'\n"
        "set style fill transparent solid 0.18 noborder\nset format '%g'\nset offsets 0, 0, graph 0.04, graph 0.04\n";
    out += std::string("set key ") + (rises(runs) ? "bottom" : "top") + " right Left reverse samplen 2.5 spacing 1.2 opaque box linecolor rgb '#c0c0c0'\n";
    return out;
  }

  // Bands first, so that no band covers a line.
  std::string panel(const std::vector<Run>& runs, const Axis& axis, const std::string& title, bool first) const {
    const auto column = std::to_string(1 + (&axis - kAxes));
    std::string out = "set xlabel " + Gnuplot::literal(title) + "\n";
    out += first ? "set ylabel " + Gnuplot::literal(y_title(runs)) + "\n" : "unset ylabel\nunset key\n";
    std::vector<std::string> parts;
    for (std::size_t r = 0; r < runs.size(); ++r)
      if (has_band(runs[r].curve)) parts.push_back("$run" + std::to_string(r) + " using " + column + ":5:6 with filledcurves linecolor rgb '" + colour(r) + "' notitle");
    for (std::size_t r = 0; r < runs.size(); ++r) {
      const auto dash = std::to_string(1 + r / std::size(kColours)), mark = std::to_string(r % 2 ? 5 : 7);
      const bool marked = runs[r].curve.points.size() <= kMarkedPoints;
      parts.push_back("$run" + std::to_string(r) + " using " + column + ":4 with " + (marked ? "linespoints pointtype " + mark + " pointsize 0.5" : std::string("lines")) +
                      " linewidth 2 dashtype " + dash + " linecolor rgb '" + colour(r) + "' title " + Gnuplot::literal(runs[r].label));
    }
    return out + "plot " + join(parts, ", \\\n  ") + "\n";
  }
  static std::string colour(std::size_t run) { return kColours[run % std::size(kColours)]; }
  static bool has_band(const Curve& curve) {
    return std::any_of(curve.points.begin(), curve.points.end(), [](const CurvePoint& p) { return p.least < p.most; });
  }
  std::string y_title(const std::vector<Run>& runs) const {
    std::string name = options_.y;
    std::replace(name.begin(), name.end(), '_', ' ');
    const bool band = std::any_of(runs.begin(), runs.end(), [](const Run& run) { return has_band(run.curve); });
    const bool merged = std::all_of(runs.begin(), runs.end(), [](const Run& run) { return run.curve.merged; });
    return name + (band ? ": mean of the nodes, least to most" : merged ? " of all nodes together" : "");
  }

  PlotOptions options_;
};

}  // namespace

void register_plot(Verbs& verbs) {
  using O = PlotOptions;
  verbs.add<Plot>({"plot", "draw what --metrics wrote: a metric over rounds, time and bytes", ""},
                  {"RUN.ndjson...", 1, kAnyNumber, Output::none, {"output", "quiet", "verbose"}},
                  Options<O>()
                      .add("y", &O::y, "which metric")
                      .add("x", &O::x, "over what; all: a panel for each", one_of({"all", "rounds", "time", "bytes"}))
                      .add("of", &O::of, "of the nodes, or of all of them together (accuracy: of their merged model)", one_of({"nodes", "merged"}))
                      .add("labels", &O::labels, "names of the runs in the picture; the files' names when not given"));
}

}  // namespace dml
