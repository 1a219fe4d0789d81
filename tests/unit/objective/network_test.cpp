// Networks on autograd: gradients against finite differences and against independent code, buffers, names, starts, dtypes.
#include "train_support.h"

#include <cmath>
#include <numeric>

#include "objective/network.h"

namespace dml {
namespace {

std::shared_ptr<const Dataset> pictures(std::int64_t channels, std::int64_t side) {
  auto data = std::make_shared<Dataset>();
  data->name = "pictures";
  data->classes = 4;
  data->image = {channels, side, side};
  Rng rng("pictures", 2);
  for (auto* samples : {&data->train, &data->test}) {
    samples->count = 12;
    samples->features = static_cast<std::size_t>(channels * side * side);
    for (std::size_t i = 0; i < samples->count * samples->features; ++i) samples->x.push_back(static_cast<float>(rng.normal()));
    for (std::size_t i = 0; i < samples->count; ++i) samples->y.push_back(static_cast<std::int32_t>(i % 4));
  }
  return data;
}

std::shared_ptr<const Dataset> text(int vocabulary, std::size_t features) {
  auto data = std::make_shared<Dataset>();
  data->name = "text";
  data->vocabulary = vocabulary;
  Rng rng("text", 2);
  for (auto* samples : {&data->train, &data->test}) {
    samples->count = 6;
    samples->features = features;
    for (std::size_t i = 0; i < samples->count * features; ++i) samples->x.push_back(static_cast<float>(rng.below(static_cast<std::uint64_t>(vocabulary))));
  }
  return data;
}

// A start whose every parameter matters.
Vec random_point(const Objective& objective) {
  Rng init("init", 1), rng("point", 5);
  Vec x = objective.initial(init);
  for (const auto& spec : objective.layout())
    if (!spec.buffer)
      for (std::int64_t i = spec.offset; i < spec.offset + spec.size; ++i) x[i] += 0.2 * rng.normal();
  return x;
}

torch::Tensor part(const Objective& objective, const Vec& x, const std::string& name) {
  for (const auto& spec : objective.layout())
    if (spec.name == name) return x.narrow(0, spec.offset, spec.size).view(spec.shape);
  FAIL("no tensor " << name);
  return {};
}

// The largest error of directional derivatives, one direction per tensor, against central differences of the value.
void check_gradient(const std::string& component, std::shared_ptr<const Dataset> data) {
  CAPTURE(component);
  const auto problem = test::objective(component, std::move(data));
  const auto& values = dynamic_cast<const ValueOracle&>(*problem);
  const auto x = random_point(*problem);
  const std::vector<std::uint32_t> batch{1, 4, 2, 5};
  Vec g = torch::full_like(x, 7);
  const double loss = dynamic_cast<const GradientOracle&>(*problem).gradient(x, batch, g);
  CHECK(loss == doctest::Approx(values.value(x, batch)).epsilon(1e-12));
  Rng rng("direction", 3);
  double largest = 0;
  for (const auto& spec : problem->layout()) {
    if (spec.buffer) continue;
    CAPTURE(spec.name);
    Vec d = torch::zeros_like(x);
    for (std::int64_t i = 0; i < spec.size; ++i) d[spec.offset + i] = rng.normal();
    const double h = 1e-6, slope = (values.value(x + h * d, batch) - values.value(x - h * d, batch)) / (2 * h);
    CHECK(g.dot(d).item<double>() == doctest::Approx(slope).epsilon(1e-5).scale(1e-2));
    largest = std::max(largest, std::fabs(slope));
  }
  CHECK(largest > 1e-2);
}

}  // namespace

TEST_CASE("network: gradients equal finite differences") {
  const auto small = pictures(2, 8);
  check_gradient("cnn:channels=3,4,kernel=3,pad=1,hidden=5,dtype=f64", small);
  check_gradient("cnn:channels=3,kernel=3,pad=0,stride=2,pool=none,hidden=0,activation=tanh,dtype=f64", small);
  check_gradient("cnn:channels=4,kernel=3,pad=1,pool=average,norm=batch,activation=leaky-relu,hidden=0,dtype=f64", small);
  check_gradient("cnn:channels=4,kernel=3,pad=1,norm=group,groups=2,hidden=0,dtype=f64", small);
  for (const std::string norm : {"batch", "group", "layer", "none"}) check_gradient("resnet:depth=8,width=2,groups=2,dtype=f64,norm=" + norm, small);
  check_gradient("transformer:layers=2,heads=2,width=4,dtype=f64", text(7, 5));
}

TEST_CASE("network: LeNet-5 and ResNet-20 have their numbers of parameters and torch's names") {
  const auto lenet = test::objective("cnn", pictures(1, 28));
  CHECK(lenet->dim() == 61'706 - 6 * 85);                  // ten classes have 61,706
  std::vector<std::string> names;
  for (const auto& spec : lenet->layout()) names.push_back(spec.name);
  CHECK(names == std::vector<std::string>{"conv1.bias", "conv1.weight", "conv2.bias", "conv2.weight", "fc1.bias", "fc1.weight", "fc2.bias", "fc2.weight",
                                          "fc3.bias", "fc3.weight"});
  const auto resnet = test::objective("resnet", pictures(3, 32));
  std::int64_t parameters = 0, buffers = 0;
  for (const auto& spec : resnet->layout()) (spec.buffer ? buffers : parameters) += spec.size;
  CHECK(parameters == 272'474 - 6 * 65);                   // ten classes have 272,474
  CHECK(buffers == 2 * (16 + 6 * 16 + 7 * 32 + 7 * 64));
  Rng rng("init", 0);
  const auto x = resnet->initial(rng);
  CHECK((part(*resnet, x, "layer2.0.downsample.0.weight").sizes() == at::IntArrayRef{32, 16, 1, 1}));
  CHECK(part(*resnet, x, "layer3.2.bn2.running_var").min().item<double>() == 1);
  CHECK(part(*resnet, x, "layer3.2.bn2.running_mean").abs().max().item<double>() == 0);
  CHECK(test::objective("resnet:norm=none", pictures(3, 32))->layout()[0].name == "conv1.bias");
}

TEST_CASE("network: a cnn's loss equals the same network written out") {
  const auto data = pictures(2, 8);
  const auto problem = test::objective("cnn:channels=3,4,kernel=3,pad=1,hidden=5,dtype=f64", data);
  const auto x = random_point(*problem);
  const auto p = [&](const std::string& name) { return part(*problem, x, name); };
  auto h = samples_tensor(data->test).to(torch::kFloat64).view({12, 2, 8, 8});
  h = torch::max_pool2d(torch::relu(torch::conv2d(h, p("conv1.weight"), p("conv1.bias"), 1, 1)), 2);
  h = torch::max_pool2d(torch::relu(torch::conv2d(h, p("conv2.weight"), p("conv2.bias"), 1, 1)), 2).flatten(1);
  h = torch::linear(torch::relu(torch::linear(h, p("fc1.weight"), p("fc1.bias"))), p("fc2.weight"), p("fc2.bias"));
  const auto labels = torch::tensor(data->test.y).to(torch::kInt64);
  const auto score = problem->score(x, true);
  CHECK(score.loss == doctest::Approx(torch::cross_entropy_loss(h, labels).item<double>()).epsilon(1e-12));
  CHECK(score.accuracy == h.argmax(1).eq(labels).sum().item<double>() / 12);
  const auto logits = dynamic_cast<const LogitsOracle&>(*problem).logits(x, samples_tensor(data->test).to(torch::kFloat64));
  CHECK((logits - h).abs().max().item<double>() < 1e-12);
}

TEST_CASE("network: the transformer equals loops, and never looks ahead") {
  const auto data = text(5, 4);                            // three positions are predicted
  const auto problem = test::objective("transformer:layers=1,heads=2,width=4,dtype=f64", data);
  const auto x = random_point(*problem);
  const auto p = [&](const std::string& name) { return part(*problem, x, name); };
  const auto norm = [&](const torch::Tensor& v, const std::string& name) {
    const auto centred = v - v.mean(-1, true);
    return centred / (centred.pow(2).mean(-1, true) + 1e-5).sqrt() * p(name + ".weight") + p(name + ".bias");
  };
  const auto predict = [&](const std::vector<int>& tokens) {   // logits of the token after the last
    const auto time = static_cast<std::int64_t>(tokens.size());
    auto h = torch::zeros({time, 4}, torch::kFloat64);
    for (std::int64_t t = 0; t < time; ++t) h[t] = p("embedding.weight")[tokens[static_cast<std::size_t>(t)]] + p("position.weight")[t];
    const auto qkv = torch::matmul(norm(h, "layers.0.norm1"), p("layers.0.self_attn.in_proj_weight").t()) + p("layers.0.self_attn.in_proj_bias");
    auto mixed = torch::zeros({time, 4}, torch::kFloat64);
    for (std::int64_t head = 0; head < 2; ++head)
      for (std::int64_t t = 0; t < time; ++t) {
        const auto at = [&](std::int64_t row, std::int64_t which) { return qkv[row].narrow(0, 4 * which + 2 * head, 2); };
        auto weight = torch::zeros({t + 1}, torch::kFloat64);
        for (std::int64_t s = 0; s <= t; ++s) weight[s] = (at(t, 0).dot(at(s, 1)) / std::sqrt(2.0)).exp();
        weight /= weight.sum();
        for (std::int64_t s = 0; s <= t; ++s) mixed[t].narrow(0, 2 * head, 2) += weight[s] * at(s, 2);
      }
    h = h + torch::matmul(mixed, p("layers.0.self_attn.out_proj.weight").t()) + p("layers.0.self_attn.out_proj.bias");
    auto wide = torch::matmul(norm(h, "layers.0.norm2"), p("layers.0.linear1.weight").t()) + p("layers.0.linear1.bias");
    wide = 0.5 * wide * (1 + torch::erf(wide / std::sqrt(2.0)));
    h = h + torch::matmul(wide, p("layers.0.linear2.weight").t()) + p("layers.0.linear2.bias");
    return (torch::matmul(norm(h, "norm"), p("head.weight").t()) + p("head.bias"))[time - 1];
  };
  double loss = 0;
  for (std::size_t i = 0; i < data->test.count; ++i) {
    std::vector<int> tokens;
    for (std::size_t t = 0; t + 1 < 4; ++t) {
      tokens.push_back(static_cast<int>(data->test.x[4 * i + t]));
      loss -= predict(tokens).log_softmax(0)[static_cast<std::int64_t>(data->test.x[4 * i + t + 1])].item<double>();
    }
    const auto last = dynamic_cast<const LogitsOracle&>(*problem).logits(x, samples_tensor(data->test).narrow(0, static_cast<std::int64_t>(i), 1).to(torch::kFloat64));
    CHECK((last[0] - predict(tokens)).abs().max().item<double>() < 1e-12);
  }
  CHECK(problem->score(x, true).loss == doctest::Approx(loss / 18).epsilon(1e-12));
}

TEST_CASE("network: batch norm's running statistics are buffers that follow the data") {
  const auto data = pictures(2, 6);
  const auto problem = test::objective("cnn:channels=3,kernel=3,pad=0,norm=batch,hidden=0,dtype=f64", data);
  const auto& oracle = dynamic_cast<const GradientOracle&>(*problem);
  const auto x = random_point(*problem);
  const auto kept = x.clone();
  const std::vector<std::uint32_t> batch{0, 3, 7};
  Vec g = torch::empty_like(x);
  oracle.gradient(x, batch, g);
  CHECK(torch::equal(x, kept));
  const auto rows = samples_tensor(data->train).to(torch::kFloat64).view({12, 2, 6, 6}).index_select(0, torch::tensor({0, 3, 7}));
  const auto z = torch::conv2d(rows, part(*problem, x, "conv1.weight"), part(*problem, x, "conv1.bias")).transpose(0, 1).flatten(1);   // channels x values
  const auto mean = 0.1 * z.mean(1), variance = 0.9 + 0.1 * z.var(1, true);
  CHECK((part(*problem, g, "bn1.running_mean") - mean).abs().max().item<double>() < 1e-14);
  CHECK((part(*problem, g, "bn1.running_var") - variance).abs().max().item<double>() < 1e-14);
  for (const std::string solver : {"sgd:weight-decay=0.1", "momentum:weight-decay=0.1", "adam:weight-decay=0.1", "adamw:weight-decay=0.1"}) {
    CAPTURE(solver);
    auto y = x.clone();
    test::families().get<Solver>().make(solver)->step(y, oracle, batch, 0.3);
    CHECK((part(*problem, y, "bn1.running_mean") - mean).abs().max().item<double>() < 1e-14);
    CHECK((part(*problem, y, "bn1.running_var") - variance).abs().max().item<double>() < 1e-14);
    CHECK((part(*problem, y, "bn1.weight") - part(*problem, x, "bn1.weight")).abs().max().item<double>() > 1e-3);
  }
  // Evaluation uses them: other statistics, another score; a value does not.
  auto moved = x.clone();
  part(*problem, moved, "bn1.running_mean").add_(1);
  CHECK(problem->score(moved, true).loss != problem->score(x, true).loss);
  CHECK(dynamic_cast<const ValueOracle&>(*problem).value(moved, batch) == dynamic_cast<const ValueOracle&>(*problem).value(x, batch));
  CHECK(torch::equal(part(*problem, moved, "bn1.running_var"), part(*problem, x, "bn1.running_var")));
}

TEST_CASE("network: recalibrated statistics are those of the training set") {
  const auto data = pictures(2, 6);                        // 12 samples: one batch
  const auto problem = test::objective("cnn:channels=3,kernel=3,pad=0,norm=batch,hidden=0,dtype=f64", data);
  const auto x = random_point(*problem);
  const auto y = dynamic_cast<const CalibrationOracle&>(*problem).recalibrated(x);
  const auto z = torch::conv2d(samples_tensor(data->train).to(torch::kFloat64).view({12, 2, 6, 6}), part(*problem, x, "conv1.weight"), part(*problem, x, "conv1.bias"))
                     .transpose(0, 1).flatten(1);
  CHECK((part(*problem, y, "bn1.running_mean") - z.mean(1)).abs().max().item<double>() < 1e-14);
  CHECK((part(*problem, y, "bn1.running_var") - z.var(1, true)).abs().max().item<double>() < 1e-14);
  CHECK(torch::equal(part(*problem, y, "conv1.weight"), part(*problem, x, "conv1.weight")));
  CHECK(part(*problem, x, "bn1.running_mean").abs().max().item<double>() == 0);
  const auto without = test::objective("cnn:channels=3,kernel=3,hidden=0", data);
  CHECK_THROWS_AS(dynamic_cast<const CalibrationOracle&>(*without).recalibrated(random_point(*without)), Error);
}

TEST_CASE("network: gossip averages buffers with the weights") {
  auto setup = test::setup_of("cnn:channels=2,kernel=3,norm=batch,hidden=0,dtype=f64", pictures(1, 6), 2, 1);
  setup.local_steps = 3;
  const auto mixed = test::run("dsgd topology=complete", setup);
  const auto apart = test::run("dsgd topology=isolated", setup);
  for (std::size_t t = 0; t < mixed.models[0].tensors.size(); ++t) {
    CAPTURE(mixed.models[0].tensors[t].name);
    const auto a = to_doubles(apart.models[0].tensors[t]), b = to_doubles(apart.models[1].tensors[t]), m = to_doubles(mixed.models[0].tensors[t]);
    for (std::size_t i = 0; i < m.size(); ++i) CHECK(m[i] == doctest::Approx(0.5 * (a[i] + b[i])).epsilon(1e-14));
    CHECK(a != b);
  }
}

TEST_CASE("initialisations: deviation, bounds, orthogonality; LibTorch's generator has no say") {
  const auto weights = [](const std::string& rule, std::int64_t rows, std::int64_t columns) {
    Rng rng("init", 4);
    auto w = torch::empty({rows, columns}, torch::kFloat64);
    initialise_weight(rule, {rows, columns, columns, rows}, 1, rng, w.data_ptr<double>());
    return w;
  };
  const auto deviation = [&](const std::string& rule) { return weights(rule, 300, 100).std().item<double>(); };
  const auto bound = [&](const std::string& rule) { return weights(rule, 300, 100).abs().max().item<double>(); };
  CHECK(deviation("kaiming-normal") == doctest::Approx(std::sqrt(2.0 / 100)).epsilon(0.02));
  CHECK(deviation("kaiming-uniform") == doctest::Approx(std::sqrt(2.0 / 100)).epsilon(0.02));
  CHECK(deviation("xavier-normal") == doctest::Approx(std::sqrt(2.0 / 400)).epsilon(0.02));
  CHECK(deviation("xavier-uniform") == doctest::Approx(std::sqrt(2.0 / 400)).epsilon(0.02));
  CHECK(deviation("normal") == doctest::Approx(0.02).epsilon(0.02));
  CHECK(deviation("fan-in") == doctest::Approx(0.1 / std::sqrt(3.0)).epsilon(0.02));
  CHECK(bound("kaiming-uniform") <= std::sqrt(6.0 / 100));
  CHECK(bound("kaiming-uniform") > 0.99 * std::sqrt(6.0 / 100));
  CHECK(bound("kaiming-normal") > 1.2 * std::sqrt(6.0 / 100));
  CHECK(bound("zeros") == 0);
  const auto tall = weights("orthogonal", 7, 4), wide = weights("orthogonal", 4, 7);
  const auto one = torch::eye(4, torch::kFloat64);
  CHECK((torch::matmul(tall.t(), tall) - one).abs().max().item<double>() < 1e-13);
  CHECK((torch::matmul(wide, wide.t()) - one).abs().max().item<double>() < 1e-13);
  for (const auto& rule : initialisations()) {
    CAPTURE(rule);
    const auto problem = test::objective("cnn:channels=2,kernel=3,init=" + rule, pictures(1, 6));
    Rng first("init", 1), second("init", 1);
    torch::manual_seed(1);
    const auto a = problem->initial(first);
    torch::manual_seed(2);
    CHECK(torch::equal(a, problem->initial(second)));
    const double bias = part(*problem, a, "conv1.bias").abs().max().item<double>();
    if (rule == "fan-in") CHECK(bias > 0);
    else CHECK(bias == 0);
  }
  CHECK_THROWS_AS(test::objective("cnn:init=best", pictures(1, 28)), Error);
}

TEST_CASE("a bf16 state is kept, sent and written in bf16, computed in f32") {
  const auto data = test::clouds(6);
  for (const std::string network : {"mlp:hidden=8", "softmax:init=normal"}) {
    CAPTURE(network);
    auto setup = test::setup_of(network + ",dtype=bf16", data, 3, 4);
    setup.local_steps = 2;
    const auto half = test::run("dsgd", setup);
    CHECK((half.models[0].tensors[0].dtype == Dtype::bf16));
    setup.objective = test::objective(network, data);
    const auto full = test::run("dsgd", setup);
    const auto a = to_doubles(half.models[1].tensors[1]), b = to_doubles(full.models[1].tensors[1]);
    double gap = 0;
    for (std::size_t i = 0; i < a.size(); ++i) gap = std::max(gap, std::fabs(a[i] - b[i]));
    CHECK(gap > 0);
    CHECK(gap < 0.05);
    CHECK(half.result.traffic[0].model * 2 == full.result.traffic[0].model);
  }
  const auto problem = test::objective("mlp:hidden=8,dtype=bf16", data);
  Rng rng("init", 0);
  const auto x = problem->initial(rng);
  CHECK((x.scalar_type() == torch::kBFloat16));
  CHECK(torch::equal(from_record(*problem, to_record(*problem, x, "model"), "a record"), x));
  CHECK(problem->score(x, true).loss == doctest::Approx(test::objective("mlp:hidden=8", data)->score(x.to(torch::kFloat32), true).loss).epsilon(1e-6));
}

TEST_CASE("networks refuse what does not fit them") {
  const auto refusal = [](const std::string& component, std::shared_ptr<const Dataset> data) {
    try {
      test::objective(component, std::move(data));
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("nothing");
  };
  CHECK(refusal("cnn", test::clouds(4)) == "objective 'cnn' needs pictures, dataset 'clouds' holds none");
  CHECK(refusal("cnn", pictures(1, 8)) == "pictures of 8x8 are too small for convolution 2 of this cnn");
  CHECK(refusal("resnet:depth=9", pictures(1, 8)) == "option 'resnet:depth' is 9, must be 6 n + 2 with n >= 1: 8, 14, 20, ...");
  CHECK(refusal("resnet:norm=group,width=6,groups=4", pictures(1, 8)) == "group norm cannot cut 6 channels into 4 groups");
  CHECK(refusal("transformer", pictures(1, 8)) == "objective 'transformer' needs a text, dataset 'pictures' is none");
  CHECK(refusal("transformer:width=5,heads=2", text(5, 4)) == "option 'transformer:width' is 5, no multiple of heads = 2");
  CHECK(refusal("mlp", text(5, 4)) == "this objective needs samples with classes, dataset 'text' is a text");
  CHECK_THROWS_AS(parse_device("gpu"), Error);
  CHECK_THROWS_AS(parse_device("cuda:x"), Error);
  CHECK(parse_device("cpu").is_cpu());
  try {
    parse_device("cuda:1000");
    FAIL("nobody has so many devices");
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::system);
  }
}

}  // namespace dml
