// Pictures of tests/golden/pictures against what Pillow reads from them, and the ways in which a picture can be wrong.
#include <doctest/doctest.h>
#include <zlib.h>

#include <filesystem>
#include <set>
#include <sstream>

#include "base/text.h"
#include "format_support.h"

using namespace dml;
using namespace dml::format_test;

namespace {

const std::string kFolder = DML_SOURCE_DIR "/tests/golden/pictures/";
std::string golden(const std::string& name) { return file_bytes(kFolder + name); }
std::string format_of_file(const std::filesystem::path& path) {
  const auto end = path.extension();
  return end == ".png" ? "png" : end == ".jpg" ? "jpeg" : "pnm";
}

// What Pillow would hold: its mode, shape and bytes, made of ours.
struct Held { std::string mode; std::string bytes; };
Held as_pillow(const Record& record) {
  const Tensor& pixels = record.tensors.back();
  std::string mode = *get_text(record.meta, "mode"), bytes;
  const auto* data = reinterpret_cast<const char*>(pixels.data.data());
  if (mode == "I;16") return {"I", {data, pixels.data.size()}};
  if (!mode.ends_with(";16")) return {mode, {data, pixels.data.size()}};
  for (std::size_t i = 1; i < pixels.data.size(); i += 2) {
    bytes += data[i];                                      // the high byte
    if (mode == "LA;16" && i % 4 == 1) bytes += {data[i], data[i]};
  }
  return {mode == "RGB;16" ? "RGB" : "RGBA", bytes};
}

std::string png_chunk(const std::string& kind, const std::string& data) {
  const auto big = [](std::uint32_t v) { return std::string{static_cast<char>(v >> 24), static_cast<char>(v >> 16), static_cast<char>(v >> 8), static_cast<char>(v)}; };
  const std::string body = kind + data;
  return big(static_cast<std::uint32_t>(data.size())) + body + big(static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()))));
}
std::string png_head(std::uint32_t width, std::uint32_t height, int depth = 8, int color = 2, int interlace = 0) {
  std::string head;
  for (const auto v : {width, height})
    for (int shift = 24; shift >= 0; shift -= 8) head += static_cast<char>(v >> shift);
  for (const int v : {depth, color, 0, 0, interlace}) head += static_cast<char>(v);
  return "\x89PNG\r\n\x1a\n" + png_chunk("IHDR", head);
}
std::string deflated(const std::string& bytes) {
  uLongf size = compressBound(bytes.size());
  std::string out(size, '\0');
  compress2(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size(), 9);
  out.resize(size);
  return out;
}
Tensor pixels(Dtype dtype, std::vector<std::int64_t> shape, const std::string& bytes) { return {"pixels", dtype, std::move(shape), Bytes::copy(bytes), {}}; }
Record image(const std::string& mode, Tensor tensor) { return {"image", {{"mode", mode}}, {std::move(tensor)}, {}}; }

}  // namespace

TEST_CASE("pictures: every golden file reads to Pillow's bytes") {
  int seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    const auto path = entry.path();
    if (std::set<std::string>{".png", ".jpg", ".pbm", ".pgm", ".ppm"}.count(path.extension().string()) == 0) continue;
    CAPTURE(path.filename().string());
    ++seen;
    CHECK(entry.file_size() < 4096);
    std::istringstream listing(file_bytes(std::filesystem::path(path).replace_extension(".txt").string()));
    std::string mode, line, hex;
    std::int64_t height = 0, width = 0, channels = 0;
    listing >> mode >> height >> width >> channels;
    while (listing >> line) hex += line;
    const auto records = records_of(format_of_file(path), file_bytes(path.string()));
    REQUIRE(records.size() == 1);
    const Held held = as_pillow(records[0]);
    CHECK(held.mode == mode);
    CHECK(to_hex(held.bytes.data(), held.bytes.size()) == hex);
    CHECK(records[0].kind == "image");
    CHECK(records[0].tensors.back().shape[0] == height);
    CHECK(records[0].tensors.back().shape[1] == width);
  }
  CHECK(seen == 42);
}

