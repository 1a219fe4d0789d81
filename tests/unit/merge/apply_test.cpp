#include <doctest/doctest.h>

#include "base/error.h"
#include "merge/apply.h"

namespace dml {
namespace {

Record model() { return {"model", {{"round", 4}, {"node", 9}}, {make_tensor<float>("a", {1, 2}), make_tensor<double>("b", {0.5})}, {}}; }
Record update() { return {"update", {{"round", 4}}, {make_tensor<float>("a", {0.25f, -3}), make_tensor<double>("b", {1})}, {}}; }

std::string refused(const Record& base, const Record& change) {
  try {
    apply_update(base, change, "update 'u'");
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::input);
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("apply: base + update in the base's dtype, one round on") {
  const auto out = apply_update(model(), update(), "u");
  CHECK(out.kind == "model");
  CHECK(out.tensors[0].as<float>()[0] == 1.25f);
  CHECK(out.tensors[0].as<float>()[1] == -1.0f);
  CHECK(out.tensors[1].as<double>()[0] == 1.5);
  CHECK(get_unsigned(out.meta, "round") == 5);
  CHECK(get_unsigned(out.meta, "node") == 9);
}

TEST_CASE("apply: narrow types are added in double and rounded once") {
  Record base{"model", {}, {{"a", Dtype::bf16, {2}, {}, {}}}, {}}, change{"update", {}, {make_tensor<float>("a", {0.25f, 0.001f})}, {}};
  const double values[] = {1, 256};
  base.tensors[0].data = from_doubles(values, 2, Dtype::bf16);
  const auto out = apply_update(base, change, "u");
  CHECK(out.tensors[0].dtype == Dtype::bf16);
  CHECK(to_doubles(out.tensors[0]) == std::vector<double>{1.25, 256});
}

TEST_CASE("apply: what does not fit is refused") {
  CHECK(refused(model(), model()) == "update 'u' is of kind 'model', not an update");
  auto change = update();
  change.tensors.pop_back();
  CHECK(refused(model(), change) == "update 'u' has 1 tensors, the model has 2");
  change = update();
  change.tensors[1].name = "c";
  CHECK(refused(model(), change).find("'b'") != std::string::npos);
  change = update();
  change.tensors[0].shape = {2, 1};
  CHECK(refused(model(), change) == "update 'u': tensor 'a' is 2x1, the model's is 2");
  change = update();
  change.meta["base"] = "0123456789abcdef";
  CHECK(refused(model(), change).find("was made from another model") != std::string::npos);
  change.meta["base"] = content_digest(model());
  CHECK(refused(model(), change) == "accepted");
  auto counters = model();
  counters.tensors[0] = make_tensor<std::int64_t>("a", {1, 2});
  CHECK(refused(counters, update()).find("not floating") != std::string::npos);
}

}  // namespace dml
