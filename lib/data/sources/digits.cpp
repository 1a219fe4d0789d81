// The 8 x 8 handwritten digits of the UCI repository: 1,797 samples of 64 values 0..16, divided by 16, ten classes. Every fifth line (the
// 5th, 10th, ...) is a test sample: 1,438 train, 359 test, always the same. They ship with the tools.
// Source: Alpaydin and Kaynak 1998, doi:10.24432/C50P49 (CC BY 4.0).
#include "base/error.h"
#include "base/text.h"
#include "data/table.h"

namespace dml {
namespace {

constexpr std::size_t kPixels = 64, kEvery = 5;

struct DigitsOptions { std::string file; };

Options<DigitsOptions> options() {
  return Options<DigitsOptions>().add("file", &DigitsOptions::file, "another csv of 64 values 0..16 and a label a line; default: the shipped one");
}

class Digits final : public DataSource {
 public:
  explicit Digits(DigitsOptions options) : options_(std::move(options)) {}
  Dataset load(const OpenOptions& open) const override {
    const std::string path = options_.file.empty() ? shipped_data("digits.csv.gz") : options_.file;
    const Tensor table = read_array(path, "csv", open);
    if (table.shape[1] != static_cast<std::int64_t>(kPixels) + 1)
      throw Error(Fault::input, quote(path) + " has " + std::to_string(table.shape[1]) + " columns, digits have 65");
    Samples all{static_cast<std::size_t>(table.shape[0]), kPixels, {}, {}};
    for (std::size_t i = 0; i < all.count; ++i) {
      const double* row = table.as<double>() + i * (kPixels + 1);
      for (std::size_t k = 0; k < kPixels; ++k) {
        if (!(row[k] >= 0 && row[k] <= 16))
          throw Error(Fault::input, "sample " + std::to_string(i) + " of " + quote(path) + " has value " + format_number(row[k]) + ", digits have 0..16");
        all.x.push_back(static_cast<float>(row[k] / 16.0));
      }
      all.y.push_back(to_label(row[kPixels], path, i));
      if (all.y.back() > 9) throw Error(Fault::input, "sample " + std::to_string(i) + " of " + quote(path) + " has label " + std::to_string(all.y.back()) + ", digits have 0..9");
    }
    Dataset out{component_name("digits", options(), options_), {}, {}, 10};
    split_every(all, kEvery, out.train, out.test);
    out.image = {1, 8, 8};
    return out;
  }

 private:
  DigitsOptions options_;
};

}  // namespace

void register_digits(Registry<DataSource>& registry) {
  registry.add<Digits>({"digits", "8x8 handwritten digits, 1438 train and 359 test samples", "Alpaydin and Kaynak 1998, UCI repository"},
                       options());
}

}  // namespace dml