TEST_CASE("pictures: every golden file is sniffed, and each of its prefixes is refused") {
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    const auto path = entry.path();
    if (std::set<std::string>{".png", ".jpg", ".pbm", ".pgm", ".ppm"}.count(path.extension().string()) == 0) continue;
    CAPTURE(path.filename().string());
    const std::string whole = file_bytes(path.string()), format = format_of_file(path);
    CHECK(shown(test::read_bytes(whole).at(0)) == shown(records_of(format, whole).at(0)));
    const std::size_t step = whole.size() > 500 ? 7 : 1;
    for (std::size_t cut = 0; cut < whole.size(); cut += whole.size() - cut <= 16 || cut < 16 ? 1 : step) {
      CAPTURE(cut);
      CHECK(refused(format, whole.substr(0, cut)).starts_with("3 "));
      CHECK(error_of([&] { format_of(format)->reader(std::make_unique<Drip>(whole.substr(0, cut)), {})->next(); }).starts_with("3 "));
    }
    CHECK(shown(*format_of(format)->reader(std::make_unique<Drip>(whole), {})->next()) == shown(records_of(format, whole).at(0)));
  }
}

TEST_CASE("png: palettes stay indices, transparency is told as the pixels are widened") {
  const Record with = records_of("png", golden("palette8-alpha.png")).at(0);
  CHECK(get_text(with.meta, "mode") == "P");
  CHECK(with.tensors.at(0).name == "palette");
  CHECK(with.tensors[0].shape == std::vector<std::int64_t>{256, 4});
  CHECK(with.tensors[0].as<std::uint8_t>()[3] == 0);
  CHECK(with.tensors[0].as<std::uint8_t>()[4 * 49 + 3] == 98);
  CHECK(with.tensors[0].as<std::uint8_t>()[4 * 50 + 3] == 255);
  CHECK(records_of("png", golden("palette2.png")).at(0).tensors.at(0).shape == std::vector<std::int64_t>{4, 3});
  CHECK(records_of("png", golden("grey-clear.png")).at(0).meta.at("transparency") == Value(5 * 17));
  CHECK(records_of("png", golden("rgb8-clear.png")).at(0).meta.at("transparency") == Value(ValueList{1, 2, 3}));
  const std::string outside = png_head(2, 1, 8, 3) + png_chunk("PLTE", "abc") + png_chunk("IDAT", deflated(std::string("\0\0\1", 3))) + png_chunk("IEND", "");
  CHECK(says(refused("png", outside), "3 record 0 of 'x': a pixel names entry 1 of a palette of 1"));
}

TEST_CASE("png: forged and damaged files") {
  const std::string rows(std::string(1, '\0') + std::string(6, '\5')), data = png_chunk("IDAT", deflated(rows + rows)), end = png_chunk("IEND", "");
  const std::string good = png_head(2, 2) + data + end;
  CHECK(records_of("png", good).at(0).tensors.at(0).data == Bytes::copy(std::string(12, '\5')));
  CHECK(says(refused("png", png_head(65535, 65535) + data + end), "65535x65535 is over the limit of 178956970 pixels"));
  CHECK(says(refused("png", png_head(0x7fffffff, 0x7fffffff) + data + end), "over the limit"));
  CHECK(says(refused("png", png_head(13000, 13000) + data + end), "does not fit into the"));         // before memory is taken
  CHECK(says(refused("png", png_head(0, 5) + data + end), "3 "));
  CHECK(says(refused("png", png_head(2, 3) + data + end), "3 "));                                      // a row is missing
  CHECK(says(refused("png", png_head(2, 1) + data + end), "3 "));                                      // or too many
  CHECK(says(refused("png", png_head(2, 2, 3) + data + end), "no valid png"));
  CHECK(says(refused("png", png_head(2, 2, 8, 3) + data + end), "3 "));                                // no palette
  CHECK(says(refused("png", png_head(2, 2) + end), "3 "));
  for (const std::size_t at : {std::size_t{20}, good.size() - 30, good.size() - 1}) {
    std::string damaged = good;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    CAPTURE(at);
    CHECK(refused("png", damaged).starts_with("3 "));
  }
  std::string longer = png_head(2, 2) + data + end;                                                    // a chunk beyond the file
  longer.replace(33, 4, std::string("\x7f\xff\xff\xff", 4));
  CHECK(refused("png", longer).starts_with("3 "));
  CHECK(records_of("png", png_head(2, 2) + png_chunk("iCCP", "p" + std::string(2, '\0') + deflated(std::string(1 << 20, 'x'))) + data + end).size() == 1);   // never inflated
  std::string ancillary = png_head(2, 2) + png_chunk("tEXt", "a") + data + end;
  ancillary[42] = static_cast<char>(ancillary[42] ^ 1);
  CHECK(refused("png", ancillary).starts_with("3 "));                                                  // its checksum counts as well
  CHECK(says(refused("png", good + "x"), "something else than a picture follows"));
  CHECK(says(refused("png", "x"), "no png file"));
  CHECK(records_of("png", good + good).size() == 2);
  Limits limits;
  limits.pixels = 3;
  CHECK(says(refused("png", good, limits), "limit of 3 pixels"));
  limits = {};
  limits.tensor_bytes = 11;
  CHECK(says(refused("png", good, limits), "limit of 11 B"));
  limits = {};
  limits.records = 1;
  CHECK(says(refused("png", good + good, limits), "more than 1 records"));
}

