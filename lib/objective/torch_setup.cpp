#include "objective/torch_setup.h"

#include <dlfcn.h>
#include <torch/torch.h>

#include <mutex>

#include "base/error.h"
#include "base/log.h"

namespace dml {
namespace {

// LibTorch offers no way to set the threads of the BLAS it was linked with, and at::set_num_threads leaves OpenBLAS alone.
void set_blas_threads(int count) {
  using Set = void (*)(int);
  if (const auto set = reinterpret_cast<Set>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))) set(count);
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

class WarningsToLog final : public c10::WarningHandler {
 public:
#if TORCH_VERSION_MAJOR >= 2
  void process(const c10::Warning& warning) override { warn("libtorch: " + first_line(warning.msg())); }
#else
  void process(const c10::SourceLocation&, const std::string& message, bool) override { warn("libtorch: " + first_line(message)); }
#endif
};

}  // namespace

void setup_torch() {
  static std::once_flag once;
  std::call_once(once, [] {
    static WarningsToLog handler;
#if TORCH_VERSION_MAJOR >= 2
    c10::WarningUtils::set_warning_handler(&handler);
#else
    c10::Warning::set_warning_handler(&handler);
#endif
    at::set_num_interop_threads(1);
    at::set_num_threads(1);
    set_blas_threads(1);
  });
}

void set_math_threads(int count) {
  setup_torch();
  at::set_num_threads(count);
  set_blas_threads(count);
}

std::string blas_description() {
  using Text = char* (*)();
  const auto config = reinterpret_cast<Text>(dlsym(RTLD_DEFAULT, "openblas_get_config"));
  return config ? config() : "unknown";
}

std::string torch_version() { return TORCH_VERSION; }

void rethrow_torch(const c10::Error& error) {
  const std::string what = first_line(error.what_without_backtrace());
  if (what.find("can't allocate memory") != std::string::npos) throw Error(Fault::system, "libtorch: " + what);
  throw Error(Fault::bug, "libtorch: " + what);
}

}  // namespace dml
