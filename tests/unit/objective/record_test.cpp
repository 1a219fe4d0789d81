// Flat vectors as records, and LibTorch's process-wide settings.
#include "train_support.h"

#include <cmath>

#include "objective/torch_setup.h"

namespace dml {

TEST_CASE("to_record shares the vector's memory, from_record copies it back") {
  const auto problem = test::objective("mlp:hidden=4", test::clouds());
  Rng rng("init", 2);
  const auto x = problem->initial(rng);
  auto record = to_record(*problem, x, "model");
  CHECK(record.kind == "model");
  CHECK(reinterpret_cast<const float*>(record.tensors[1].data.data()) == x.data_ptr<float>() + problem->layout()[1].offset);
  CHECK(torch::equal(from_record(*problem, record, "a"), x));
  for (auto& tensor : record.tensors) {
    const auto wide = to_doubles(tensor);
    tensor.dtype = Dtype::f64;
    tensor.data = Bytes::copy(wide.data(), wide.size() * sizeof(double));
  }
  CHECK(torch::equal(from_record(*problem, record, "a"), x));
}

TEST_CASE("the vector lives as long as a record that shares it") {
  const auto problem = test::objective("softmax", test::clouds());
  Rng rng("init", 2);
  Record record;
  {
    auto x = problem->initial(rng);
    x.fill_(3.25);
    record = to_record(*problem, x, "model");
    CHECK(x.use_count() > 1);
  }
  CHECK(record.tensors[0].as<float>()[0] == 3.25f);
}

TEST_CASE("records of another layout are refused") {
  const auto problem = test::objective("softmax", test::clouds());
  Rng rng("init", 2);
  const auto good = to_record(*problem, problem->initial(rng), "model");
  auto bad = good;
  bad.tensors.pop_back();
  CHECK_THROWS_WITH_AS(from_record(*problem, bad, "model 'a'"), "model 'a' has 1 tensors, the objective has 2", Error);
  bad = good;
  bad.tensors[0].name = "other";
  CHECK_THROWS_AS(from_record(*problem, bad, "model 'a'"), Error);
  bad = good;
  bad.tensors[1].shape = {2, 3};
  CHECK_THROWS_WITH_AS(from_record(*problem, bad, "model 'a'"), "model 'a': tensor 'layer.0.weight' is 2x3, the objective's is 3x2", Error);
  bad = good;
  bad.tensors[0] = make_tensor("layer.0.bias", std::vector<float>{1, NAN, 2});
  CHECK_THROWS_WITH_AS(from_record(*problem, bad, "model 'a'"), "model 'a': tensor 'layer.0.bias' has values that are not finite", Error);
  bad.tensors[0] = make_tensor("layer.0.bias", std::vector<std::int32_t>{1, 2, 3});
  CHECK_THROWS_WITH_AS(from_record(*problem, bad, "model 'a'"), "model 'a': tensor 'layer.0.bias' is not floating", Error);
}

TEST_CASE("LibTorch computes on one thread unless asked, and its errors become ours") {
  setup_torch();
  CHECK(at::get_num_threads() == 1);
  set_math_threads(2);
  CHECK(at::get_num_threads() == 2);
  set_math_threads(1);
  CHECK(at::get_num_threads() == 1);
  try {
    translated([] { return torch::zeros({2, 3}).mm(torch::zeros({2, 3})); });
    FAIL("no error");
  } catch (const Error& error) {
    const std::string what = error.what();
    CHECK(what.starts_with("libtorch: "));
    CHECK(what.find('\n') == std::string::npos);
  }
}

}  // namespace dml