TEST_CASE("jpeg: forged and damaged files") {
  const std::string good = golden("rgb-420.jpg"), progressive = golden("progressive-420.jpg");
  CHECK(records_of("jpeg", good + "trailing bytes of a camera").size() == 1);
  CHECK(records_of("jpeg", good + progressive).size() == 2);
  CHECK(says(refused("jpeg", "x"), "no jpeg file"));
  CHECK(says(refused("jpeg", ""), "is empty"));
  const std::size_t frame = good.find("\xff\xc0");
  std::string huge = good;
  huge.replace(frame + 5, 4, "\xff\xdc\xff\xdc");
  CHECK(says(refused("jpeg", huge), "65500x65500 is over the limit"));
  std::string high = good;
  high.replace(frame + 5, 2, std::string("\x08\x00", 2));
  CHECK(refused("jpeg", high).starts_with("3 "));                                                      // data end before the rows do
  std::string low = good;
  low[frame + 6] = 1;
  CHECK(refused("jpeg", low).starts_with("3 "));                                                       // more data than rows
  std::string depth = good;
  depth[frame + 4] = 12;
  CHECK(says(refused("jpeg", depth), "no valid jpeg"));
  std::string zeros = good;                                                                            // the entropy-coded data is damaged
  const std::size_t scan = good.find("\xff\xda") + 14;
  for (std::size_t i = scan + 40; i < scan + 60; ++i) zeros[i] = '\0';
  zeros.erase(scan + 70, 30);
  CHECK(refused("jpeg", zeros).starts_with("3 "));
  std::string restart = golden("restart.jpg");
  restart[restart.find("\xff\xd1") + 1] = '\xd5';
  CHECK(refused("jpeg", restart).starts_with("3 "));                                                   // restart markers out of order
  std::string scans = progressive.substr(0, progressive.size() - 2);                                   // the last scan again and again
  const std::string last = scans.substr(scans.rfind("\xff\xda"));
  for (int i = 0; i < 600; ++i) scans += last;
  CHECK(refused("jpeg", scans + "\xff\xd9").starts_with("3 "));
  CHECK(says(not_written("jpeg", {image("L", pixels(Dtype::u8, {1, 1, 1}, "a"))}), "2 jpeg is read only"));
  Limits limits;
  limits.pixels = 35 * 19 - 1;
  CHECK(says(refused("jpeg", good, limits), "limit of 664 pixels"));
}

