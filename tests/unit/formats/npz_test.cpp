#include <doctest/doctest.h>

#include "unit/formats/format_helpers.h"
#include "wire/zip.h"

using namespace dml;
using namespace dml::test;
using namespace std::literals;

namespace {

bool says(const std::string& error, const std::string& text) { return error.find(text) != std::string::npos; }

// numpy 1.24: np.savez_compressed(f, b=np.arange(40, dtype='<f4').reshape(5, 8), a=np.array(True))
const std::string kCompressed = "PK\003\004\024\000\000\000\010\000\000\000!\000G\203u\255\250\000\000\000 \001\000\000\005\000\024\000b.npy\001\000\020\000 \001\000\000\000\000\000\000\250\000\000\000\000\000\000\000\235\310\241\017\001q\030\306\361\327&\230\011\027\004A\370\265\037\333\005\201\315\314\206\013\032S\004\211\233\273\233`\316\356L1\333E\321\246\210\027EQ\024EQ\274(\212\242/\177\202g\357\347\331\336\347\320\037\366\006\243\224\254e\243\0357\234\006\272\241t\323\253jSi\317\017V\201\275\030\373\201\343~\367\256=\017]\366pf/]\376R\315T\365\262\251\266\352\357d\345\227\250E\2659D\210qE\002\351\210\030P\250\240\215\001&X\042\302\016{\034\021\343\2043.\270\342\206;\036H\360\304\013o\210%\222F\0069\030\310\243\200\242\365\001PK\003\004\024\000\000\000\010\000\000\000!\000\202-\370\323C\000\000\000\201\000\000\000\005\000\024\000a.npy\001\000\020\000\201\000\000\000\000\000\000\000C\000\000\000\000\000\000\000\233\354\027\352\033\020\311\310P\306P\255\236\222Z\234\134\244n\245\240^\223d\250\256\243\240\236\226_TR\224\230\027\237_\224\222\012\022wK\314)N\005\212\027g$\026\244\002\371\032\232:\012\265\012\024\001.F\000PK\001\002\024\003\024\000\000\000\010\000\000\000!\000G\203u\255\250\000\000\000 \001\000\000\005\000\000\000\000\000\000\000\000\000\000\000\200\001\000\000\000\000b.npyPK\001\002\024\003\024\000\000\000\010\000\000\000!\000\202-\370\323C\000\000\000\201\000\000\000\005\000\000\000\000\000\000\000\000\000\000\000\200\001\337\000\000\000a.npyPK\005\006\000\000\000\000\002\000\002\000f\000\000\000Y\001\000\000\000\000"s;

/// `bytes` with `value` at the `at`th byte of the nth central directory entry (0: the first), or of the end record (n = -1).
std::string with(std::string bytes, int n, std::size_t at, const std::string& value) {
  std::size_t place = n < 0 ? bytes.rfind("PK\5\6") : bytes.find("PK\1\2");
  for (int i = 0; i < n; ++i) place = bytes.find("PK\1\2", place + 4);
  REQUIRE(place != std::string::npos);
  return bytes.replace(place + at, value.size(), value);
}
std::string refused(const std::string& bytes, const Limits& limits = {}) { return refusal("npz", bytes, limits); }

std::string two_arrays() { return write_as("npz", {{"model", {}, {make_tensor<float>("a", {1, 2}), make_tensor<double>("b", {3})}, {}}}); }

}  // namespace

TEST_CASE("npz: a deflated archive of numpy reads from a file and from a pipe") {
  for (const bool piped : {false, true}) {
    const auto records = piped ? read_as("npz", std::make_unique<Pipe>(kCompressed)) : read_as("npz", kCompressed);
    REQUIRE(records.size() == 1);
    CHECK(records[0].kind == "model");
    REQUIRE(records[0].tensors.size() == 2);
    CHECK(records[0].tensors[0].name == "a");
    CHECK(records[0].tensors[0].dtype == Dtype::boolean);
    CHECK(records[0].tensors[1].shape == std::vector<std::int64_t>{5, 8});
    CHECK(to_doubles(records[0].tensors[1])[39] == 39);
  }
  CHECK(read_bytes(kCompressed).size() == 1);              // sniffed
}

