// LibTorch's process-wide settings, in one place. One thread per BLAS or ATen call: parallelism is over nodes, so that results do not
// depend on the number of threads (a product's bits differ between one and two BLAS threads).
#pragma once
#include <c10/util/Exception.h>

#include <string>

#include "wire/value.h"

namespace dml {

/// Idempotent and thread-safe; objectives call it when they are built. Warnings of LibTorch go to log().
void setup_torch();

/// Opt-in: threads inside one product (BLAS and ATen). Documented to change bits.
void set_math_threads(int count);

/// What `version` says of LibTorch and of the BLAS behind it: "blas" as it names itself ("OpenBLAS 0.3.21 ...") or "unknown", "blas_core"
/// the kind of processor that its kernels are for (bits of products differ between them). Warns when it is not OpenBLAS.
Attributes about_torch();

[[noreturn]] void rethrow_torch(const c10::Error& error);

/// Runs `body`; LibTorch's exceptions come out as Error, one line and without the stack.
template <class F>
auto translated(F&& body) {
  try {
    return body();
  } catch (const c10::Error& error) {
    rethrow_torch(error);
  }
}

}  // namespace dml