TEST_CASE("pnm: modes of pam, and what is wrong") {
  const auto mode = [](const std::string& bytes) { return *get_text(records_of("pnm", bytes).at(0).meta, "mode"); };
  const auto pam = [](const std::string& lines, const std::string& data) { return "P7\n" + lines + "ENDHDR\n" + data; };
  CHECK(mode(pam("WIDTH 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 1\nTUPLTYPE BLACKANDWHITE\n", "\1")) == "1");
  CHECK(mode(pam("# note\nWIDTH 1\nHEIGHT 1\nDEPTH 2\nMAXVAL 255\nTUPLTYPE GRAYSCALE_ALPHA\n", "ab")) == "LA");
  CHECK(mode(pam("HEIGHT 1\nWIDTH 1\nDEPTH 4\nMAXVAL 65535\n", "abcdefgh")) == "RGBA;16");
  CHECK(mode(pam("WIDTH 1\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE CMYK\n", "abcd")) == "CMYK");
  CHECK(records_of("pnm", "P6 1 1 65535\n\1\2\3\4\5\6").at(0).tensors[0].as<std::uint16_t>()[1] == 0x0304);
  CHECK(records_of("pnm", "P5 1 1 7\n\7P5 1 1 255\n\7").size() == 2);
  CHECK(records_of("pnm", "P2\n1 1 # wide\n255 9\n\nP4 1 1\n\xff").at(1).tensors[0].data == Bytes::copy(std::string(1, '\0')));
  for (const auto& [bytes, text] : std::initializer_list<std::pair<std::string, std::string>>{
           {"", "is empty"}, {"P8 1 1\n", "no pnm file"}, {"P5x1 1 255\na", "no pnm file"}, {"P5 1 1 255x", "no number"}, {"P5 -1 1 255\na", "no number"},
           {"P5 0 1 255\n", "no pixel"}, {"P5 99999999999 1 255\n", "10 digits"}, {"P5 65535 65535 255\n", "limit"}, {"P5 13000 13000 255\na", "ends early"},
           {"P5 1 1 0\na", "largest value is 0"}, {"P5 1 1 65536\na", "largest value is 65536"}, {"P5 1 1 7\n\10", "a sample is 8"}, {"P2 1 1 7\n8\n", "a sample is 8"},
           {"P2 1 1 7\n5", "ends early"}, {"P2 1 1 7\nx\n", "no number"}, {"P2 1 1 255\n5\n6\n", "something else"}, {"P1 2 1\n12\n", "neither 0 nor 1"}, {"P1 1 1\n11\n", "goes on"},
           {"P5 1 1 255\nab", "something else"}, {"P5 #" + std::string(5000, 'x') + "\n1 1 255\na", "longer than 4 KiB"}, {"P2 1 1 255\n12345678901\n", "10 digits"},
           {pam("WIDTH 1\nHEIGHT 1\nDEPTH 1\n", "a"), "lacks"}, {pam("WIDTH 1\nWIDTH 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 9\n", "a"), "twice"},
           {pam("WIDTH x\nHEIGHT 1\nDEPTH 1\nMAXVAL 9\n", "a"), "no number"}, {pam("COLOR 1\n", "a"), "unknown line"},
           {pam("WIDTH 1\nHEIGHT 1\nDEPTH 5\nMAXVAL 9\n", "aaaaa"), "depth 5"}, {pam("WIDTH 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 9\nTUPLTYPE RGB\n", "a"), "'RGB'"},
           {pam("WIDTH 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 9\nTUPLTYPE ODD\n", "a"), "'ODD'"}}) {
    CAPTURE(bytes.substr(0, 60));
    const std::string error = refused("pnm", bytes);
    CHECK(error.starts_with("3 "));
    CHECK_MESSAGE(says(error, text), error);
  }
}

