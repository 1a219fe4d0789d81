// Beside libFuzzer's main(): its options for a part of the program, which it passes over itself.
//   --part=NAME     fuzzes one part        --seeds=FOLDER  writes the seeds of that part as files and ends
#include <filesystem>
#include <fstream>
#include <string>

#include "fuzz.h"

extern "C" int LLVMFuzzerInitialize(int* count, char*** words) {
  std::string folder;
  for (int i = 1; i < *count; ++i) {
    const std::string word = (*words)[i];
    if (word.starts_with("--part=") && fuzz_select) fuzz_select(word.substr(7));
    if (word.starts_with("--seeds=")) folder = word.substr(8);
  }
  if (folder.empty()) return 0;
  std::filesystem::create_directories(folder);
  const std::vector<std::string> seeds = fuzz_seeds();
  for (std::size_t i = 0; i < seeds.size(); ++i)
    if (!fuzz_wants || fuzz_wants(seeds[i])) std::ofstream(folder + "/seed-" + std::to_string(i), std::ios::binary) << seeds[i];
  std::exit(0);
}
