// What a fuzz program gives main.cpp: LLVMFuzzerTestOneInput, which aborts on a finding, and inputs to start from. Built by clang with
// -DDML_FUZZ=ON the same files link against libFuzzer instead of main.cpp.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
std::vector<std::string> fuzz_seeds();

// Where a program has several targets. A program without them leaves these out.
std::vector<std::string> fuzz_parts() __attribute__((weak));
void fuzz_select(const std::string& part) __attribute__((weak));
bool fuzz_wants(const std::string& input) __attribute__((weak));   // whether an input is worth keeping for the part that was selected

namespace fuzz {

[[noreturn]] inline void finding(const std::string& what) {
  std::fprintf(stderr, "finding: %s\n", what.c_str());
  std::abort();
}

inline void must(bool holds, const char* what) {
  if (!holds) finding(what);
}

/// Runs `body`; only success (true) or an Error of `allowed` (false) may come out.
template <class Body>
bool refuses_or_works(dml::Fault allowed, Body body) {
  try {
    body();
    return true;
  } catch (const dml::Error& error) {
    if (error.fault() != allowed) finding("fault " + std::to_string(static_cast<int>(error.fault())) + ": " + error.what());
    const std::string_view what = error.what();
    if (what.empty() || what.find('\n') != what.npos || what.find('\0') != what.npos) finding("a message that is not one line: " + std::string(what));
  } catch (const std::exception& error) {
    finding(std::string("an exception that is no Error: ") + error.what());
  }
  return false;
}

inline std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

}  // namespace fuzz
