#include "data/dataset.h"

#include <filesystem>

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

}  // namespace dml
