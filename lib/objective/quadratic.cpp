// Quadratics with one target per term: f_i(x) = (h_i / 2) ||x - b_i||^2, in f64. Everything is known in closed form, so the exact
// checks of the cards run on it: node k of a run holds the terms i with i mod nodes = k.
// Source: cards of gossip averaging (D-SGD on a path) and of identical-Hessian quadratics; textbook.
//   h_i -> curvature (one value for all, or one per term), b_i -> targets (terms x dim values), x_0 -> start (one value, or dim).
#include <cmath>
#include <limits>

#include "objective/objective.h"
#include "objective/torch_setup.h"

namespace dml {
namespace {

struct QuadraticOptions {
  std::vector<double> targets{0, 4, -2, 6};
  std::vector<double> curvature{1};
  std::vector<double> start{0};
  int dim = 1;
};

class Quadratic final : public Objective, public ValueOracle, public GradientOracle {
 public:
  explicit Quadratic(const QuadraticOptions& options)
      : targets_(options.targets), curvature_(options.curvature), start_(options.start), dim_(options.dim),
        layout_{{"x", {options.dim}, 0, options.dim}} {
    const auto d = static_cast<std::size_t>(dim_);
    if (targets_.size() % d != 0) throw Error(Fault::usage, "option 'quadratic:targets' has " + std::to_string(targets_.size()) +
                                                                " values, which is no multiple of dim = " + std::to_string(dim_));
    spread(curvature_, terms(), "curvature");
    spread(start_, d, "start");
  }
  std::int64_t dim() const override { return dim_; }
  torch::ScalarType dtype() const override { return torch::kFloat64; }
  const std::vector<ParameterSpec>& layout() const override { return layout_; }
  std::size_t terms() const override { return targets_.size() / static_cast<std::size_t>(dim_); }

  Vec initial(Rng&) const override {
    Vec x = torch::empty({dim_}, dtype());
    std::copy(start_.begin(), start_.end(), x.data_ptr<double>());
    return x;
  }

  double value(const Vec& x, Batch batch) const override {
    const double* at = x.data_ptr<double>();
    double sum = 0;
    for (const auto i : batch)
      for (std::int64_t j = 0; j < dim_; ++j) {
        const double gap = at[j] - target(i, j);
        sum += 0.5 * curvature_[i] * gap * gap;
      }
    return sum / static_cast<double>(batch.size());
  }

  double gradient(const Vec& x, Batch batch, Vec& out) const override {
    const double* at = x.data_ptr<double>();
    double* g = out.data_ptr<double>();
    for (std::int64_t j = 0; j < dim_; ++j) {
      double sum = 0;
      for (const auto i : batch) sum += curvature_[i] * (at[j] - target(i, j));
      g[j] = sum / static_cast<double>(batch.size());
    }
    return value(x, batch);
  }

  Score score(const Vec& x, bool) const override {
    std::vector<std::uint32_t> all(terms());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint32_t>(i);
    return {value(x, all), std::numeric_limits<double>::quiet_NaN()};
  }

 private:
  double target(std::uint32_t term, std::int64_t j) const { return targets_[term * static_cast<std::size_t>(dim_) + static_cast<std::size_t>(j)]; }
  static void spread(std::vector<double>& values, std::size_t count, const std::string& name) {
    if (values.size() == 1) values.resize(count, values[0]);
    if (values.size() != count)
      throw Error(Fault::usage, "option 'quadratic:" + name + "' has " + std::to_string(values.size()) + " values, must have 1 or " +
                                    std::to_string(count));
  }
  std::vector<double> targets_, curvature_, start_;
  std::int64_t dim_;
  std::vector<ParameterSpec> layout_;
};

class QuadraticSource final : public ObjectiveSource {
 public:
  explicit QuadraticSource(QuadraticOptions options) : options_(std::move(options)) {}
  bool needs_data() const override { return false; }
  std::unique_ptr<Objective> build(std::shared_ptr<const Dataset>, torch::Device device) const override {
    if (!device.is_cpu()) throw Error(Fault::usage, "objective 'quadratic' computes on the CPU only");
    setup_torch();
    return std::make_unique<Quadratic>(options_);
  }

 private:
  QuadraticOptions options_;
};

}  // namespace

void register_quadratic(Registry<ObjectiveSource>& registry) {
  registry.add<QuadraticSource>(
      {"quadratic", "squared distance to one target per term, in f64", "textbook; Koloskova et al., ICML 2020, section 5"},
      Options<QuadraticOptions>()
          .add("targets", &QuadraticOptions::targets, "targets b_i: dim numbers for each term")
          .add("curvature", &QuadraticOptions::curvature, "h_i: one number, or one for each term")
          .add("start", &QuadraticOptions::start, "where every node starts: one number, or dim")
          .add("dim", &QuadraticOptions::dim, "length of x", at_least(1)),
      {}, {});
}

}  // namespace dml
