// A dataset of one's own as text: a sample a line, numbers separated by commas, the label (a class 0, 1, ...) in the last column or, with
// label=first, in the first; label=none for data without labels. Without a test file every `every`-th line is a test sample.
// Source: RFC 4180; formats/csv.cpp says what it reads.
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "data/table.h"

namespace dml {
namespace {

struct CsvOptions {
  std::string train = required, test, label = "last";
  double scale = 1;
  int every = 5;
  std::optional<int> group;
  std::vector<double> shape;
};

Options<CsvOptions> options() {
  return Options<CsvOptions>()
      .add("train", &CsvOptions::train, "file of the training samples")
      .add("test", &CsvOptions::test, "file of the test samples; none: every few lines of the training file")
      .add("label", &CsvOptions::label, "which column holds the class", one_of({"last", "first", "none"}))
      .add("scale", &CsvOptions::scale, "features are divided by this", above(0))
      .add("every", &CsvOptions::every, "without a test file, each of so many lines is a test sample", at_least(2))
      .add("group", &CsvOptions::group, "column, from 0, that says where a sample comes from: for --partition natural", at_least(0))
      .add("shape", &CsvOptions::shape, "CHANNELS,HEIGHT,WIDTH where the features are a picture");
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
    out.image = read_shape(options_.shape, out.train.features, "csv");
    return out;
  }

 private:
  // Which columns are what; the others are features.
  struct Columns {
    std::size_t count = 0;
    std::optional<std::size_t> label, group;
    bool feature(std::size_t k) const { return k != label && k != group; }
  };
  Columns columns_of(const std::string& path, const Tensor& table) const {
    Columns out{static_cast<std::size_t>(table.shape[1]), {}, {}};
    if (options_.label != "none") out.label = options_.label == "first" ? 0 : out.count - 1;
    if (options_.group) out.group = static_cast<std::size_t>(*options_.group);
    if (out.group && (*out.group >= out.count || out.group == out.label))
      throw Error(Fault::usage, "option 'csv:group' is " + std::to_string(*out.group) + ", which is no column of " + quote(path) + " beside the label");
    if (out.count < 1 + std::size_t{out.label.has_value()} + std::size_t{out.group.has_value()})
      throw Error(Fault::input, quote(path) + " has " + (out.count == 1 ? "one column" : std::to_string(out.count) + " columns") + ", none is left for a feature");
    return out;
  }

  Samples read(const std::string& path, const OpenOptions& open) const {
    const Tensor table = read_array(path, "csv", open);
    const Columns columns = columns_of(path, table);
    Samples out{static_cast<std::size_t>(table.shape[0]), columns.count - columns.label.has_value() - columns.group.has_value(), {}, {}};
    out.x.reserve(out.count * out.features);
    for (std::size_t i = 0; i < out.count; ++i) {
      const double* row = table.as<double>() + i * columns.count;
      for (std::size_t k = 0; k < columns.count; ++k) {
        if (!columns.feature(k)) continue;
        out.x.push_back(static_cast<float>(row[k] / options_.scale));
        if (!std::isfinite(out.x.back())) throw Error(Fault::input, "sample " + std::to_string(i) + " of " + quote(path) + " has a feature that is not finite");
      }
      if (columns.label) out.y.push_back(to_label(row[*columns.label], path, i));
      if (columns.group) out.group.push_back(to_label(row[*columns.group], path, i));
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
