// Speed of `dtrain dsgd` in the simulator against the least that it must do, all in this run, on --threads 2: ring, MLP 784-64-10,
// batch 32, one exchange a step, the shipped MNIST images.
//   bare     the five matrix products of a step, straight from BLAS
//   mixed    the same products, then every node's mixing with its two neighbours
//   dsgd     the simulator: batches, losses, updates, payloads, mixing
// Prints node-steps a second by wall clock and by processor time (other programs on the machine disturb the latter least), ratios, and
// the peak memory of the largest run. Arguments: nodes... (default 16 1000). Must reach: dsgd >= 0.6 mixed, mixed >= 0.8 bare.
#include <torch/torch.h>

#include <dlfcn.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "attack/attack.h"
#include "base/parallel.h"
#include "formats/formats.h"
#include "math/linear.h"
#include "objective/torch_setup.h"
#include "train/program.h"
#include "timing.h"

using namespace dml;

namespace {

constexpr int kIn = 784, kHidden = 64, kOut = 10, kBatch = 32;
constexpr std::size_t kParameters = kIn * kHidden + kHidden + kHidden * kOut + kOut;
constexpr int kRepeats = 5;

using Gemm = void (*)(int, int, int, int, int, int, float, const float*, int, const float*, int, float, float*, int);
enum { kRowMajor = 101, kPlain = 111, kTransposed = 112 };
Gemm sgemm = nullptr;

// What a thread needs for the products of one step.
struct Scratch {
  std::vector<float> x = std::vector<float>(kBatch * kIn, 0.5f), h = std::vector<float>(kBatch * kHidden), z = std::vector<float>(kBatch * kOut, 0.01f),
                     dh = std::vector<float>(kBatch * kHidden), g = std::vector<float>(kParameters);
};

void products(const float* w, Scratch& s) {
  const float* w1 = w + kHidden;
  const float* w2 = w1 + kIn * kHidden + kOut;
  sgemm(kRowMajor, kPlain, kTransposed, kBatch, kHidden, kIn, 1, s.x.data(), kIn, w1, kIn, 0, s.h.data(), kHidden);
  sgemm(kRowMajor, kPlain, kTransposed, kBatch, kOut, kHidden, 1, s.h.data(), kHidden, w2, kHidden, 0, s.z.data(), kOut);
  sgemm(kRowMajor, kTransposed, kPlain, kOut, kHidden, kBatch, 1, s.z.data(), kOut, s.h.data(), kHidden, 0, s.g.data() + kHidden + kIn * kHidden + kOut, kHidden);
  sgemm(kRowMajor, kPlain, kPlain, kBatch, kHidden, kOut, 1, s.z.data(), kOut, w2, kHidden, 0, s.dh.data(), kHidden);
  sgemm(kRowMajor, kTransposed, kPlain, kHidden, kIn, kBatch, 1, s.dh.data(), kHidden, s.x.data(), kIn, 0, s.g.data() + kHidden, kIn);
}

class Baseline {
 public:
  explicit Baseline(std::size_t nodes) : now_(nodes, std::vector<float>(kParameters, 1e-3f)), next_(now_), scratch_(static_cast<std::size_t>(threads())) {}
  void run(std::uint64_t rounds, bool mix) {
    const std::size_t n = now_.size();
    for (std::uint64_t round = 0; round < rounds; ++round) {
      parallel_for(n, [&](std::size_t i) { products(now_[i].data(), scratch_[static_cast<std::size_t>(worker_index())]); });
      if (!mix) continue;
      parallel_for(n, [&](std::size_t i) {
        const float* rows[] = {now_[(i + n - 1) % n].data(), now_[i].data(), now_[(i + 1) % n].data()};
        const double weights[] = {1.0 / 3, 1.0 / 3, 1.0 / 3};
        weighted_sum(rows, weights, 3, next_[i].data(), kParameters);
      });
      std::swap(now_, next_);
    }
  }

