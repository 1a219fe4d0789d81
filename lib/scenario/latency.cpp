// Every transmission takes time: constant, uniform or log-normal, the same law on all links or a mean per link from a file.
// Source: log-normal round-trip times: Antoniou et al., ICC 2002. File: n lines of n numbers, mean seconds from node i (line) to node j
// (column), blanks between them, # comments; the diagonal is not used.
// Symbols: m -> mean, s -> jitter.  uniform: m - s + 2 s U;  log-normal with mean m and standard deviation s: exp(mu + sigma Z),
// sigma^2 = ln(1 + s^2/m^2), mu = ln m - sigma^2/2.  With a file m is the link's and s is scaled by m / mean, so that shapes stay alike.
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "scenario/scenario.h"
#include "wire/lines.h"

namespace dml {
namespace {

struct LatencyOptions {
  double mean = 0.05, jitter = 0;
  std::string law = "uniform", file;
};

// e^x from + - * / alone, for |x| < 700: equal bits on every CPU.
double portable_exp(double x) {
  const double k = std::floor(x * 1.4426950408889634 + 0.5);
  const double r = (x - k * 0.693147180369123816490) - k * 1.90821492927058770002e-10;     // |r| <= 0.35
  double sum = 1;
  for (int i = 18; i >= 1; --i) sum = 1 + r / i * sum;
  return std::ldexp(sum, static_cast<int>(k));
}

std::vector<double> read_matrix(const std::string& path, std::size_t nodes) {
  LineReader lines(path);
  std::vector<double> out;
  std::size_t rows = 0;
  while (const auto words = lines.next()) {
    if (++rows > nodes) throw Error(Fault::input, lines.where() + ": row " + std::to_string(rows) + " of a matrix for " + std::to_string(nodes) + " nodes");
    if (words->size() != nodes)
      throw Error(Fault::input, lines.where() + " has " + std::to_string(words->size()) + " numbers, not one for each of " + std::to_string(nodes) + " nodes");
    for (const auto& word : *words) {
      const auto value = parse_number(word);
      if (!value || *value < 0 || *value > 1e9) throw Error(Fault::input, lines.where() + ": " + quote(word) + " is no latency in seconds");
      out.push_back(*value);
    }
  }
  if (rows != nodes) throw Error(Fault::input, quote(path) + " has " + std::to_string(rows) + " rows, not one for each of " + std::to_string(nodes) + " nodes");
  return out;
}

class LatencyAtWork final : public Disturbance {
 public:
  LatencyAtWork(const LatencyOptions& options, const ScenarioSetup& setup)
      : options_(options), nodes_(setup.nodes), key_(stream_key("latency", setup.seed)) {
    if (!options.file.empty()) means_ = read_matrix(options.file, nodes_);
  }

  void pass(Transit& transit) override {
    const double mean = means_.empty() ? options_.mean : means_[transit.from * nodes_ + transit.to];
    transit.delay += draw(mean, means_.empty() ? options_.jitter : options_.jitter * mean / options_.mean, transit);
  }

 private:
  double draw(double mean, double jitter, const Transit& transit) const {
    if (jitter == 0 || mean == 0) return mean;
    Rng rng = transit_rng(key_, transit);
    if (options_.law == "uniform") return mean - jitter + 2 * jitter * rng.uniform();
    const double variance = portable_log(1 + jitter * jitter / (mean * mean));
    return portable_exp(portable_log(mean) - variance / 2 + std::sqrt(variance) * rng.normal());
  }

  LatencyOptions options_;
  std::size_t nodes_;
  std::uint64_t key_;
  std::vector<double> means_;                              // row by row; empty: the same everywhere
};

class Latency final : public Scenario {
 public:
  explicit Latency(LatencyOptions options) : options_(std::move(options)) {
    if (options_.law == "uniform" && options_.jitter > options_.mean)
      throw Error(Fault::usage, "latency:jitter is " + format_number(options_.jitter) + ", more than the mean " + format_number(options_.mean),
                  "law=log-normal allows it");
    if (options_.mean == 0 && options_.jitter > 0) throw Error(Fault::usage, "latency:jitter needs a mean above 0");
  }
  std::unique_ptr<Disturbance> begin(const ScenarioSetup& setup) const override { return std::make_unique<LatencyAtWork>(options_, setup); }

 private:
  LatencyOptions options_;
};

}  // namespace

void register_latency(Registry<Scenario>& registry) {
  registry.add<Latency>({"latency", "messages take time, drawn from a law or given per link", "log-normal: Antoniou et al., ICC 2002"},
                        Options<LatencyOptions>()
                            .add("mean", &LatencyOptions::mean, "mean seconds of a transmission", at_least(0), at_most(1e9))
                            .add("jitter", &LatencyOptions::jitter, "half width (uniform) or standard deviation (log-normal); 0: constant", at_least(0), at_most(1e9))
                            .add("law", &LatencyOptions::law, "how it is spread around the mean", one_of({"uniform", "log-normal"}))
                            .add("file", &LatencyOptions::file, "means per link: n lines of n numbers; jitter is then relative to mean"));
}

}  // namespace dml