TEST_CASE("png and pnm: what is written reads back to the same pixels") {
  std::string bytes;
  for (int i = 0; i < 48; ++i) bytes += static_cast<char>(i * 5);
  const std::vector<Record> pictures = {image("1", pixels(Dtype::u8, {2, 9, 1}, std::string(9, '\xff') + std::string(9, '\0'))), image("L", pixels(Dtype::u8, {3, 2, 1}, bytes.substr(0, 6))),
                                        image("LA", pixels(Dtype::u8, {3, 2, 2}, bytes.substr(0, 12))), image("RGB", pixels(Dtype::u8, {2, 3, 3}, bytes.substr(0, 18))),
                                        image("RGBA", pixels(Dtype::u8, {2, 3, 4}, bytes.substr(0, 24))), image("I;16", pixels(Dtype::u16, {2, 3, 1}, bytes.substr(0, 12))),
                                        image("LA;16", pixels(Dtype::u16, {2, 3, 2}, bytes.substr(0, 24))), image("RGB;16", pixels(Dtype::u16, {2, 3, 3}, bytes.substr(0, 36))),
                                        image("RGBA;16", pixels(Dtype::u16, {2, 3, 4}, bytes))};
  for (const auto& picture : pictures) {
    CAPTURE(to_json(picture.meta));
    for (const char* format : {"png", "pnm"}) CHECK(shown(records_of(format, bytes_of(format, {picture})).at(0)) == shown(picture));
  }
  CHECK(records_of("pnm", bytes_of("pnm", pictures)).size() == 9);
  const Record ink = image("CMYK", pixels(Dtype::u8, {2, 1, 4}, "abcdefgh"));
  CHECK(shown(records_of("pnm", bytes_of("pnm", {ink})).at(0)) == shown(ink));
  for (const char* name : {"palette4.png", "palette8-alpha.png", "grey-clear.png", "rgb8-clear.png"}) {
    const auto record = records_of("png", golden(name)).at(0);
    CHECK(shown(records_of("png", bytes_of("png", {record})).at(0)) == shown(record));
  }
  CHECK(get_text(records_of("png", bytes_of("png", {{"sample", {}, {pixels(Dtype::u8, {1, 1, 3}, "abc")}, {}}})).at(0).meta, "mode") == "RGB");   // by its channels
}

TEST_CASE("png and pnm: what is no picture is not written") {
  const Record grey = image("L", pixels(Dtype::u8, {1, 1, 1}, "a"));
  for (const char* format : {"png", "pnm"}) {
    CHECK(says(not_written(format, {}), "2 " + std::string(format) + " holds pictures"));
    CHECK(says(not_written(format, {{"vote", {}, {}, {}}}), "has no tensor 'pixels'"));
    CHECK(says(not_written(format, {{"model", {}, {make_tensor("w", std::vector<float>{1})}, {}}}), "neither pixels nor palette"));
    CHECK(says(not_written(format, {image("RGB", grey.tensors[0])}), "of mode 'RGB'"));
    CHECK(says(not_written(format, {image("L", pixels(Dtype::u8, {1, 1}, "a"))}), "2 "));
    CHECK(says(not_written(format, {image("L", pixels(Dtype::u8, {0, 1, 1}, ""))}), "2 "));
    CHECK(says(not_written(format, {image("1", grey.tensors[0])}), "other than 0 and 255"));
    CHECK(says(not_written(format, {image("P", grey.tensors[0])}), "lacks its palette"));
    CHECK(says(not_written(format, {{"image", {{"mode", "L"}}, {make_tensor("palette", std::vector<std::uint8_t>{1, 2, 3}, {1, 3}), grey.tensors[0]}, {}}}), "a palette, but"));
    CHECK(says(not_written(format, {{"image", {{"mode", "P"}}, {make_tensor("palette", std::vector<std::uint8_t>{1, 2, 3}, {1, 3}), grey.tensors[0]}, {}}}), "names an entry"));
    CHECK(says(not_written(format, {{"image", {{"mode", "P"}}, {make_tensor("palette", std::vector<std::uint8_t>{1, 2}, {1, 2}), grey.tensors[0]}, {}}}), "a palette of"));
  }
  CHECK(says(not_written("png", {grey, grey}), "a second record"));
  CHECK(says(not_written("png", {image("CMYK", pixels(Dtype::u8, {1, 1, 4}, "abcd"))}), "no mode CMYK"));
  CHECK(says(not_written("pnm", {{"image", {{"mode", "P"}}, {make_tensor("palette", std::vector<std::uint8_t>(300), {100, 3}), grey.tensors[0]}, {}}}), "needs a palette"));
  Record clear = grey;
  for (const Value& value : {Value(256), Value("x"), Value(ValueList{1, 2, 3})}) {
    clear.meta["transparency"] = value;
    CHECK(says(not_written("png", {clear}), "is no colour"));
  }
}
