#include <doctest/doctest.h>

#include "unit/data/data_helpers.h"

using namespace dml;
using namespace dml::test;

namespace {
Error refused(const std::string& bytes, const Limits& limits = {}) { return fault_of([&] { read_bytes(*format("idx"), bytes, limits); }); }

// A source of unknown length that hands out a few bytes at a time, as a pipe may.
class Drip final : public ByteSource {
 public:
  explicit Drip(std::string bytes) : bytes_(std::move(bytes)) {}
  std::size_t read(std::span<std::byte> out) override {
    const std::size_t count = std::min({out.size(), std::size_t{3}, bytes_.size() - at_});
    std::memcpy(out.data(), bytes_.data() + at_, count);
    at_ += count;
    return count;
  }
  std::string name() const override { return "'drip'"; }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
};
}  // namespace

TEST_CASE("idx: elements of several bytes are turned around") {
  const Record record = read_bytes(*format("idx"), idx_bytes(0x0b, {2, 2}, {0, 1, 1, 0, '\xff', '\xfe', 0, 0}));
  CHECK(record.kind == "array");
  const Tensor& tensor = record.tensors.at(0);
  CHECK(tensor.name == "data");
  CHECK(tensor.dtype == Dtype::i16);
  CHECK(tensor.shape == std::vector<std::int64_t>{2, 2});
  CHECK(to_doubles(tensor) == std::vector<double>{1, 256, -2, 0});
  const std::string one = {0x3f, '\xf0', 0, 0, 0, 0, 0, 0};
  CHECK(to_doubles(read_bytes(*format("idx"), idx_bytes(0x0e, {1}, one)).tensors[0]) == std::vector<double>{1});
  CHECK(read_bytes(*format("idx"), idx_bytes(0x08, {0, 28}, "")).tensors[0].elements() == 0);
}

TEST_CASE("idx: every cut is refused, and so is what follows") {
  const std::string whole = idx_bytes(0x0d, {3, 1}, std::string(12, '\1'));
  CHECK_NOTHROW(read_bytes(*format("idx"), whole));
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    CAPTURE(cut);
    const auto error = refused(whole.substr(0, cut));
    CHECK(error.fault() == Fault::input);
    CHECK(says(error, "'x'"));
    const auto dripped = fault_of([&] { format("idx")->reader(std::make_unique<Drip>(whole.substr(0, cut)), {})->next(); });
    CHECK(dripped.fault() == Fault::input);
  }
  CHECK(says(refused(whole + '\0'), "goes on"));
  CHECK(format("idx")->reader(std::make_unique<Drip>(whole), {})->next()->tensors[0].elements() == 3);
}

TEST_CASE("idx: forged headers are refused at once") {
  const std::vector<std::uint32_t> huge(8, 0xffffffffu);
  CHECK(says(refused(idx_bytes(0x08, huge, "abc")), "limit"));
  CHECK(says(refused(idx_bytes(0x0e, {1u << 31, 4}, "abc")), "limit"));
  CHECK(says(refused(idx_bytes(0x08, {1'000'000'000}, "abc")), "cut"));                 // longer than the file, known before memory is taken
  const auto piped = fault_of([&] { format("idx")->reader(std::make_unique<Drip>(idx_bytes(0x08, {1'000'000'000}, "abc")), {})->next(); });
  CHECK(says(piped, "cut"));
  CHECK(says(refused(idx_bytes(0x08, {}, "a")), "rank 0"));
  CHECK(says(refused(idx_bytes(0x08, std::vector<std::uint32_t>(9, 1), "a")), "rank 9"));
  CHECK(says(refused(idx_bytes(0x0a, {1}, "a")), "no idx file"));
  CHECK(says(refused("\1\1\10\1aaaa"), "no idx file"));
  Limits limits;
  limits.tensor_bytes = 3;
  CHECK(says(refused(idx_bytes(0x08, {4}, "abcd"), limits), "limit"));
}

TEST_CASE("idx: signature") {
  const auto sniffs = [](const std::string& head) { return format("idx")->sniff(std::as_bytes(std::span(head))); };
  CHECK(sniffs(idx_bytes(0x08, {5}, "")));
  CHECK_FALSE(sniffs(idx_bytes(0x0a, {5}, "")));
  CHECK_FALSE(sniffs(idx_bytes(0x08, {}, "")));
  CHECK_FALSE(sniffs(std::string(2, '\0')));
}

TEST_CASE("idx: written arrays read back to the same bytes") {
  const Folder folder;
  const std::vector<Tensor> tensors = {make_tensor("data", std::vector<std::uint8_t>{1, 2, 250}, {1, 3}),
                                       make_tensor("data", std::vector<std::int32_t>{-5, 70000}),
                                       make_tensor("data", std::vector<float>{0.1f, -2.f}, {2, 1, 1}),
                                       make_tensor("data", std::vector<double>{1e300, -0.5}), Tensor{"data", Dtype::u8, {0}, {}, {}}};
  for (const auto& tensor : tensors) {
    auto writer = format("idx")->writer(open_file_sink(folder.path("a.idx")), {});
    writer->write({"array", {}, {tensor}, {}});
    writer->close();
    const Record again = read_bytes(*format("idx"), folder.read("a.idx"));
    CHECK(again.tensors[0].dtype == tensor.dtype);
    CHECK(again.tensors[0].shape == tensor.shape);
    CHECK(again.tensors[0].data == tensor.data);
  }
  CHECK(folder.read("a.idx") == idx_bytes(0x08, {0}, ""));
  const auto wrong = fault_of([&] {
    auto writer = format("idx")->writer(open_file_sink(folder.path("no.idx")), {});
    writer->write({"array", {}, {make_tensor("data", std::vector<std::int64_t>{1})}, {}});
  });
  CHECK(wrong.fault() == Fault::usage);
  CHECK_FALSE(std::filesystem::exists(folder.path("no.idx")));
}