 private:
  std::vector<std::vector<float>> now_, next_;
  std::vector<Scratch> scratch_;
};

const Families& families() {
  static const Families* all = [] {
    auto* f = new Families;
    f->add<Format>("format", register_formats);
    f->add<TopologyRule>("topology", register_topologies);
    f->add<Schedule>("schedule", register_schedules);
    f->add<DataSource>("dataset", register_datasets);
    f->add<Augmentation>("augmentation", register_augmentations);
    f->add<Partitioner>("partition", register_partitioners);
    f->add<Aggregator>("aggregator", register_aggregators);
    f->add<Attack>("attack", register_attacks);
    f->add<ObjectiveSource>("objective", register_objectives);
    f->add<Solver>("solver", register_solvers);
    f->add<Rate>("rate", register_rates);
    f->add<Program>("program", register_programs);
    return f;
  }();
  return *all;
}

Setup simulation(std::size_t nodes, std::uint64_t rounds) {
  static const auto data = [] {
    OpenOptions open;
    const auto& formats = families().get<Format>();
    for (const auto& info : formats.entries()) open.formats.push_back(formats.make(Component{info.card.name, {}}));
    return std::make_shared<const Dataset>(families().get<DataSource>().make("mnist")->load(open));
  }();
  Setup setup;
  setup.families = &families();
  setup.objective = families().get<ObjectiveSource>().make("mlp:hidden=64")->build(data);
  setup.objective_name = "mlp";
  setup.parts = families().get<Partitioner>().make("iid")->split(data->train.y, data->classes, {nodes, 1});
  setup.nodes = nodes;
  setup.rounds = rounds;
  setup.batch = kBatch;
  setup.lr = 0.01;
  if (setup.objective->dim() != static_cast<std::int64_t>(kParameters)) throw Error(Fault::bug, "the bench knows another network");
  return setup;
}

double status_mib(const std::string& key) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(key)) return std::atof(line.c_str() + key.size() + 1) / 1024;
  return 0;
}

void line(const char* name, std::size_t nodes, double steps, const Times& t) {
  std::printf("%5zu nodes  %-6s %9.0f node-steps/s wall, %8.0f a core by processor time\n", nodes, name, steps / t.wall, steps / t.processor);
}

void bench(std::size_t nodes) {
  const std::uint64_t rounds = std::max<std::uint64_t>(8, 4800 / nodes);
  const double steps = static_cast<double>(nodes) * static_cast<double>(rounds);
  Times bare, mixed, dsgd;
  double peak = 0;
  {
    std::ofstream("/proc/self/clear_refs") << "5";         // restarts the peak
    const auto program = families().get<Program>().make(Component{"dsgd", {}});
    for (int i = 0; i < kRepeats; ++i) {
      const auto setup = finish_setup(simulation(nodes, rounds));
      auto all = make_nodes(*program, setup);
      measure([&] { simulate(all, {}); }, dsgd);
    }
    peak = status_mib("VmHWM");
  }
  Baseline baseline(nodes);
  baseline.run(2, true);
  for (int i = 0; i < kRepeats; ++i) {
    measure([&] { baseline.run(rounds, false); }, bare);
    measure([&] { baseline.run(rounds, true); }, mixed);
    const auto program = families().get<Program>().make(Component{"dsgd", {}});
    const auto setup = finish_setup(simulation(nodes, rounds));
    auto all = make_nodes(*program, setup);
    measure([&] { simulate(all, {}); }, dsgd);
  }
  line("bare", nodes, steps, bare);
  line("mixed", nodes, steps, mixed);
  line("dsgd", nodes, steps, dsgd);
  const double floor = 1.5 * 2 * static_cast<double>(nodes * kParameters * sizeof(float)) / (1 << 20) + 300;
  std::printf("%5zu nodes  mixed / bare %.2f wall, %.2f processor (aim 0.8); dsgd / mixed %.2f wall, %.2f processor (aim 0.6); peak %.0f MiB (limit %.0f)\n",
              nodes, bare.wall / mixed.wall, bare.processor / mixed.processor, mixed.wall / dsgd.wall, mixed.processor / dsgd.processor, peak, floor);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    set_threads(2);
    setup_torch();
    sgemm = reinterpret_cast<Gemm>(dlsym(RTLD_DEFAULT, "cblas_sgemm"));
    if (!sgemm) throw Error(Fault::system, "no cblas_sgemm in this process");
    std::printf("blas: %s\n", get_text(about_torch(), "blas")->c_str());
    if (argc == 1) {
      bench(16);
      bench(1000);
    }
    for (int i = 1; i < argc; ++i) bench(static_cast<std::size_t>(std::atoi(argv[i])));
  } catch (const Error& error) {
    std::fprintf(stderr, "train_bench: %s\n", error.what());
    return static_cast<int>(error.fault());
  }
}
