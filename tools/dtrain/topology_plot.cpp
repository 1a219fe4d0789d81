#include "dtrain/topology_plot.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "base/text.h"

namespace dml {
namespace {

using Point = std::pair<double, double>;
constexpr std::size_t kMostDrawn = 2000, kCircle = 12, kNumbered = 64;

std::vector<Point> circle(std::size_t nodes) {
  std::vector<Point> out;
  for (std::size_t i = 0; i < nodes; ++i) {
    const auto [sine, cosine] = portable_sincos_turn(static_cast<double>(i) / static_cast<double>(nodes));
    out.emplace_back(sine, cosine);
  }
  return out;
}

// One step of Fruchterman and Reingold: ideal distance k, no move longer than `most`.
void relax(const GraphText& graph, double k, double most, std::vector<Point>& at) {
  std::vector<Point> push(at.size());
  const auto move = [&](std::size_t i, std::size_t j, double strength) {
    const double dx = at[i].first - at[j].first, dy = at[i].second - at[j].second;
    push[i].first += strength * dx, push[i].second += strength * dy;
    push[j].first -= strength * dx, push[j].second -= strength * dy;
  };
  const auto distance = [&](std::size_t i, std::size_t j) { return std::max(1e-6, std::hypot(at[i].first - at[j].first, at[i].second - at[j].second)); };
  for (std::size_t i = 0; i < at.size(); ++i)
    for (std::size_t j = i + 1; j < at.size(); ++j) move(i, j, k * k / (distance(i, j) * distance(i, j)));
  for (const auto& [i, j] : graph.edges) move(i, j, -distance(i, j) / k);
  for (std::size_t i = 0; i < at.size(); ++i) {
    const double length = std::hypot(push[i].first, push[i].second), step = length > most ? most / length : 1;
    at[i].first += step * push[i].first;
    at[i].second += step * push[i].second;
  }
}

}  // namespace

std::vector<Point> place_nodes(const GraphText& graph) {
  const auto n = static_cast<std::size_t>(graph.nodes);
  auto at = circle(n);
  if (n <= kCircle || graph.edges.size() > n * n / 8) return at;
  const double k = 2 / std::sqrt(static_cast<double>(n));
  const int steps = n <= 200 ? 600 : 150;
  for (int step = 0; step < steps; ++step) relax(graph, k, 0.2 * (1 - static_cast<double>(step) / steps), at);
  return at;
}

std::string draw_graph(const GraphText& graph, const std::string& title, Gnuplot::Picture picture) {
  if (graph.nodes > kMostDrawn) throw Error(Fault::usage, "a picture of " + std::to_string(graph.nodes) + " nodes shows nothing", "--plot draws up to " + std::to_string(kMostDrawn));
  const auto at = place_nodes(graph);
  std::vector<std::vector<double>> lines, points;
  for (const auto& [i, j] : graph.edges) lines.push_back({at[i].first, at[i].second, at[j].first - at[i].first, at[j].second - at[i].second});
  for (std::size_t i = 0; i < at.size(); ++i) points.push_back({at[i].first, at[i].second, static_cast<double>(i)});
  Gnuplot plot(picture, 800, 800);
  plot.block("nodes", points);
  if (!lines.empty()) plot.block("edges", lines);
  plot.script("unset border\nunset tics\nunset key\nset size ratio -1\nset offsets graph 0.05, graph 0.05, graph 0.05, graph 0.05\nset title " + Gnuplot::literal(title));
  const std::string arrow = graph.directed ? "head filled size screen 0.012,15" : "nohead";
  const std::string edges = lines.empty() ? "" : "$edges using 1:2:3:4 with vectors " + arrow + " linewidth 0.8 linecolor rgb '#909090', ";
  const bool numbered = at.size() <= kNumbered;
  plot.script("plot " + edges + "$nodes using 1:2 with points pointtype 7 pointsize " + (numbered ? "2.6" : "0.7") + " linecolor rgb '#1f5fa8'" +
              (numbered ? ", $nodes using 1:2:3 with labels textcolor rgb 'white' font 'sans,10'" : ""));
  return plot.draw();
}

}  // namespace dml
