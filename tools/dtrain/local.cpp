// dtrain local [MODEL]: one client's round. Model record in, update record out, by the arithmetic and on the batches of dtrain fedavg's
// clients: FedAvg is then a shell loop of local, daggregate mean and dmerge apply.
#include "dtrain/training.h"
#include "objective/torch_setup.h"
#include "train/client_update.h"

namespace dml {
namespace {

struct LocalOptions : TrainingOptions {
  std::uint64_t nodes = required;
  std::uint64_t id = required;
  std::optional<std::uint64_t> round;
};

class Local final : public Verb {
 public:
  explicit Local(LocalOptions options) : options_(std::move(options)) {}

  int run(Invocation& call) override {
    return translated([&] {
      if (options_.id >= options_.nodes)
        throw Error(Fault::usage, "--id is " + std::to_string(options_.id) + ", must be below --nodes " + std::to_string(options_.nodes));
      const auto reader = call.reader();
      const auto model = next_model(*reader);
      if (!model) throw Error(Fault::input, "the input holds no model");
      const std::string where = reader->where();
      if (reader->next_head()) throw Error(Fault::input, "the input holds more than one model", "merge them first: dmerge mean");
      const auto round = options_.round ? options_.round : get_unsigned(model->meta, "round");
      if (!round) throw Error(Fault::input, where + " does not say after which round it was taken", "say --round");
      const auto setup = finish_setup(training_setup(call, options_, options_.nodes));
      const auto update = client_update(setup, static_cast<NodeId>(options_.id), *round, *model, where);
      const auto writer = call.writer();
      writer->write(update);
      writer->close(call.environment());
      return 0;
    });
  }

 private:
  LocalOptions options_;
};

}  // namespace

void register_local(Verbs& verbs) {
  using O = LocalOptions;
  verbs.add<Local>({"local", "one client's steps from a model: writes its update", "McMahan et al., AISTATS 2017, ClientUpdate"},
                   {"[MODEL]", 0, 1, Output::records, reads_and_writes({"seed", "threads"})},
                   with_training<O>()
                       .add("nodes", &O::nodes, "how many clients the samples are split over", between(1, 1e6))
                       .add("id", &O::id, "which client this is, from 0", between(0, 1e6))
                       .add("round", &O::round, "which round, from 0: decides the batches; the model's own when not given"));
}

}  // namespace dml
