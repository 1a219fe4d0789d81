// The card's oracle: H = (0,0),(1,0),(0,2),(2,1),(1,3) has mean (0.8, 1.2).
#include <doctest/doctest.h>

#include <cmath>

#include "attack/attack.h"

namespace dml {
namespace {

const std::vector<std::vector<double>> kHonest{{0, 0}, {1, 0}, {0, 2}, {2, 1}, {1, 3}};

std::vector<double> forged(const std::string& attack, std::uint64_t seed = 1) {
  Registry<Attack> registry("attack");
  register_attacks(registry);
  Rows<double> rows;
  rows.columns = 2;
  for (const auto& row : kHonest) rows.row.push_back(row.data());
  std::vector<double> out(2);
  Rng rng("attack", seed);
  registry.make(attack)->forge(rows, out.data(), rng);
  return out;
}

}  // namespace

TEST_CASE("sign-flip is the honest mean, flipped and scaled") {
  CHECK(forged("sign-flip") == std::vector<double>{-0.8, -1.2});
  CHECK(forged("sign-flip:scale=2")[1] == doctest::Approx(-2.4).epsilon(1e-15));
  CHECK_THROWS_AS(forged("sign-flip:scale=0"), Error);
}

TEST_CASE("gaussian noise has nothing to do with the honest; constants are constant") {
  CHECK(forged("gaussian") != forged("gaussian", 2));
  CHECK(forged("gaussian:mean=1000,sigma=1e-6")[0] == doctest::Approx(1000).epsilon(1e-6));
  CHECK(std::isnan(forged("constant")[1]));
  CHECK(std::isinf(forged("constant:value=inf")[0]));
  CHECK(forged("constant:value=zero") == std::vector<double>{0, 0});
}

TEST_CASE("an attacked record keeps names, shapes and meta") {
  Registry<Attack> registry("attack");
  register_attacks(registry);
  const Record honest{"model", {{"node", 3}}, {make_tensor<float>("a", {1, -2, 3, 4}, {2, 2}), make_tensor<double>("b", {0.1})}, {}};
  Rng rng("attack", 0);
  const auto lie = attack_record(*registry.make("sign-flip"), honest, rng);
  CHECK(lie.kind == "model");
  CHECK(lie.meta == honest.meta);
  CHECK(lie.tensors[0].shape == honest.tensors[0].shape);
  CHECK(to_doubles(lie.tensors[0]) == std::vector<double>{-1, 2, -3, -4});
  CHECK(lie.tensors[1].as<double>()[0] == -0.1);
  CHECK(honest.tensors[0].as<float>()[0] == 1);
}

}  // namespace dml
