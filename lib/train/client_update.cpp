#include "train/client_update.h"

#include "objective/vector.h"
#include "train/worker.h"

namespace dml {

Record client_update(const std::shared_ptr<const Setup>& setup, NodeId id, std::uint64_t round, const Record& model, const std::string& where) {
  Worker worker(setup, id);                                // a solver without memory of earlier rounds
  const Vec before = from_record(*setup->objective, model, where);
  Vec after = before.clone();
  worker.run(after, round);
  subtract(after, before, after);
  Record update = to_record(*setup->objective, after, "update");
  update.meta = {{"sender", id},
                 {"round", round},
                 {"base", content_digest(model)},
                 {"weight", static_cast<double>(worker.samples())},
                 {"steps", static_cast<std::uint64_t>(setup->local_steps)},
                 {"lr", setup->lr}};
  return update;
}

}  // namespace dml
