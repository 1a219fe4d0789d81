// Runs a fuzz target without libFuzzer: its seeds and the given files as they are, then deterministic mutations of them. A finding
// leaves its input in the file crash-input. fuzz_X [-p PART] [-n EXECUTIONS] [-t SECONDS] [-s SEED] [-w FOLDER] [FILE or FOLDER...]
//   -p  one part of the program, or "each" for one after the other, or "list" to print their names
//   -w  writes the seeds as files (a corpus for libFuzzer) and stops
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "fuzz.h"

// Sanitizers end with abort(), so that the input is kept.
extern "C" const char* __asan_default_options() { return "abort_on_error=1:allocator_may_return_null=1"; }
extern "C" const char* __ubsan_default_options() { return "halt_on_error=1:abort_on_error=1:print_stacktrace=1"; }

namespace {

std::string current;                                       // the input that runs now

void keep_input(int signal) {
  const int file = open("crash-input", O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (file >= 0 && write(file, current.data(), current.size()) >= 0) close(file);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  std::string mutate(const std::vector<std::string>& corpus) {
    std::string text = corpus[below(corpus.size())];
    for (std::size_t left = 1 + below(5); left > 0; --left) change(text, corpus);
    return text;
  }

 private:
  // Not std::uniform_int_distribution: its numbers differ between libraries.
  std::size_t below(std::size_t end) { return end ? static_cast<std::size_t>(random_() % end) : 0; }

  void change(std::string& text, const std::vector<std::string>& corpus) {
    const std::size_t at = below(text.size() + 1), length = 1 + below(std::min<std::size_t>(64, text.size() - at + 1));
    switch (below(9)) {
      case 0: if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << below(8))); break;
      case 1: if (at < text.size()) text[at] = static_cast<char>(random_()); break;
      case 2: text.erase(at, length); break;
      case 3: text.insert(at, text.substr(at, length)); break;         // said twice
      case 4: text.insert(at, 1 + below(8), static_cast<char>(random_())); break;
      case 5: text.resize(at); break;                                  // cut
      case 6: number(text, at); break;
      case 7: splice(text, at, corpus[below(corpus.size())]); break;
      default: if (at < text.size()) std::swap(text[at], text[below(text.size())]);
    }
  }
  // A number that is awkward in some width, in either byte order.
  void number(std::string& text, std::size_t at) {
    static constexpr std::uint64_t kAwkward[] = {0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x7fffffffffffffff, 0xffffffffffffffff};
    std::uint64_t value = kAwkward[below(std::size(kAwkward))];
    if (below(2)) value = __builtin_bswap64(value);
    const std::size_t width = std::size_t{1} << below(4);
    if (at + width <= text.size()) std::memcpy(text.data() + at, reinterpret_cast<const char*>(&value), width);
  }
  void splice(std::string& text, std::size_t at, const std::string& other) {
    const std::size_t from = below(other.size() + 1);
    text.replace(at, text.size() - at, other.substr(from, below(other.size() - from + 1)));
  }

  std::mt19937_64 random_;
};

void add_files(const std::filesystem::path& path, std::vector<std::string>& corpus) {
  if (std::filesystem::is_directory(path)) {
    std::vector<std::filesystem::path> files;
    for (const auto& file : std::filesystem::directory_iterator(path)) files.push_back(file.path());
    std::sort(files.begin(), files.end());
    for (const auto& file : files) add_files(file, corpus);
    return;
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::fprintf(stderr, "%s cannot be read\n", path.c_str());
    std::exit(3);
  }
  corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

void execute(std::string input) {
  current = std::move(input);
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(current.data()), current.size());
}

struct Plan {
  std::uint64_t executions = 20000, seed = 1;
  double seconds = 1e9;
  std::string folder, part;
};

std::vector<std::string> corpus_of(int count, char** paths) {
  std::vector<std::string> all = fuzz_seeds(), wanted;
  for (int i = 0; i < count; ++i) add_files(paths[i], all);
  for (auto& input : all)
    if (!fuzz_wants || fuzz_wants(input)) wanted.push_back(std::move(input));
  return wanted.empty() ? std::vector<std::string>{""} : wanted;
}

void run(const Plan& plan, const std::vector<std::string>& corpus) {
  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
  for (const auto& input : corpus) execute(input);
  Mutator mutator(plan.seed);
  std::uint64_t done = 0;
  for (; done < plan.executions && (done % 64 != 0 || elapsed() < plan.seconds); ++done) execute(mutator.mutate(corpus));
  std::printf("%s%s%llu mutations of %zu inputs in %.1f s, no finding\n", plan.part.c_str(), plan.part.empty() ? "" : ": ", static_cast<unsigned long long>(done), corpus.size(), elapsed());
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  Plan plan;
  for (int option; (option = getopt(argc, argv, "n:t:s:w:p:")) != -1;) {
    if (option == 'n') plan.executions = std::strtoull(optarg, nullptr, 10);
    else if (option == 't') plan.seconds = std::strtod(optarg, nullptr);
    else if (option == 's') plan.seed = std::strtoull(optarg, nullptr, 10);
    else if (option == 'w') plan.folder = optarg;
    else if (option == 'p') plan.part = optarg;
    else return 2;
  }
  std::vector<std::string> parts = fuzz_parts ? fuzz_parts() : std::vector<std::string>();
  if (plan.part == "list") {
    for (const auto& part : parts) std::printf("%s\n", part.c_str());
    return 0;
  }
  if (plan.part != "each") {
    if (!plan.part.empty() && std::find(parts.begin(), parts.end(), plan.part) == parts.end()) return 2;
    parts = {plan.part};
  }
  std::signal(SIGABRT, keep_input);
#ifndef __SANITIZE_ADDRESS__                               // which reports these itself and then aborts
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE}) std::signal(signal, keep_input);
#endif
  for (const auto& part : parts) {
    plan.part = part;
    if (fuzz_select) fuzz_select(part);
    const std::vector<std::string> corpus = corpus_of(argc - optind, argv + optind);
    if (plan.folder.empty()) run(plan, corpus);
    for (std::size_t i = 0; !plan.folder.empty() && i < corpus.size(); ++i) std::ofstream(plan.folder + "/seed-" + std::to_string(i), std::ios::binary) << corpus[i];
  }
}
