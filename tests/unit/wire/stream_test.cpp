// Byte sources and sinks: reading anywhere, reading what a pipe claims, changing what was written.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "unit/formats/format_helpers.h"

using namespace dml;
using namespace dml::test;

namespace {

/// A pipe of `size` bytes that counts up modulo 251; its length is unknown.
class Counting final : public ByteSource {
 public:
  explicit Counting(std::uint64_t size) : left_(size) {}
  std::size_t read(std::span<std::byte> out) override {
    const std::size_t count = std::min<std::uint64_t>({out.size(), left_, 1 << 20});
    for (std::size_t i = 0; i < count; ++i) out[i] = std::byte(static_cast<unsigned char>(at_++ % 251));
    left_ -= count;
    return count;
  }
  std::string name() const override { return "'pipe'"; }

 private:
  std::uint64_t left_, at_ = 0;
};

bool counts_up(const Bytes& bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i)
    if (bytes.data()[i] != std::byte(static_cast<unsigned char>(i % 251))) return false;
  return true;
}

}  // namespace

TEST_CASE("read_bytes: a pipe gives what it has, more than is taken on its word included") {
  constexpr std::uint64_t kSize = (130ull << 20) + 5;      // beyond 64 MiB twice
  Counting pipe(kSize);
  const auto bytes = read_bytes(pipe, kSize);
  REQUIRE(bytes);
  CHECK(bytes->size() == kSize);
  CHECK(counts_up(*bytes));
  Counting more(10);
  CHECK(read_bytes(more, 4)->size() == 4);
  CHECK(read_bytes(more, 6)->size() == 6);
  CHECK_FALSE(read_bytes(more, 1));
  CHECK(read_bytes(more, 0));
  Counting liar(1000);                                     // claims 16 GiB: no memory is taken for them
  CHECK_FALSE(read_bytes(liar, 16ull << 30));
  const std::string text = "abc";
  const auto memory = memory_source(std::as_bytes(std::span(text)), "'memory'");
  CHECK_FALSE(read_bytes(*memory, 16ull << 30));           // its length is known
  CHECK(read_bytes(*memory, 3));
}

TEST_CASE("read_all: everything up to a limit") {
  Counting pipe(300'000);
  const Bytes all = read_all(pipe, 300'000);
  CHECK(all.size() == 300'000);
  CHECK(counts_up(all));
  Counting longer(300'001);
  CHECK(error_of([&] { read_all(longer, 300'000); }).starts_with("3 'pipe' is longer than the limit"));
}

TEST_CASE("files are read anywhere without losing their place; a gz stream is not") {
  const TemporaryFolder folder;
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += static_cast<char>(i % 127);
  folder.write("f", text);
  BufferedSource file(open_file_source(folder.path("f")));
  REQUIRE(file.can_read_at());
  CHECK(file.peek(10).size() >= 10);
  std::byte piece[4];
  CHECK(file.read_at(99'998, piece) == 2);
  CHECK(piece[1] == std::byte(99'999 % 127));
  CHECK(file.read_at(100'000, piece) == 0);
  CHECK(file.read_exactly(piece));
  CHECK(piece[3] == std::byte{3});
  CHECK(file.remaining() == 99'996);
  CHECK_FALSE(read_bytes_at(file, 99'990, 11));
  CHECK(read_bytes_at(file, 99'990, 10)->data()[9] == std::byte(99'999 % 127));
  const auto inflated = gunzip(open_file_source(folder.path("f")), 10);
  CHECK_FALSE(inflated->can_read_at());
  CHECK(error_of([&] { inflated->read_at(0, piece); }).starts_with("70 "));
}

TEST_CASE("a file that is written can be changed until it appears, standard output cannot") {
  const TemporaryFolder folder;
  const auto bytes = [](const char* text) { return std::as_bytes(std::span(text, std::strlen(text))); };
  const auto sink = open_file_sink(folder.path("f"));
  REQUIRE(sink->can_rewrite());
  sink->write(bytes("abcdef"));
  sink->write_at(1, bytes("XY"));
  sink->write(bytes("g"));
  std::byte piece[3];
  sink->read_at(4, piece);
  CHECK(std::memcmp(piece, "efg", 3) == 0);
  CHECK(error_of([&] { sink->read_at(5, piece); }).starts_with("4 "));
  CHECK_FALSE(std::filesystem::exists(folder.path("f")));
  sink->commit();
  CHECK(folder.read("f") == "aXYdefg");
  CHECK_FALSE(stdout_sink()->can_rewrite());
  CHECK_FALSE(open_file_sink("/dev/null")->can_rewrite());
}
