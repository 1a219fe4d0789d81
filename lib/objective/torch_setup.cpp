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

// What the BLAS that is loaded says of itself; empty when it has no such function.
std::string blas_text(const char* function) {
  using Text = char* (*)();
  const auto text = reinterpret_cast<Text>(dlsym(RTLD_DEFAULT, function));
  return text && text() ? text() : "";
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

Attributes about_torch() {
  const std::string config = blas_text("openblas_get_config"), core = blas_text("openblas_get_corename");
  if (config.empty())
    warn("the BLAS behind LibTorch is not OpenBLAS: matrix products may be 30 times slower, and differ in bits (Debian: apt-get install libopenblas0-pthread)");
  Attributes about{{"blas", config.empty() ? "unknown" : config}, {"libraries", Attributes{{"libtorch", TORCH_VERSION}}}};
  if (!core.empty()) about["blas_core"] = core;
  return about;
}

void rethrow_torch(const c10::Error& error) {
  const std::string what = first_line(error.what_without_backtrace());
  if (what.find("can't allocate memory") != std::string::npos) throw Error(Fault::system, "libtorch: " + what);
  throw Error(Fault::bug, "libtorch: " + what);
}

}  // namespace dml
