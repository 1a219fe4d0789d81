// dtrain eval [MODEL...]: loss and accuracy of model records on the test (or training) set of the data that they name.
#include <algorithm>
#include <cmath>
#include <map>
#include <ostream>

#include "base/text.h"
#include "dtrain/training.h"
#include "objective/calibration.h"
#include "objective/network.h"
#include "objective/torch_setup.h"

namespace dml {
namespace {

struct EvalOptions {
  std::optional<Chain> objective, data;
  std::string of = "test", device = "cpu";
  bool recalibrate = false;
};

struct Line {
  std::string where, node;
  Objective::Score score;
};

// Problems without classes have no accuracy.
std::string shown(double accuracy) { return std::isfinite(accuracy) ? format_fixed(accuracy, 4) : "     -"; }

class Eval final : public Verb {
 public:
  explicit Eval(EvalOptions options) : options_(std::move(options)) {}

  int run(Invocation& call) override {
    return translated([&] {
      const auto lines = evaluate(call);
      if (!call.common().output.empty()) write_records(call, lines);
      else if (call.common().json) print_json(call.out(), lines);
      else print_text(call.out(), lines);
      return 0;
    });
  }

 private:
  std::vector<Line> evaluate(Invocation& call) const {
    const auto reader = call.reader();
    std::map<std::string, Problem> problems;               // models of one run share one
    std::vector<Line> lines;
    while (const auto model = next_model(*reader)) {
      const std::string where = reader->where();
      const std::string key = get_text(model->meta, "objective").value_or("") + "\n" + get_text(model->meta, "data").value_or("");
      auto found = problems.find(key);
      if (found == problems.end()) found = problems.emplace(key, problem_of(call, *model, where, options_.objective, options_.data, parse_device(options_.device))).first;
      const auto& objective = *found->second.objective;
      const auto node = get_unsigned(model->meta, "node");
      auto x = from_record(objective, *model, where);
      if (options_.recalibrate) {
        const auto* oracle = dynamic_cast<const CalibrationOracle*>(&objective);
        if (!oracle) throw Error(Fault::usage, "objective " + quote(found->second.objective_name) + " has no running statistics to take anew");
        x = oracle->recalibrated(x);
      }
      lines.push_back({where, node ? std::to_string(*node) : "-", objective.score(x, options_.of == "test")});
    }
    if (lines.empty()) throw Error(Fault::input, "the input holds no model");
    return lines;
  }

  static Objective::Score mean(const std::vector<Line>& lines) {
    Objective::Score sum;
    for (const auto& line : lines) {
      sum.loss += line.score.loss;
      sum.accuracy += line.score.accuracy;
    }
    const auto count = static_cast<double>(lines.size());
    return {sum.loss / count, sum.accuracy / count};
  }

  static void print_text(std::ostream& out, const std::vector<Line>& lines) {
    std::size_t width = 6;
    for (const auto& line : lines) width = std::max(width, line.where.size());
    const auto row = [&](const std::string& model, const std::string& node, const std::string& accuracy, const std::string& loss) {
      out << model << std::string(width - model.size(), ' ') << "  " << std::string(5 - std::min<std::size_t>(5, node.size()), ' ') << node << "  "
          << accuracy << "  " << loss << '\n';
    };
    row("model", "node", "accuracy", "loss");
    for (const auto& line : lines) row(line.where, line.node, "  " + shown(line.score.accuracy), format_fixed(line.score.loss, 6));
    const auto all = mean(lines);
    row("mean", "", "  " + shown(all.accuracy), format_fixed(all.loss, 6));
  }

  static void print_json(std::ostream& out, const std::vector<Line>& lines) {
    for (const auto& line : lines) {
      Json json;
      json.begin_object().field("model", line.where);
      if (line.node == "-") json.key("node").null();
      else json.key("node").raw(line.node);
      out << json.field("accuracy", line.score.accuracy).field("loss", line.score.loss).end_object().str() << '\n';
    }
    const auto all = mean(lines);
    out << Json().begin_object().field("model", "mean").field("models", std::uint64_t{lines.size()}).field("accuracy", all.accuracy)
               .field("loss", all.loss).end_object().str() << '\n';
  }

  void write_records(Invocation& call, const std::vector<Line>& lines) const {
    const auto writer = call.writer();
    for (const auto& line : lines) {
      Record record{"metric", {{"accuracy", line.score.accuracy}, {"loss", line.score.loss}, {"of", options_.of}}, {}, {}};
      if (line.node != "-") record.meta["node"] = *parse_unsigned(line.node);
      writer->write(record);
    }
    writer->close(call.environment());
  }

  EvalOptions options_;
};

}  // namespace

void register_eval(Verbs& verbs) {
  verbs.add<Eval>({"eval", "loss and accuracy of models on the data they name", "card single-merge, metrics"},
                  {"[MODEL...]", 0, kAnyNumber, Output::report, reads({"output", "to", "json"})},
                  Options<EvalOptions>()
                      .add("objective", &EvalOptions::objective, "in place of the models' own")
                      .add("data", &EvalOptions::data, "in place of the models' own")
                      .add("of", &EvalOptions::of, "which samples", one_of({"test", "train"}))
                      .add("recalibrate", &EvalOptions::recalibrate, "running statistics of batch norm are taken anew from the training samples")
                      .add("device", &EvalOptions::device, "cpu, cuda or cuda:N: where they are evaluated"));
}

}  // namespace dml
