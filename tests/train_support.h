// What tests of training share. LibTorch comes before doctest, whose macros its logging would otherwise replace.
#pragma once
#include <torch/torch.h>
#undef CHECK
#undef CHECK_EQ
#undef CHECK_NE
#undef CHECK_LT
#undef CHECK_LE
#undef CHECK_GT
#undef CHECK_GE
#include <doctest/doctest.h>

#include <string>

#include "aggregate/aggregator.h"
#include "attack/attack.h"
#include "base/parallel.h"
#include "base/text.h"
#include "data/dataset.h"
#include "formats/formats.h"
#include "node/metrics.h"
#include "topology/topology.h"
#include "train/observer.h"
#include "train/program.h"

namespace dml::test {

inline const Families& families() {
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

inline OpenOptions open_options() {
  OpenOptions open;
  const auto& formats = families().get<Format>();
  for (const auto& info : formats.entries()) open.formats.push_back(formats.make(Component{info.card.name, {}}));
  open.header = {"test", "0", "test", {}, {}, {}};
  return open;
}

/// Three classes of 2-d points in three clouds that overlap a little; 90 training, 30 test samples.
inline std::shared_ptr<const Dataset> clouds(std::size_t features = 2) {
  auto data = std::make_shared<Dataset>();
  data->name = "clouds";
  data->classes = 3;
  Rng rng("clouds", 7);
  for (auto* samples : {&data->train, &data->test}) {
    samples->count = samples == &data->train ? 90 : 30;
    samples->features = features;
    for (std::size_t i = 0; i < samples->count; ++i) {
      const int label = static_cast<int>(i % 3);
      for (std::size_t j = 0; j < features; ++j)
        samples->x.push_back(static_cast<float>((label == static_cast<int>(j % 3) ? 2.0 : 0.0) + rng.normal()));
      samples->y.push_back(label);
    }
  }
  return data;
}

inline std::shared_ptr<const Objective> objective(const std::string& component, std::shared_ptr<const Dataset> data = nullptr) {
  return families().get<ObjectiveSource>().make(component)->build(std::move(data));
}

/// A setup to be changed and finished; data are dealt round robin.
inline Setup setup_of(const std::string& component, std::shared_ptr<const Dataset> data, std::size_t nodes, std::uint64_t rounds) {
  Setup setup;
  setup.families = &families();
  setup.objective = objective(component, data);
  setup.objective_name = component;
  setup.nodes = nodes;
  setup.rounds = rounds;
  setup.seed = 3;
  setup.batch = 8;
  if (data) {
    setup.data_name = data->name;
    setup.parts.resize(nodes);
    for (std::size_t i = 0; i < data->train.count; ++i) setup.parts[i % nodes].push_back(static_cast<std::uint32_t>(i));
  }
  return setup;
}

inline double value(const MetricLine& line, const std::string& name) {
  for (const auto& [key, v] : line.values)
    if (key == name) return v;
  FAIL("no metric " << name);
  return 0;
}

struct Outcome {
  std::vector<Record> models;                              // of all participants
  RunResult result;
  std::vector<double> at(std::size_t node) const { return to_doubles(models[node].tensors[0]); }   // first tensor
};

/// "dsgd topology=random:peers=1,pair=true variant=cta": a program and its options, one word each as on a command line.
inline Component program_of(const std::string& text) {
  const auto words = split(text, ' ');
  Component out{words[0], {}};
  for (std::size_t i = 1; i < words.size(); ++i) out.settings[words[i].substr(0, words[i].find('='))] = words[i].substr(words[i].find('=') + 1);
  return out;
}

inline Outcome run(const std::string& program, Setup setup, Metrics* metrics = nullptr) {
  setup.measure = metrics != nullptr;
  if (metrics) setup.observer = std::make_shared<Observer>(*metrics, setup.objective, setup.nodes - static_cast<std::size_t>(setup.byzantine));
  const auto made = families().get<Program>().make(program_of(program));
  const auto shared = finish_setup(std::move(setup));
  auto nodes = make_nodes(*made, shared);
  RunOptions options;
  options.seed = shared->seed;
  options.metrics = shared->observer.get();
  Outcome out;
  out.result = simulate(nodes, options);
  for (const auto& node : nodes) out.models.push_back(node->model());
  return out;
}

inline bool same_bits(const Record& a, const Record& b) {
  if (a.tensors.size() != b.tensors.size()) return false;
  for (std::size_t i = 0; i < a.tensors.size(); ++i)
    if (a.tensors[i].name != b.tensors[i].name || a.tensors[i].shape != b.tensors[i].shape || !(a.tensors[i].data == b.tensors[i].data)) return false;
  return true;
}

inline bool same_bits(const Outcome& a, const Outcome& b) {
  for (std::size_t i = 0; i < a.models.size(); ++i)
    if (!same_bits(a.models[i], b.models[i])) return false;
  return a.models.size() == b.models.size();
}

}  // namespace dml::test
