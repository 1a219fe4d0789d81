// pnm: the portable pictures P1 to P6 and P7 (pam), several after one another. Samples are widened to the whole range of 8 bits, or of 16
// where the largest is over 255, as Pillow does: round(value / maxval * 255), ties to even. Plain text (P1 to P3) must end in a space or
// line break: a number that is cut is a number. Writes P4, P5, P6, and P7 for what has alpha or ink; palettes are not written.
// Source: netpbm, pages pbm(5), pgm(5), ppm(5), pam(5).
#include <cmath>
#include <cstring>

#include "base/text.h"
#include "entry/registry.h"
#include "formats/picture.h"

namespace dml {
namespace {

constexpr std::size_t kMostHeader = 4096;

struct TupleType { std::string_view name; std::string_view mode; };
constexpr TupleType kTupleTypes[] = {{"BLACKANDWHITE", "1"}, {"GRAYSCALE", "L"}, {"RGB", "RGB"}, {"BLACKANDWHITE_ALPHA", "LA"}, {"GRAYSCALE_ALPHA", "LA"},
                                     {"RGB_ALPHA", "RGBA"}, {"CMYK", "CMYK"}};

bool is_space(int c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

struct Header {
  char kind = 0;                                           // '1' to '7'
  std::uint64_t width = 0, height = 0, depth = 1, largest = 1;
  std::string tuple;
};

class PnmReader final : public PictureReader {
 public:
  using PictureReader::PictureReader;

 private:
  std::optional<Record> decode() override {
    if (source_.peek(1).empty()) {
      if (begun() == 0) throw Error(Fault::input, source_.name() + " is empty");
      return std::nullopt;
    }
    begin();
    header_bytes_ = 0;
    const Header head = read_header();
    const PictureMode& mode = mode_of(head);
    const std::uint64_t bytes = bounded_bytes(head.width, head.height, mode);
    const std::uint64_t row = head.kind == '4' ? (head.width + 7) / 8 : bytes / head.height;
    const bool plain = head.kind <= '3';
    // Plain text takes a character for each pixel of P1, two for each number of the others.
    const std::uint64_t least = plain ? head.width * head.height * (head.kind == '1' ? 1 : 2 * mode.channels) : row * head.height;
    if (const auto left = source_.remaining(); left && *left < least) ends_early();
    Buffer pixels(bytes);
    if (plain) read_plain(head, mode, pixels);
    else if (head.kind == '4') read_bits(head, pixels);
    else read_raw(head, mode, pixels);
    return to_record({std::string(mode.name), static_cast<std::uint32_t>(head.width), static_cast<std::uint32_t>(head.height), std::move(pixels).freeze(), std::nullopt, {}});
  }

  int take() {
    const auto bytes = source_.peek(1);
    if (bytes.empty()) ends_early();
    const int c = std::to_integer<int>(bytes[0]);
    source_.skip(1);
    return c;
  }
  int take_header() {
    if (++header_bytes_ > kMostHeader) refuse("its header is longer than 4 KiB");
    return take();
  }

  Header read_header() {
    Header head;
    const int kind = take() == 'P' ? take() : 0;
    if (kind < '1' || kind > '7') refuse(begun() == 1 ? "it is no pnm file" : "something else than a picture follows");
    head.kind = static_cast<char>(kind);
    if (kind == '7') return read_pam(head);
    if (!is_space(take_header())) refuse("it is no pnm file");
    head.width = header_number();
    head.height = header_number();
    if (kind == '3' || kind == '6') head.depth = 3;
    if (kind != '1' && kind != '4') head.largest = header_number();
    return head;
  }
  // Digits and the one character behind them; comments before and after them.
  std::uint64_t header_number() {
    int c = take_header();
    for (; is_space(c) || c == '#'; c = take_header())
      if (c == '#') c = end_of_line();
    std::uint64_t value = 0;
    int digits = 0;
    for (; c >= '0' && c <= '9'; c = take_header()) {
      if (++digits > 10) refuse("a number of its header is longer than 10 digits");
      value = value * 10 + static_cast<std::uint64_t>(c - '0');
    }
    if (c == '#' && digits > 0) c = end_of_line();
    if (digits == 0 || !is_space(c)) refuse("its header has something that is no number");
    return value;
  }
  int end_of_line() {
    int c = take_header();
    while (c != '\n' && c != '\r') c = take_header();
    return c;
  }

  Header read_pam(Header head) {
    if (take_header() != '\n') refuse("it is no pam file");
    std::uint64_t* const numbers[] = {&head.width, &head.height, &head.depth, &head.largest};
    static constexpr std::string_view kNames[] = {"WIDTH", "HEIGHT", "DEPTH", "MAXVAL"};
    unsigned seen = 0;
    for (std::string line = pam_line(); line != "ENDHDR"; line = pam_line()) {
      if (line.empty() || line[0] == '#') continue;
      const std::size_t space = std::min(line.find_first_of(" \t"), line.size()), word = std::min(line.find_first_not_of(" \t", space), line.size());
      const std::string key = line.substr(0, space), value = line.substr(word);
      if (key == "TUPLTYPE") {
        head.tuple += (head.tuple.empty() ? "" : " ") + value;
        continue;
      }
      const auto* name = std::find(std::begin(kNames), std::end(kNames), key);
      if (name == std::end(kNames)) refuse("its header has the unknown line " + quote(line));
      const auto bit = static_cast<unsigned>(name - std::begin(kNames));
      const bool digits = !value.empty() && value.size() <= 10 && value.find_first_not_of("0123456789") == std::string::npos;
      const auto number = digits ? parse_unsigned(value) : std::nullopt;
      if (!number || seen >> bit & 1) refuse("its header has the line " + quote(line) + (number ? " twice" : ", which is no number"));
      *numbers[bit] = *number;
      seen |= 1u << bit;
    }
    if (seen != 15) refuse("its header lacks WIDTH, HEIGHT, DEPTH or MAXVAL");
    return head;
  }
  std::string pam_line() {
    std::string line;
    for (int c = take_header(); c != '\n'; c = take_header()) line += static_cast<char>(c);
    line.erase(line.find_last_not_of(" \t\r") + 1);
    return line;
  }

  const PictureMode& mode_of(const Header& head) {
    if (head.largest < 1 || head.largest > 65535) refuse("its largest value is " + std::to_string(head.largest) + ", not 1 to 65535");
    const bool wide = head.largest > 255;
    std::string_view name;
    if (head.kind == '1' || head.kind == '4') name = "1";
    else if (head.kind != '7' || head.tuple.empty()) name = head.depth == 1 ? "L" : head.depth == 2 ? "LA" : head.depth == 3 ? "RGB" : head.depth == 4 ? "RGBA" : "";
    for (const auto& type : kTupleTypes)
      if (head.kind == '7' && type.name == head.tuple) name = type.mode;
    if (name == "1" && head.largest != 1) name = "L";
    if (wide && !name.empty()) return checked(head, std::string(name == "L" ? "I" : name) + ";16");
    return checked(head, std::string(name));
  }
  const PictureMode& checked(const Header& head, const std::string& name) {
    const PictureMode* mode = find_mode(name);
    if (!mode || mode->channels != head.depth)
      refuse("tuples of type " + quote(head.tuple) + ", depth " + std::to_string(head.depth) + " and largest value " + std::to_string(head.largest) + " are not read");
    return *mode;
  }

  static double widened(std::uint64_t value, std::uint64_t largest, double whole) {
    return std::nearbyint(static_cast<double>(value) / static_cast<double>(largest) * whole);
  }
  void put(Buffer& pixels, std::uint64_t at, std::uint64_t value, const Header& head, const PictureMode& mode) {
    if (value > head.largest) refuse("a sample is " + std::to_string(value) + ", the largest value " + std::to_string(head.largest));
    if (mode.dtype == Dtype::u8) pixels.as<std::uint8_t>()[at] = static_cast<std::uint8_t>(head.largest == 255 ? value : static_cast<std::uint64_t>(widened(value, head.largest, 255)));
    else pixels.as<std::uint16_t>()[at] = static_cast<std::uint16_t>(head.largest == 65535 ? value : static_cast<std::uint64_t>(widened(value, head.largest, 65535)));
  }

  void read_plain(const Header& head, const PictureMode& mode, Buffer& pixels) {
    const std::uint64_t count = head.width * head.height * mode.channels;
    int c = ' ';
    for (std::uint64_t i = 0; i < count; ++i) {
      for (; is_space(c) || c == '#'; c = take())
        if (c == '#')
          while (c != '\n' && c != '\r') c = take();
      if (head.kind == '1') {
        if (c != '0' && c != '1') refuse("a pixel is neither 0 nor 1");
        pixels.as<std::uint8_t>()[i] = c == '0' ? 255 : 0;     // 1 is black
        c = take();
        continue;
      }
      std::uint64_t value = 0;
      int digits = 0;
      for (; c >= '0' && c <= '9'; c = take()) {
        if (++digits > 10) refuse("a sample is longer than 10 digits");
        value = value * 10 + static_cast<std::uint64_t>(c - '0');
      }
      if (digits == 0 || (!is_space(c) && c != '#')) refuse("a sample is no number");
      put(pixels, i, value, head, mode);
    }
    if (!is_space(c)) refuse("its text goes on after the last sample");
    while (!source_.peek(1).empty() && is_space(std::to_integer<int>(source_.peek(1)[0]))) source_.skip(1);
  }

  void read_bits(const Header& head, Buffer& pixels) {
    std::string row((head.width + 7) / 8, '\0');
    auto* to = pixels.as<std::uint8_t>();
    for (std::uint64_t y = 0; y < head.height; ++y) {
      if (!source_.read_exactly(std::as_writable_bytes(std::span(row)))) ends_early();
      for (std::uint64_t x = 0; x < head.width; ++x) *to++ = row[x / 8] >> (7 - x % 8) & 1 ? 0 : 255;
    }
  }
  void read_raw(const Header& head, const PictureMode& mode, Buffer& pixels) {
    if (!source_.read_exactly(pixels.span())) ends_early();
    const std::uint64_t count = head.width * head.height * mode.channels;
    if (mode.dtype == Dtype::u8) {
      for (std::uint64_t i = 0; head.largest != 255 && i < count; ++i) put(pixels, i, pixels.as<std::uint8_t>()[i], head, mode);
    } else {
      for (std::uint64_t i = 0; i < count; ++i) put(pixels, i, __builtin_bswap16(pixels.as<std::uint16_t>()[i]), head, mode);
    }
  }

  std::size_t header_bytes_ = 0;
};

class PnmWriter final : public PictureWriter {
 public:
  explicit PnmWriter(std::unique_ptr<ByteSink> sink) : PictureWriter(std::move(sink), "pnm", false) {}

 private:
  void encode(const Picture& picture) override {
    if (picture.mode == "P") refuse("mode P needs a palette", "png holds palettes");
    const PictureMode& mode = *find_mode(picture.mode);
    const std::string size = std::to_string(picture.width) + " " + std::to_string(picture.height), largest = mode.dtype == Dtype::u8 ? "255" : "65535";
    std::string head;
    if (picture.mode == "1") head = "P4\n" + size + "\n";
    else if (mode.channels == 1) head = "P5\n" + size + "\n" + largest + "\n";
    else if (mode.channels == 3) head = "P6\n" + size + "\n" + largest + "\n";
    else
      head = "P7\nWIDTH " + std::to_string(picture.width) + "\nHEIGHT " + std::to_string(picture.height) + "\nDEPTH " + std::to_string(mode.channels) + "\nMAXVAL " + largest +
             "\nTUPLTYPE " + (picture.mode == "CMYK" ? "CMYK" : mode.channels == 2 ? "GRAYSCALE_ALPHA" : "RGB_ALPHA") + "\nENDHDR\n";
    sink_->write(std::as_bytes(std::span(head)));
    if (picture.mode == "1") write_bits(picture);
    else if (mode.dtype == Dtype::u8) sink_->write(picture.pixels.span());
    else write_words(picture);
  }
  void write_bits(const Picture& picture) {
    const auto* pixel = reinterpret_cast<const unsigned char*>(picture.pixels.data());
    std::string row;
    for (std::uint32_t y = 0; y < picture.height; ++y) {
      row.assign((picture.width + 7) / 8, '\0');
      for (std::uint32_t x = 0; x < picture.width; ++x)
        if (*pixel++ == 0) row[x / 8] = static_cast<char>(row[x / 8] | 128 >> x % 8);
      sink_->write(std::as_bytes(std::span(row)));
    }
  }
  void write_words(const Picture& picture) {
    Buffer turned(picture.pixels.size());
    for (std::size_t i = 0; i + 1 < picture.pixels.size(); i += 2) {
      turned.data()[i] = picture.pixels.data()[i + 1];
      turned.data()[i + 1] = picture.pixels.data()[i];
    }
    sink_->write(turned.span());
  }
};

class Pnm final : public Format {
 public:
  std::string name() const override { return "pnm"; }
  std::vector<std::string> extensions() const override { return {"pnm", "pbm", "pgm", "ppm", "pam"}; }
  bool sniff(std::span<const std::byte> head) const override {
    const auto at = [&](std::size_t i) { return std::to_integer<int>(head[i]); };
    return head.size() >= 3 && at(0) == 'P' && at(1) >= '1' && at(1) <= '7' && is_space(at(2));
  }
  std::unique_ptr<RecordReader> reader(std::unique_ptr<ByteSource> source, const Limits& limits) const override {
    return std::make_unique<PnmReader>(std::move(source), limits);
  }
  std::unique_ptr<RecordWriter> writer(std::unique_ptr<ByteSink> sink, const StreamHeader&) const override {
    return std::make_unique<PnmWriter>(std::move(sink));
  }
};

}  // namespace

void register_pnm(Registry<Format>& registry) {
  registry.add<Pnm>({"pnm", "plain pictures: pbm, pgm, ppm, pam", "netpbm: pbm(5), pgm(5), ppm(5), pam(5)"});
}

}  // namespace dml
