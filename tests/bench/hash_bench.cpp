// Throughput of the fingerprints, as ratios against reference loops of the same run: the fused projection against one normal number at
// a time, SHA-256 and the Hamming distance. CPU time, not wall time: a busy machine changes it little. Prints one JSON object.
// hash_bench [VALUES]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "base/parallel.h"
#include "base/random.h"
#include "base/text.h"
#include "math/gaussian_dot.h"
#include "verify/fingerprint.h"

using namespace dml;

namespace {

double cpu_time() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

template <class Body>
double seconds(Body body) {
  double best = 1e9;
  for (int repeat = 0; repeat < 5; ++repeat) {
    const double start = cpu_time();
    body();
    best = std::min(best, cpu_time() - start);
  }
  return best;
}

volatile double sink;

}  // namespace

int main(int argc, char** argv) {
  const std::size_t values = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 300000;
  Rng rng("hash bench", 1);
  std::vector<float> x(values);
  for (auto& v : x) v = static_cast<float>(rng.normal());
  const Record record{"prediction", {}, {make_tensor("x", x)}, {}};
  Registry<Fingerprint> registry("fingerprint");
  register_fingerprints(registry);

  const double loop = seconds([&] {
    Rng row("hyperplane", 0, 3);
    double sum = 0;
    for (const float v : x) sum += row.normal() * v;
    sink = sum;
  });
  SplitVector split;
  const auto wide = to_doubles(record.tensors[0]);
  split.append(wide.data(), wide.size());
  split.pad();
  const double fused = seconds([&] { sink = gaussian_dot(stream_key("hyperplane", 0), 3, 0, 0, split); });
  const auto hyperplane = registry.make("hyperplane:bits=256"), sha = registry.make("sha256");
  const double whole = seconds([&] { sink = hyperplane->of_record(record, "bench").value[0]; });
  const double digest = seconds([&] { sink = sha->of_record(record, "bench").value[0]; });
  const FingerprintValue a = hyperplane->of_record(record, "bench");
  constexpr int kPairs = 1000000;
  const double pairs = seconds([&] {
    std::uint64_t sum = 0;
    for (int i = 0; i < kPairs; ++i) sum += hamming_distance(a, a, {}, {});
    sink = static_cast<double>(sum);
  });

  const double count = static_cast<double>(values);
  std::printf("%s\n", Json().begin_object().field("values", std::uint64_t{values}).field("threads", threads())
                          .field("normal_loop_ns", loop / count * 1e9).field("gaussian_dot_ns", fused / count * 1e9)
                          .field("gaussian_dot_over_loop", loop / fused).field("hyperplane_256_cpu_s", whole)
                          .field("hyperplane_over_rows", whole / (256 * fused)).field("sha256_gb_per_s", 4 * count / digest / 1e9)
                          .field("hamming_256_ns", pairs / kPairs * 1e9).end_object().str().c_str());
  return 0;
}
