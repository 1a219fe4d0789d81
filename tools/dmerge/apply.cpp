// dmerge apply MODEL UPDATE: the model with the update added, by the arithmetic that federated servers use.
#include "merge/apply.h"

#include "base/error.h"
#include "base/text.h"
#include "entry/verb.h"

namespace dml {
namespace {

class Apply final : public Verb {
 public:
  int run(Invocation& call) override {
    const Record model = only(call, call.inputs()[0], "model"), update = only(call, call.inputs()[1], "update");
    const auto writer = call.writer();
    writer->write(apply_update(model, update, where_of(call.inputs()[1])));
    writer->close(call.environment());
    return 0;
  }

 private:
  static std::string where_of(const std::string& input) { return input == "-" ? "standard input" : quote(input); }
  static Record only(Invocation& call, const std::string& input, const std::string& kind) {
    const auto reader = call.reader(input);
    auto record = reader->next();
    if (!record) throw Error(Fault::input, where_of(input) + " holds no " + kind);
    if (record->kind != kind) throw Error(Fault::input, reader->where() + " is of kind " + quote(record->kind) + ", not " + (kind == "update" ? "an " : "a ") + kind);
    if (reader->next_head()) throw Error(Fault::input, where_of(input) + " holds more than one record", "combine them first: daggregate mean " + input);
    return std::move(*record);
  }
};

}  // namespace

void register_apply(Verbs& verbs) {
  verbs.add<Apply>({"apply", "add an update to the model it was made from", "McMahan et al., AISTATS 2017, the server step"},
                   {"MODEL UPDATE", 2, 2, Output::records, reads_and_writes()});
}

}  // namespace dml
