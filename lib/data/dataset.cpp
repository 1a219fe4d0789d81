#include "data/dataset.h"

#include <filesystem>

#include "base/text.h"

#ifndef DML_SHIPPED_DATA
#define DML_SHIPPED_DATA "/usr/local/share/dml-tools/data"
#endif
#ifndef DML_SOURCE_DATA
#define DML_SOURCE_DATA "examples/data"
#endif

namespace dml {

std::string shipped_data(const std::string& file) {
  const auto installed = std::filesystem::path(DML_SHIPPED_DATA) / file;
  std::error_code ignored;
  if (std::filesystem::exists(installed, ignored)) return installed.string();
  return (std::filesystem::path(DML_SOURCE_DATA) / file).string();
}


Dataset load_dataset(const Families& families, const Chain& chain, const OpenOptions& open) {
  if (chain.empty()) throw Error(Fault::usage, "--data names no dataset");
  const auto& known = families.get<Augmentation>();
  std::vector<std::shared_ptr<const Augmentation>> augmentations;
  for (std::size_t i = 0; i + 1 < chain.size(); ++i) augmentations.push_back(known.make(chain[i]));
  Dataset out = families.get<DataSource>().make(chain.back())->load(open);
  if (augmentations.empty()) return out;
  if (out.image.channels == 0)
    throw Error(Fault::usage, "dataset " + quote(out.name) + " holds no pictures, so " + quote(chain.front().name) + " says nothing",
                "csv and idx data have a shape=CHANNELS,HEIGHT,WIDTH");
  out.name = to_string(Chain(chain.begin(), chain.end() - 1)) + "+" + out.name;
  out.augmentations = std::move(augmentations);
  return out;
}

}  // namespace dml
