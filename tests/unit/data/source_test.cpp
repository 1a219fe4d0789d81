// Loaders: shapes, known facts of the shipped files, refusals, and that every option shows.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "data_helpers.h"

using namespace dml;
using namespace dml::test;
using namespace std::literals;

namespace {
Dataset load(const std::string& component, const OpenOptions& open = formats()) {
  Registry<DataSource> registry("data");
  register_datasets(registry);
  return registry.make(component)->load(open);
}
Error refused(const std::string& component) { return fault_of([&] { load(component); }); }
double sum(const Samples& samples) { return std::accumulate(samples.x.begin(), samples.x.end(), 0.0); }
std::vector<int> counts(const Samples& samples, int classes) {
  std::vector<int> out(static_cast<std::size_t>(classes));
  for (const auto label : samples.y) ++out.at(static_cast<std::size_t>(label));
  return out;
}
std::string gzip(const std::string& bytes) {
  std::string out(compressBound(bytes.size()) + 64, '\0');
  z_stream state{};
  deflateInit2(&state, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  state.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  state.avail_in = static_cast<uInt>(bytes.size());
  state.next_out = reinterpret_cast<Bytef*>(out.data());
  state.avail_out = static_cast<uInt>(out.size());
  deflate(&state, Z_FINISH);
  out.resize(state.total_out);
  deflateEnd(&state);
  return out;
}
}  // namespace

TEST_CASE("digits: 1438 train and 359 test samples, the sums and classes of the shipped file") {
  const Dataset data = load("digits");
  CHECK(data.name == "digits");
  CHECK(data.classes == 10);
  CHECK(data.train.count == 1438);
  CHECK(data.test.count == 359);
  CHECK(data.train.features == 64);
  CHECK(data.train.x.size() == 1438 * 64);
  CHECK(sum(data.train) * 16 == 450304);
  CHECK(sum(data.test) * 16 == 111414);
  CHECK(counts(data.train, 10) == std::vector<int>{151, 161, 143, 131, 147, 154, 150, 136, 127, 138});
  CHECK(counts(data.test, 10) == std::vector<int>{27, 21, 34, 52, 34, 28, 31, 43, 47, 42});
  CHECK(data.train.y[0] == 0);
  CHECK(data.train.x[2] == 5 / 16.f);
  CHECK(data.test.y[0] == 4);                              // the fifth line
  CHECK(data.test.x[4] == 11 / 16.f);
}

TEST_CASE("mnist: the shipped images, plain") {
  const Dataset data = load("mnist:standardise=false");
  CHECK(data.name == "mnist:standardise=false");
  CHECK(data.train.count == 4000);
  CHECK(data.test.count == 1000);
  CHECK(data.train.features == 784);
  CHECK(std::fabs(sum(data.train) * 255 - 103665918) < 1);
  CHECK(counts(data.train, 10) == std::vector<int>{379, 444, 397, 392, 430, 350, 405, 433, 373, 397});
  CHECK(counts(data.test, 10) == std::vector<int>{85, 126, 116, 107, 110, 87, 87, 99, 89, 94});
  CHECK(std::vector<int>(data.train.y.begin(), data.train.y.begin() + 6) == std::vector<int>{5, 0, 4, 1, 9, 2});
  CHECK(data.train.x[156] == doctest::Approx(126 / 255.0));
  CHECK(data.train.x[157] == doctest::Approx(136 / 255.0));
}

TEST_CASE("mnist: standardised, pooled, fewer") {
  const Dataset data = load("mnist:pool=2,train=10,test=3");
  CHECK(data.train.count == 10);
  CHECK(data.test.count == 3);
  CHECK(data.train.features == 196);
  CHECK(data.train.x[0] == doctest::Approx(-0.1307 / 0.3081));
  CHECK(data.train.x[3 * 14 + 3] == doctest::Approx((12.25 / 255 - 0.1307) / 0.3081));
  CHECK(data.train.x[7 * 14 + 8] == doctest::Approx((219.5 / 255 - 0.1307) / 0.3081));
  CHECK(data.name == "mnist:pool=2,test=3,train=10");
  CHECK(refused("mnist:train=4001").fault() == Fault::usage);
  CHECK(refused("mnist:pool=3").fault() == Fault::usage);
}

TEST_CASE("mnist: another folder, gz or not, and what is wrong with it") {
  const Folder folder;
  const std::string images = idx_bytes(8, {2, 28, 28}, std::string(2 * 784, '\7')), labels = idx_bytes(8, {2}, {3, 9});
  folder.write("train-images-idx3-ubyte", images);
  folder.write("train-labels-idx1-ubyte.gz", gzip(labels));
  folder.write("t10k-images-idx3-ubyte.gz", gzip(images));
  folder.write("t10k-labels-idx1-ubyte", labels);
  const std::string component = "mnist:standardise=false,dir=" + folder.path("");
  const Dataset data = load(component);
  CHECK(data.train.count == 2);
  CHECK(data.test.y == std::vector<std::int32_t>{3, 9});
  CHECK(data.test.x[5] == doctest::Approx(7 / 255.0));

  folder.write("t10k-labels-idx1-ubyte", idx_bytes(8, {3}, {3, 9, 1}));
  CHECK(says(refused(component), "needs u8 2"));
  folder.write("t10k-labels-idx1-ubyte", idx_bytes(8, {2}, {3, 10}));
  CHECK(says(refused(component), "label 10"));
  folder.write("t10k-labels-idx1-ubyte", labels.substr(0, labels.size() - 1));
  CHECK(refused(component).fault() == Fault::input);
  folder.write("train-images-idx3-ubyte", idx_bytes(8, {2, 28, 27}, std::string(2 * 28 * 27, '\7')));
  CHECK(says(refused(component), "2x28x27"));
  CHECK(refused("mnist:dir=/no/such/folder").fault() == Fault::input);
}

TEST_CASE("csv data: labels last, first or none, split or two files, scale") {
  const Folder folder;
  const std::string train = folder.write("train.csv", "a,b,label\n1,2,0\n3,4,2\n5,6,1\n7,8,0\n9,10,1\n11,12,0\n");
  Dataset data = load("csv:train=" + train);
  CHECK(data.name == "csv:train=" + train);
  CHECK(data.classes == 3);
  CHECK(data.train.count == 5);
  CHECK(data.test.x == std::vector<float>{9, 10});
  CHECK(data.test.y == std::vector<std::int32_t>{1});
  CHECK(load("csv:every=2,train=" + train).test.y == std::vector<std::int32_t>{2, 0, 0});
  CHECK(load("csv:scale=2,train=" + train).train.x[1] == 1);

  data = load("csv:label=none,train=" + train);
  CHECK(data.classes == 0);
  CHECK(data.train.features == 3);
  CHECK(data.train.y.empty());
  const std::string first = folder.write("first.csv", "1,0.5,0.25\n0,3,4\n");
  data = load("csv:label=first,train=" + first + ",test=" + first);
  CHECK(data.classes == 2);
  CHECK(data.train.count == 2);
  CHECK(data.test.x == std::vector<float>{0.5, 0.25, 3, 4});
}

TEST_CASE("csv data: what cannot be learned from") {
  const Folder folder;
  const auto file = [&](const std::string& text) { return folder.write("bad.csv", text); };
  CHECK(says(refused("csv:train=" + file("1,0\n2,0.5\n")), "sample 1"));
  CHECK(says(refused("csv:train=" + file("1,-1\n")), "label -1"));
  CHECK(says(refused("csv:train=" + file("1,1e9\n")), "label"));
  CHECK(says(refused("csv:train=" + file("nan,1\n")), "not finite"));
  CHECK(says(refused("csv:train=" + file("1e300,1\n")), "not finite"));                    // beyond float
  CHECK(says(refused("csv:train=" + file("1\n")), "one column"));
  CHECK(says(refused("csv:train=" + file("a,b\n")), "no training sample"));
  const std::string three = folder.write("three.csv", "1,2,0\n");
  CHECK(says(refused("csv:train=" + file("1,0\n") + ",test=" + three), "features"));
  CHECK(refused("csv:train=" + folder.path("absent.csv")).fault() == Fault::input);
  CHECK(refused("csv").fault() == Fault::usage);
  CHECK(says(refused("digits:file=" + file("1,0\n")), "65"));
  std::string digits;
  for (int i = 0; i < 64; ++i) digits += "17,";
  CHECK(says(refused("digits:file=" + file(digits + "1\n")), "0..16"));
  for (const std::string& component : {"csv:train=" + file("1,2"), "digits:file=" + file("1,2")}) CHECK(refused(component).fault() == Fault::input);
}

TEST_CASE("digits: another file takes the place of the shipped one") {
  const Folder folder;
  std::string text;
  for (int row = 0; row < 5; ++row) {
    for (int i = 0; i < 64; ++i) text += std::to_string(row + 1) + ",";
    text += std::to_string(row) + "\n";
  }
  const std::string path = folder.write("five.csv.gz", gzip(text));
  const Dataset data = load("digits:file=" + path);
  CHECK(data.train.count == 4);
  CHECK(data.test.x[63] == 5 / 16.f);
  folder.write("five.csv.gz", gzip(text).substr(0, gzip(text).size() - 9));
  CHECK(refused("digits:file=" + path).fault() == Fault::input);
}

TEST_CASE("idx data") {
  const Folder folder;
  const std::string x = folder.write("x", idx_bytes(8, {6, 2, 1}, "\1\2\3\4\5\6\7\10\11\12\13\14")), y = folder.write("y", idx_bytes(8, {6}, {0, 1, 0, 1, 3, 0}));
  const std::string both = "idx:images=" + x + ",labels=" + y;
  Dataset data = load(both);
  CHECK(data.train.features == 2);
  CHECK(data.train.count == 5);
  CHECK(data.test.y == std::vector<std::int32_t>{3});
  CHECK(data.classes == 4);
  CHECK(data.train.x[1] == doctest::Approx(2 / 255.0));
  CHECK(load(both + ",scale=2").train.x[1] == 1);
  data = load(both + ",test-images=" + x + ",test-labels=" + y);
  CHECK(data.train.count == 6);
  CHECK(data.test.count == 6);
  CHECK(refused(both + ",test-images=" + x).fault() == Fault::usage);
  const std::string five = folder.write("five", idx_bytes(8, {5}, {0, 1, 0, 1, 3}));
  CHECK(refused("idx:images=" + x + ",labels=" + five).fault() == Fault::input);
}

TEST_CASE("cifar10 and cifar100: batches under both names, channels standardised, fewer") {
  const Folder folder;
  const auto batch = [](const std::string& labels, std::size_t width) {      // red 255, green 51, blue 0
    std::string out;
    for (std::size_t i = 0; i < labels.size(); i += width) out += labels.substr(i, width) + std::string(1024, '\xff') + std::string(1024, '3') + std::string(1024, '\0');
    return out;
  };
  folder.write("train.bin", batch("\3\1\7", 1));
  folder.write("test.bin.gz", gzip(batch("\2", 1)));
  const std::string dir = folder.path("");
  Dataset data = load("cifar10:standardise=false,dir=" + dir);
  CHECK(data.name == "cifar10:dir=" + dir + ",standardise=false");
  CHECK(data.classes == 10);
  CHECK(data.train.count == 3);
  CHECK(data.train.features == 3072);
  CHECK(data.train.y == std::vector<std::int32_t>{3, 1, 7});
  CHECK(data.test.y == std::vector<std::int32_t>{2});
  CHECK(data.train.x[1023] == 1);
  CHECK(data.train.x[1024] == doctest::Approx(0.2));
  CHECK(data.train.x[3071] == 0);
  data = load("cifar10:train=2,test=1,dir=" + dir);
  CHECK(data.train.count == 2);
  CHECK(data.train.x.size() == 2 * 3072);
  CHECK(data.train.x[0] == doctest::Approx((1 - 0.4914) / 0.2470));
  CHECK(data.train.x[1024] == doctest::Approx((0.2 - 0.4822) / 0.2435));
  CHECK(data.train.x[2048] == doctest::Approx(-0.4465 / 0.2616));
  CHECK(refused("cifar10:train=4,dir=" + dir).fault() == Fault::usage);
  CHECK(refused("cifar100:dir=" + dir).fault() == Fault::input);
  CHECK(refused("cifar10").fault() == Fault::usage);

  for (int i = 1; i <= 4; ++i) folder.write("data_batch_" + std::to_string(i) + ".bin", batch(std::string(1, static_cast<char>(i)), 1));
  folder.write("test_batch.bin", batch("\2\3", 1));
  CHECK(says(refused("cifar10:dir=" + dir), "data_batch_5.bin"));
  folder.write("data_batch_5.bin", batch("\5", 1));
  data = load("cifar10:dir=" + dir);
  CHECK(data.train.y == std::vector<std::int32_t>{1, 2, 3, 4, 5});
  CHECK(data.test.count == 2);
  CHECK(load("cifar10:train=2,dir=" + dir).train.y == std::vector<std::int32_t>{1, 2});

  folder.write("train.bin", batch("\1\x63\0\4"s, 2));
  folder.write("test.bin", batch("\23\5"s, 2));
  std::filesystem::remove(folder.path("test.bin.gz"));
  data = load("cifar100:dir=" + dir);
  CHECK(data.classes == 100);
  CHECK(data.train.y == std::vector<std::int32_t>{99, 4});
  CHECK(data.train.x[2048] == doctest::Approx(-0.4409 / 0.2762));
}
