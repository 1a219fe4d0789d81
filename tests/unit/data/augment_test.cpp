// Augmentations, and how batches are gathered.
#include <doctest/doctest.h>

#include <set>

#include "data/batch.h"
#include "data_helpers.h"

using namespace dml;
using namespace dml::test;

namespace {

std::unique_ptr<Augmentation> augmentation(const std::string& component) {
  Registry<Augmentation> registry("augmentation");
  register_augmentations(registry);
  return registry.make(component);
}

// Two channels of 2 x 3: 1..6 and 11..16.
const std::vector<float> kPicture{1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16};
const ImageShape kShape{2, 2, 3};

std::set<std::vector<float>> outcomes(const std::string& component, int draws = 400) {
  const auto made = augmentation(component);
  std::set<std::vector<float>> out;
  Rng rng("test", 1);
  for (int i = 0; i < draws; ++i) {
    auto picture = kPicture;
    made->apply(picture.data(), kShape, rng);
    out.insert(picture);
  }
  return out;
}

Dataset dataset() {
  Dataset data;
  data.name = "two";
  data.image = {1, 1, 3};
  data.train = {2, 3, {1, 2, 3, 4, 5, 6}, {}, {}};
  return data;
}

}  // namespace

TEST_CASE("flip mirrors rows, of every channel, now and then") {
  const std::vector<float> mirrored{3, 2, 1, 6, 5, 4, 13, 12, 11, 16, 15, 14};
  CHECK(outcomes("flip") == std::set<std::vector<float>>{kPicture, mirrored});
  CHECK(outcomes("flip:chance=1") == std::set<std::vector<float>>{mirrored});
}

TEST_CASE("crop shifts by up to pad pixels, all channels alike, and fills the border") {
  const auto all = outcomes("crop:pad=1,fill=-7", 1000);
  CHECK(all.size() == 9);
  CHECK(all.count(kPicture) == 1);
  CHECK(all.count({5, 6, -7, -7, -7, -7, 15, 16, -7, -7, -7, -7}) == 1);      // down and right by one
  CHECK(all.count({-7, -7, -7, -7, 1, 2, -7, -7, -7, -7, 11, 12}) == 1);
  CHECK(outcomes("crop:pad=1").count({-7, -7, -7, -7, 1, 2, -7, -7, -7, -7, 11, 12}) == 0);
  CHECK(outcomes("crop:pad=40", 2000).count(std::vector<float>(12, 0)) == 1); // nothing is left: no access beyond the picture
  CHECK(fault_of([] { augmentation("crop:pad=0"); }).fault() == Fault::usage);
}

TEST_CASE("a batch is gathered in its order, augmented only where it has random numbers, the same twice") {
  Dataset data = dataset();
  const std::vector<std::uint32_t> rows{1, 0, 1};
  std::vector<float> plain(9), first(9), again(9);
  gather(data, data.train, Batch(rows), plain.data());
  CHECK(plain == std::vector<float>{4, 5, 6, 1, 2, 3, 4, 5, 6});
  data.augmentations = {augmentation("crop:pad=1"), augmentation("flip:chance=1")};
  gather(data, data.train, Batch(rows), first.data());
  CHECK(first == plain);
  const Rng rng("augment", 1, 2, 3, 4);
  gather(data, data.train, Batch(rows, &rng), first.data());
  gather(data, data.train, Batch(rows, &rng), again.data());
  CHECK(first == again);
  CHECK(first != plain);
  int changed = 0;
  for (std::uint32_t node = 0; node < 20; ++node) {
    const Rng other("augment", 1, node, 3, 4);
    gather(data, data.train, Batch(rows, &other), again.data());
    changed += again != first;
  }
  CHECK(changed > 10);
}

TEST_CASE("augmentations wrap a data source") {
  Families families;
  families.add<DataSource>("dataset", register_datasets);
  families.add<Augmentation>("augmentation", register_augmentations);
  const auto data = load_dataset(families, parse_chain("flip:chance=0.25+crop:pad=1+digits"), formats());
  CHECK(data.name == "flip:chance=0.25+crop:pad=1+digits");
  CHECK(data.augmentations.size() == 2);
  CHECK(data.image.size() == 64);
  CHECK(fault_of([&] { load_dataset(families, parse_chain("digits+flip"), formats()); }).fault() == Fault::usage);
  const Folder folder;
  const auto file = folder.write("t.csv", "1,2,3,0\n4,5,6,1\n1,1,1,1\n");
  const auto error = fault_of([&] { load_dataset(families, parse_chain("flip+csv:every=2,train=" + file), formats()); });
  CHECK(error.fault() == Fault::usage);
  CHECK(says(error, "holds no pictures"));
  CHECK(load_dataset(families, parse_chain("flip+csv:every=2,shape=1,1,3,train=" + file), formats()).image.width == 3);
  CHECK(fault_of([&] { load_dataset(families, parse_chain("csv:every=2,shape=1,2,3,train=" + file), formats()); }).fault() == Fault::usage);
}

TEST_CASE("text: windows overlap by one byte, the end of the file is the test set") {
  const Folder folder;
  const auto file = folder.write("t.txt", "abcdefghijklmnopqrst");        // 20 bytes: 16 and 4
  Registry<DataSource> sources("dataset");
  register_datasets(sources);
  const auto data = sources.make("text:context=3,test=0.2,file=" + file)->load(formats());
  CHECK(data.vocabulary == 256);
  CHECK(data.train.features == 4);
  CHECK(data.train.count == 5);
  CHECK(data.train.x[4] == 'd');                                          // the last byte of the window before
  CHECK(data.train.x[19] == 'p');
  CHECK(data.test.count == 1);
  CHECK(data.test.x == std::vector<float>{'q', 'r', 's', 't'});
  CHECK(data.train.y.empty());
  CHECK(fault_of([&] { sources.make("text:context=4,test=0.2,file=" + file)->load(formats()); }).fault() == Fault::input);
  CHECK(fault_of([&] { sources.make("text:file=" + folder.path("absent"))->load(formats()); }).fault() == Fault::input);
}

TEST_CASE("csv: a group column is no feature") {
  const Folder folder;
  const auto file = folder.write("t.csv", "1,30,2,0\n4,10,5,1\n7,30,8,1\n9,20,9,0\n");
  Registry<DataSource> sources("dataset");
  register_datasets(sources);
  const auto data = sources.make("csv:group=1,every=4,train=" + file)->load(formats());
  CHECK(data.train.group == std::vector<std::int32_t>{30, 10, 30});
  CHECK(data.train.x == std::vector<float>{1, 2, 4, 5, 7, 8});
  CHECK(data.train.y == std::vector<std::int32_t>{0, 1, 1});
  for (const char* group : {"3", "4"}) CHECK(fault_of([&] { sources.make("csv:group=" + std::string(group) + ",train=" + file)->load(formats()); }).fault() == Fault::usage);
}
