// A dataset of one's own as text: a sample a line, numbers separated by commas, the label (a class 0, 1, ...) in the last column or, with
// label=first, in the first; label=none for data without labels. Without a test file every `every`-th line is a test sample.
// Source: RFC 4180; formats/csv.cpp says what it reads.
#include "base/error.h"
#include "base/text.h"
#include "data/table.h"

namespace dml {
namespace {

struct CsvOptions {
  std::string train = required, test, label = "last";
  double scale = 1;
  int every = 5;
};

Options<CsvOptions> options() {
  return Options<CsvOptions>()
      .add("train", &CsvOptions::train, "file of the training samples")
      .add("test", &CsvOptions::test, "file of the test samples; none: every few lines of the training file")
      .add("label", &CsvOptions::label, "which column holds the class", one_of({"last", "first", "none"}))
      .add("scale", &CsvOptions::scale, "features are divided by this", above(0))
      .add("every", &CsvOptions::every, "without a test file, each of so many lines is a test sample", at_least(2));
}

class CsvData final : public DataSource {
 public:
  explicit CsvData(CsvOptions options) : options_(std::move(options)) {}
  Dataset load(const OpenOptions& open) const override {
    Dataset out;
    out.name = component_name("csv", options(), options_);
    const Samples first = read(options_.train, open);
    if (options_.test.empty()) {
      split_every(first, static_cast<std::size_t>(options_.every), out.train, out.test);
    } else {
      out.train = first;
      out.test = read(options_.test, open);
      if (out.test.features != out.train.features)
        throw Error(Fault::input, quote(options_.test) + " has " + std::to_string(out.test.features) + " features, " + quote(options_.train) + " " +
                                      std::to_string(out.train.features));
    }
    if (out.train.count == 0) throw Error(Fault::input, quote(options_.train) + " has no training sample");
    out.classes = count_classes(out.train, out.test);
    return out;
  }

 private:
  Samples read(const std::string& path, const OpenOptions& open) const {
    const Tensor table = read_array(path, "csv", open);
    const auto columns = static_cast<std::size_t>(table.shape[1]);
    const bool labelled = options_.label != "none", leading = options_.label == "first";
    if (labelled && columns < 2) throw Error(Fault::input, quote(path) + " has one column, a feature and a label need two");
    Samples out{static_cast<std::size_t>(table.shape[0]), columns - (labelled ? 1 : 0), {}, {}};
    out.x.reserve(out.count * out.features);
    for (std::size_t i = 0; i < out.count; ++i) {
      const double* row = table.as<double>() + i * columns;
      for (std::size_t k = 0; k < out.features; ++k) {
        const auto value = static_cast<float>(row[k + (leading ? 1 : 0)] / options_.scale);
        if (!std::isfinite(value)) throw Error(Fault::input, "sample " + std::to_string(i) + " of " + quote(path) + " has a feature that is not finite");
        out.x.push_back(value);
      }
      if (labelled) out.y.push_back(to_label(leading ? row[0] : row[columns - 1], path, i));
    }
    return out;
  }
  CsvOptions options_;
};

}  // namespace

void register_csv(Registry<DataSource>& registry) {
  registry.add<CsvData>({"csv", "samples from text files, a line each with its label", "RFC 4180"}, options());
}

}  // namespace dml