TEST_CASE("npz: records come back with kind, meta and header; names sort as tensors, not as files") {
  Record record{"update", {{"sender", 3}, {"weight", 2.0}, {"note", "x"}}, {}, {}};
  for (const char* name : {"a", "a-b", "a/b", "z\xc3\xa9"}) record.tensors.push_back(make_tensor<float>(name, {1, 2, 3}, {3, 1}));
  record.tensors.push_back(make_tensor<std::uint8_t>("zz", {}, {0, 2}));
  sort_tensors(record, "the test");
  const std::string bytes = write_as("npz", {record});
  StreamHeader header;
  const auto back = read_as("npz", bytes, {}, &header);
  CHECK(equal(back.at(0), record));
  CHECK(header.verb == "make");
  CHECK(header.seed == 7);
  CHECK(equal(read_as("npz", std::make_unique<Pipe>(bytes)).at(0), record));
  CHECK(read_as("npz", write_as("npz", {{"model", {}, {}, {}}})).at(0).tensors.empty());
  CHECK(write_as("npz", {record}) == bytes);               // no time of day
}

TEST_CASE("npz: numbers that stand in zip64 fields") {
  const std::string plain = two_arrays();
  const std::string full = "\xff\xff\xff\xff";
  const auto central = plain.find("PK\1\2"), end = plain.rfind("PK\5\6");
  const auto read_at = [&](std::size_t at, int count) { return plain.substr(at, static_cast<std::size_t>(count)); };
  // The first entry's three numbers move into an extra field, as in an archive beyond 4 GiB.
  const std::string zeros(4, '\0'), extra = "\1\0\x18\0"s + read_at(central + 24, 4) + zeros + read_at(central + 20, 4) + zeros + read_at(central + 42, 4) + zeros;
  std::string wide = with(with(with(plain, 0, 20, full), 0, 24, full), 0, 42, full);
  wide = with(wide, 0, 30, std::string{static_cast<char>(extra.size()), 0});
  wide.insert(central + 46 + 5, extra);                    // after the name "a.npy"
  // And the end record's into a zip64 record.
  std::string record = "PK\6\6"s + "\x2c\0\0\0\0\0\0\0"s + "\x2d\0\x2d\0"s + std::string(8, '\0') + "\2\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0"s;
  const std::uint64_t size = end - central + extra.size();
  for (const std::uint64_t number : {size, std::uint64_t{central}})
    for (int i = 0; i < 8; ++i) record += static_cast<char>(number >> (8 * i) & 255);
  record += "PK\6\7"s + zeros;
  for (int i = 0; i < 8; ++i) record += static_cast<char>((central + size) >> (8 * i) & 255);
  record += "\1\0\0\0"s;
  std::string all = wide;
  all.insert(all.rfind("PK\5\6"), record);
  all = with(with(with(all, -1, 8, "\xff\xff\xff\xff"), -1, 12, full), -1, 16, full);
  CHECK(equal(read_as("npz", all).at(0), read_as("npz", plain).at(0)));

  std::string cut = all;                                   // the extra field says that it is shorter than its three numbers
  cut[central + 46 + 5 + 2] = 16;
  CHECK(says(refused(cut), "whose zip64 field is cut"));
  CHECK(says(refused(with(wide, 0, 24, "\1\0\0\0"s)), "'memory' has a directory that does not end"));
}

