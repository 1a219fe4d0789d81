// What every aggregation rule promises by its traits, checked over the whole registry.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/parallel.h"
#include "base/random.h"
#include "math/targets.h"
#include "unit/aggregate/rule_samples.h"

using namespace dml;
using namespace dml::samples;

namespace {

constexpr int kLiars = 2;

// The rule with `f` liars, whatever else at its default.
std::unique_ptr<Aggregator> made(const EntryInfo& info, int f) {
  Settings settings;
  if (info.has(Trait::byzantine)) settings["byzantine"] = std::to_string(f);
  return rules().make(Component{info.card.name, settings});
}

// Skewed points with two far outliers; no two values or distances alike.
Matrix cloud(std::size_t n, std::size_t columns, std::uint64_t seed) {
  Rng rng("aggregator-conformance", seed);
  Matrix out(n, std::vector<double>(columns));
  for (std::size_t i = 0; i < n; ++i)
    for (auto& v : out[i]) v = static_cast<float>(std::exp2(2 * rng.normal()) + (i + 2 >= n ? 40 * rng.normal() : 0));
  return out;
}

void check_near(const std::vector<double>& a, const std::vector<double>& b, double tolerance) {
  REQUIRE(a.size() == b.size());
  for (std::size_t j = 0; j < a.size(); ++j) CHECK(std::fabs(a[j] - b[j]) <= tolerance * (1 + std::fabs(b[j])));
}

template <class T>
constexpr double kTolerance = sizeof(T) == 4 ? 1e-5 : 1e-12;

Matrix mapped(Matrix matrix, double factor, double shift) {
  for (auto& row : matrix)
    for (auto& v : row) v = v * factor + shift;
  return matrix;
}

}  // namespace

TEST_CASE("the registry holds the rules in force, described") {
  for (const char* name : {"krum", "mean", "median", "trimmed-mean"}) CHECK(rules().find(name));
  for (const auto& info : rules().entries()) {
    CAPTURE(info.card.name);
    CHECK(!info.card.summary.empty());
    CHECK(info.card.summary.size() < 72);
    CHECK(!info.card.source.empty());
    for (const auto& option : info.options) CHECK(!option.doc.empty());
    const bool has_f = std::any_of(info.options.begin(), info.options.end(), [](const auto& o) { return o.name == "byzantine" && o.required; });
    CHECK(has_f == info.has(Trait::byzantine));
  }
}

TEST_CASE_TEMPLATE("equal inputs, one input, no columns", T, float, double) {
  for (const auto& info : rules().entries()) {
    CAPTURE(info.card.name);
    const std::vector<double> point{0.5, -3, 1024, 0};
    CHECK(combine<T>(*made(info, kLiars), Matrix(7, point)) == point);
    CHECK(combine<T>(*made(info, 0), Matrix(1, point)) == point);
    CHECK(combine<T>(*made(info, 0), Matrix(3)).empty());
  }
}

TEST_CASE_TEMPLATE("permutation, translation, scale", T, float, double) {
  for (const auto& info : rules().entries())
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      CAPTURE(info.card.name);
      CAPTURE(seed);
      const auto rule = made(info, kLiars);
      const Matrix points = cloud(7 + seed, 33, seed);
      const auto out = combine<T>(*rule, points);
      if (info.has(Trait::permutation_invariant)) {
        Matrix turned = points;
        Rng rng("permutation", seed);
        rng.shuffle(std::span(turned));
        check_near(combine<T>(*rule, turned), out, kTolerance<T>);
      }
      if (info.has(Trait::translation_equivariant))
        check_near(combine<T>(*rule, mapped(points, 1, 5)), mapped({out}, 1, 5)[0], 10 * kTolerance<T>);
      if (info.has(Trait::scale_equivariant)) {
        CHECK(combine<T>(*rule, mapped(points, 0.125, 0)) == mapped({out}, 0.125, 0)[0]);
        check_near(combine<T>(*rule, mapped(points, 3, 0)), mapped({out}, 3, 0)[0], kTolerance<T>);
      }
    }
}

TEST_CASE_TEMPLATE("the output lies among the inputs", T, float, double) {
  for (const auto& info : rules().entries()) {
    CAPTURE(info.card.name);
    const Matrix points = cloud(9, 40, 5);
    const auto out = combine<T>(*made(info, kLiars), points);
    if (info.has(Trait::selects_input)) CHECK(std::find(points.begin(), points.end(), out) != points.end());
    for (std::size_t j = 0; j < out.size(); ++j) {
      double low = points[0][j], high = low;
      for (const auto& row : points) {
        low = std::min(low, row[j]);
        high = std::max(high, row[j]);
      }
      CHECK(out[j] >= low);
      CHECK(out[j] <= high);
    }
  }
}

TEST_CASE_TEMPLATE("f liars move a robust rule no further than the honest spread, more than that are refused", T, float, double) {
  for (const auto& info : rules().entries()) {
    CAPTURE(info.card.name);
    if (!info.has(Trait::byzantine)) continue;
    Matrix points = cloud(9, 20, 6);
    for (auto& v : points[7]) v = 1e15;
    for (auto& v : points[8]) v = 1e15;
    for (const double v : combine<T>(*made(info, kLiars), points)) CHECK(std::fabs(v) < 1e4);
    for (const std::size_t n : {1u, 2u, 3u, 4u}) {
      try {
        combine<T>(*made(info, kLiars), cloud(n, 3, 1));
        FAIL("not refused");
      } catch (const Error& error) {
        CHECK(error.fault() == Fault::method);
        CHECK(std::string(error.what()) == info.card.name + " needs more than 2f inputs: " + std::to_string(n) + " with byzantine = 2");
      }
    }
    AggregationContext context;
    context.dropped = 1;
    CHECK_NOTHROW(combine<T>(*made(info, kLiars), cloud(4, 3, 1), context));
  }
}

TEST_CASE_TEMPLATE("weights matter where it is said, and only there", T, float, double) {
  for (const auto& info : rules().entries()) {
    CAPTURE(info.card.name);
    const Matrix points = cloud(7, 12, 8);
    const auto rule = made(info, kLiars);
    AggregationContext context;
    context.weights = {1, 5, 2, 8, 3, 9, 4};
    CHECK((combine<T>(*rule, points, context) != combine<T>(*rule, points)) == info.has(Trait::weighted));
  }
}

TEST_CASE_TEMPLATE("the same bits again, for any number of threads and on every target", T, float, double) {
  const int before = threads();
  for (const auto& info : rules().entries()) {
    CAPTURE(info.card.name);
    const Matrix points = cloud(8, 70001, 9);
    const auto rule = made(info, kLiars);
    set_threads(1);
    const auto expected = combine<T>(*rule, points);
    for (const int count : {1, 2, 3}) {
      set_threads(count);
      CHECK(combine<T>(*rule, points) == expected);
    }
    if (!info.has(Trait::exact_anywhere)) continue;
    for (const auto& target : vector_targets()) {
      force_vector_target(target);
      CHECK(combine<T>(*rule, points) == expected);
    }
    force_vector_target("");
  }
  set_threads(before);
}

TEST_CASE("inputs are left as they were") {
  for (const auto& info : rules().entries()) {
    CAPTURE(info.card.name);
    std::vector<std::vector<float>> rows{{3, 1}, {2, 9}, {-1, 4}};
    const auto copy = rows;
    Rows<float> view{{rows[0].data(), rows[1].data(), rows[2].data()}, 2};
    float out[2];
    made(info, 1)->combine(view, out, {});
    CHECK(rows == copy);
  }
}
