// dtrain: decentralised training, and what needs a network to be computed.
#include "aggregate/aggregator.h"
#include "attack/attack.h"
#include "data/dataset.h"
#include "dtrain/program_verbs.h"
#include "entry/verb.h"
#include "formats/formats.h"
#include "objective/objective.h"
#include "objective/torch_setup.h"
#include "scenario/scenario.h"
#include "solver/solver.h"
#include "topology/topology.h"
#include "train/program.h"

namespace dml {
void register_own_verbs(Verbs& verbs);
extern const char* const manual;                            // man/dtrain.1.in
}

int main(int argc, char** argv) {
  return dml::tool_main(argc, argv,
                        {"dtrain", "train models without a centre, evaluate them, and predict", dml::manual,
                         [](dml::Families& families) {
                           families.add<dml::Format>("format", dml::register_formats);
                           families.add<dml::TopologyRule>("topology", dml::register_topologies);
                           families.add<dml::Schedule>("schedule", dml::register_schedules);
                           families.add<dml::DataSource>("dataset", dml::register_datasets);
                           families.add<dml::Augmentation>("augmentation", dml::register_augmentations);
                           families.add<dml::Partitioner>("partition", dml::register_partitioners);
                           families.add<dml::Aggregator>("aggregator", dml::register_aggregators);
                           families.add<dml::Attack>("attack", dml::register_attacks);
                           families.add<dml::Scenario>("scenario", dml::register_scenarios);
                           families.add<dml::ObjectiveSource>("objective", dml::register_objectives);
                           families.add<dml::Solver>("solver", dml::register_solvers);
                           families.add<dml::Rate>("rate", dml::register_rates);
                           families.add<dml::Program>("program", dml::register_programs);
                         },
                         [](dml::Verbs& verbs, const dml::Families& families) {
                           dml::register_own_verbs(verbs);
                           dml::add_program_verbs(verbs, families);
                         },
                         dml::about_torch});
}
