// main() of every test program. Included once, with DOCTEST_CONFIG_IMPLEMENT defined.
#pragma once
#include <doctest/doctest.h>

#include <cstdio>

namespace {
struct AssertionCount : doctest::IReporter {
  static inline int checked = 0;
  explicit AssertionCount(const doctest::ContextOptions&) {}
  void report_query(const doctest::QueryData&) override {}
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats& stats) override { checked = stats.numAsserts; }
  void test_case_start(const doctest::TestCaseData&) override {}
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void test_case_end(const doctest::CurrentTestCaseStats&) override {}
  void test_case_exception(const doctest::TestCaseException&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData&) override {}
  void log_message(const doctest::MessageData&) override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}
};
REGISTER_LISTENER("assertions", 1, AssertionCount);
}  // namespace

int main(int argc, char** argv) {
  doctest::Context context(argc, argv);
  const int code = context.run();
  if (context.shouldExit()) return code;
  if (code == 0 && AssertionCount::checked == 0) {
    std::puts("no assertion was checked: doctest's macros were replaced or no test matched");
    return 1;
  }
  return code;
}
