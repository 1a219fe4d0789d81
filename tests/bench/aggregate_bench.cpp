// Time of every aggregation rule as a ratio to one pass that only reads the same inputs, both in this run: 20 inputs, 4 of them may
// lie, 1,000,000 f32 columns, 2 threads. Ratios are of processor time, which other programs on the machine disturb least; wall time
// stands beside it. Arguments: columns, inputs, threads.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>

#include "aggregate/aggregator.h"
#include "base/parallel.h"
#include "base/random.h"
#include "timing.h"

using namespace dml;

namespace {

// Eight independent sums of whole words: nothing but loads.
std::uint64_t read_words(const std::uint64_t* words, std::size_t count) {
  std::uint64_t sum[8] = {};
  for (std::size_t i = 0; i + 8 <= count; i += 8)
    for (std::size_t k = 0; k < 8; ++k) sum[k] += words[i + k];
  return sum[0] + sum[1] + sum[2] + sum[3] + sum[4] + sum[5] + sum[6] + sum[7];
}

std::uint64_t sink = 0;

void read_all(const Rows<float>& rows) {
  std::vector<std::uint64_t> sums(rows.count() * 16);
  const std::size_t words = rows.columns / 2, part = words / 16;
  parallel_for(rows.count() * 16, [&](std::size_t task) {
    sums[task] = read_words(reinterpret_cast<const std::uint64_t*>(rows.row[task / 16]) + task % 16 * part, part);
  });
  for (const auto s : sums) sink += s;
}

struct Line { const char* component; double aim; };
constexpr Line kLines[] = {{"mean", 1.2}, {"median", 8}, {"trimmed-mean:byzantine=4", 8}, {"krum:byzantine=4", 12},
                           {"krum:byzantine=4,neighbours=blanchard", 12}};

}  // namespace

int main(int argc, char** argv) {
  const auto argument = [&](int i, std::size_t fallback) { return argc > i ? static_cast<std::size_t>(std::atoll(argv[i])) : fallback; };
  const std::size_t columns = argument(1, 1'000'000), inputs = argument(2, 20);
  set_threads(static_cast<int>(argument(3, 2)));

  std::vector<Bytes> storage;
  Rows<float> rows;
  rows.columns = columns;
  for (std::size_t i = 0; i < inputs; ++i) {
    Rng rng("aggregate-bench", i);
    Buffer row(columns * sizeof(float));
    for (std::size_t j = 0; j < columns; ++j) row.as<float>()[j] = static_cast<float>(rng.uniform(-1, 1));
    storage.push_back(std::move(row).freeze());
    rows.row.push_back(reinterpret_cast<const float*>(storage.back().data()));
  }
  std::vector<float> out(columns);
  Registry<Aggregator> rules("aggregator");
  register_aggregators(rules);

  // Reading and rules take turns, so that both see the machine's good and bad moments.
  Times reading;
  std::vector<Times> times(std::size(kLines));
  std::vector<std::unique_ptr<Aggregator>> made;
  for (const auto& line : kLines) made.push_back(rules.make(line.component));
  for (int round = 0; round < 15; ++round)
    for (std::size_t i = 0; i < made.size(); ++i) {
      measure([&] { read_all(rows); }, reading);
      measure([&] { made[i]->combine(rows, out.data(), {}); }, times[i]);
    }

  std::printf("%zu inputs, %zu columns of f32, %d threads; best of 15\n%-40s %9s %9s %7s %6s\n", inputs, columns, threads(), "rule", "wall ms",
              "cpu ms", "ratio", "aim");
  std::printf("%-40s %9.2f %9.2f %7.2f%s\n", "one read pass", 1e3 * reading.wall, 1e3 * reading.processor, 1.0, sink == 1 ? " " : "");
  for (std::size_t i = 0; i < times.size(); ++i)
    std::printf("%-40s %9.2f %9.2f %7.2f %6.1f\n", kLines[i].component, 1e3 * times[i].wall, 1e3 * times[i].processor,
                times[i].processor / reading.processor, kLines[i].aim);
}