TEST_CASE("npz: forged archives are refused before memory is taken") {
  const std::string good = two_arrays();
  CHECK(error_of([&] { read_as("npz", good); }) == "");
  CHECK(says(refused(good + "x"), "has no end record"));
  CHECK(says(refused(good + good), "'memory' has a directory that does not end"));
  CHECK(says(refused("x" + good), "'memory' has a directory that does not end"));
  CHECK(says(refused(with(kCompressed, 0, 24, "\xff\xff\xff\x7f")), "claim to inflate to 2.0 GiB, more than deflate can hold"));
  CHECK(says(refused(with(kCompressed, 0, 24, "\x21\1\0\0"s)), "inflates to less than it claims"));
  CHECK(says(refused(with(kCompressed, 0, 24, "\x1f\1\0\0"s)), "inflates to more than it claims"));
  CHECK(says(refused(with(kCompressed, 0, 16, "\1\2\3\4")), "'b.npy' in 'memory' is damaged: its checksum does not fit"));
  CHECK(says(refused(with(kCompressed, 0, 20, "\xa7\0\0\0"s)), "'b.npy' in 'memory' is damaged: it does not inflate"));
  CHECK(says(refused(with(kCompressed, 0, 20, "\xa9\0\0\0"s)), "overlaps what follows it"));
  CHECK(says(refused(with(kCompressed, 1, 42, "\0\0\0\0"s)), "overlaps what follows it"));
  CHECK(says(refused(with(kCompressed, 0, 42, "\1\0\0\0"s)), "does not begin with its first entry"));
  CHECK(says(refused(with(kCompressed, 0, 10, "\0\0"s)), "holds 'b.npy', stored with two sizes"));
  CHECK(says(refused(with(good, 0, 8, "\1\0"s)), "holds 'a.npy', which is encrypted"));
  CHECK(says(refused(with(good, 0, 10, "\x0c\0"s)), "compressed by method 12"));
  CHECK(says(refused(with(good, 0, 10, "\x08\0"s)), "is described in two ways"));
  CHECK(says(refused(with(good, 0, 46, "x")), "is described in two ways"));
  CHECK(says(refused(with(good, 1, 46, "a")), "holds 'a.npy' twice"));
  CHECK(says(refused(with(good, 0, 46, "\0"s)), "zero byte"));
  CHECK(says(refused(with(good, 0, 46 + 4, "z")), "holds 'a.npz', which is no .npy array"));
  CHECK(says(refused(with(good, 0, 28, "\xff\xff")), "damaged directory"));
  CHECK(says(refused(with(good, -1, 8, "\1\0\1\0"s)), "counts fewer entries"));
  CHECK(says(refused(with(good, -1, 8, "\xff\xff\xff\xff")), "more than its directory can hold"));
  CHECK(says(refused(with(good, -1, 16, "\xff\xff\xff\xff")), "does not end where"));
  CHECK(says(refused(with(good, -1, 4, "\1\0"s)), "several disks"));
  std::string damaged = good;                              // one bit of a stored array
  damaged[damaged.find("PK\1\2") - 1] ^= 1;
  CHECK(says(refused(damaged), "'b.npy' in 'memory' is damaged: its checksum does not fit"));
  Limits limits;
  limits.tensors = 1;
  CHECK(says(refused(good, limits), "holds 2 entries, over the limit of 1"));
  limits = {};
  limits.tensor_bytes = 7;
  CHECK(says(refused(good, limits), "over the limit of 7 B"));
  limits = {};
  limits.inflated_bytes = 470;                             // of all entries, and of what a pipe may bring
  CHECK(error_of([&] { read_as("npz", kCompressed, limits); }) == "");
  limits.inflated_bytes = 400;
  CHECK(says(error_of([&] { read_as("npz", kCompressed, limits); }), "inflates to more than the limit of 400 B"));
  CHECK(says(error_of([&] { read_as("npz", std::make_unique<Pipe>(good), limits); }), "longer than the limit of 400 B"));
}

TEST_CASE("npz: what the format cannot hold is refused") {
  const Record good{"model", {}, {make_tensor<float>("a", {1})}, {}};
  CHECK(says(error_of([&] { write_as("npz", {good, good}); }), "2 npz holds one record"));
  CHECK(says(error_of([&] { write_as("npz", {}); }), "2 npz holds one record: there is none"));
  const double one = 1;
  CHECK(says(error_of([&] { write_as("npz", {{"model", {}, {{"a", Dtype::bf16, {1}, from_doubles(&one, 1, Dtype::bf16), {}}}, {}}}); }), "numpy has no bf16"));
  CHECK(says(error_of([&] { write_as("npz", {{"model", {{"long", std::string(70000, 'x')}}, {}, {}}}); }), "at most 65535 bytes"));
}

TEST_CASE("zip: an entry hands out its bytes in any pieces, also when the input is used up before the output") {
  const auto entries = [] { return ZipReader(memory_source(std::as_bytes(std::span(kCompressed)), "'memory'"), 10); };
  auto archive = entries();
  for (const auto& entry : archive.entries()) {
    std::string whole, single;
    std::byte byte;
    for (const auto source = archive.open(entry); source->read({&byte, 1}) == 1;) single += static_cast<char>(byte);
    const auto bytes = read_bytes(*archive.open(entry), entry.size);
    REQUIRE(bytes);
    whole.assign(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    CHECK(whole == single);
    CHECK(whole.size() == entry.size);
  }
}
