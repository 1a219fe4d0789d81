// png: a picture (see formats/picture.h), several after one another. Through libpng: interlaced or not, grey of 1 to 16 bits, palettes
// as they are, gamma and profiles ignored as Pillow does. Chunks other than IHDR, PLTE, tRNS, IDAT and IEND are skipped unread, so a bomb
// inside a profile or a text stays shut; every checksum must fit. Writes 8 or 16 bits, 1 bit for mode 1.
// Source: W3C PNG specification, third edition. Deflate makes at most 1032 bytes of one: where the file's length is known, a picture
// that it cannot hold is refused before memory is taken.
#include <png.h>

#include <csetjmp>
#include <exception>

#include "base/text.h"
#include "entry/registry.h"
#include "formats/picture.h"

namespace dml {
namespace {

constexpr std::uint64_t kMostDeflated = 1032;

// libpng reports errors by longjmp. It crosses only libpng's frames and lambdas without destructors: what callbacks throw waits in `thrown`.
struct Session {
  BufferedSource* source = nullptr;
  ByteSink* sink = nullptr;
  std::exception_ptr thrown;
  std::string message;
  bool ended = false;
  std::jmp_buf escape;
};

Session& session_of(png_structp png) { return *static_cast<Session*>(png_get_error_ptr(png)); }

[[noreturn]] void on_error(png_structp png, png_const_charp message) {
  Session& session = session_of(png);
  if (!session.thrown && !session.ended) session.message = message;
  std::longjmp(session.escape, 1);
}
void on_warning(png_structp, png_const_charp) {}

void read_bytes(png_structp png, png_bytep data, std::size_t size) {
  Session& session = session_of(png);
  try {
    session.ended = !session.source->read_exactly({reinterpret_cast<std::byte*>(data), size});
  } catch (...) {
    session.thrown = std::current_exception();
  }
  if (session.ended || session.thrown) png_error(png, "");
}
void write_bytes(png_structp png, png_bytep data, std::size_t size) {
  Session& session = session_of(png);
  try {
    session.sink->write({reinterpret_cast<const std::byte*>(data), size});
  } catch (...) {
    session.thrown = std::current_exception();
  }
  if (session.thrown) png_error(png, "");
}

// Runs `body`; false when libpng gave up. Nothing in `body` may need a destructor.
template <class Body>
bool guarded(Session& session, Body body) {
  if (setjmp(session.escape) != 0) return false;
  body();
  return true;
}

struct Read {
  Session session;
  png_structp png;
  png_infop info;
  Read() : png(png_create_read_struct(PNG_LIBPNG_VER_STRING, &session, on_error, on_warning)), info(png ? png_create_info_struct(png) : nullptr) {}
  ~Read() { png_destroy_read_struct(&png, &info, nullptr); }
};
struct Write {
  Session session;
  png_structp png;
  png_infop info;
  Write() : png(png_create_write_struct(PNG_LIBPNG_VER_STRING, &session, on_error, on_warning)), info(png ? png_create_info_struct(png) : nullptr) {}
  ~Write() { png_destroy_write_struct(&png, &info); }
};

bool is_signature(std::span<const std::byte> head) { return head.size() >= 8 && png_sig_cmp(reinterpret_cast<png_const_bytep>(head.data()), 0, 8) == 0; }

struct Facts { png_uint_32 width = 0, height = 0; int depth = 0, color = 0, interlace = 0; };

std::string_view mode_of(const Facts& facts) {
  const bool wide = facts.depth == 16;
  switch (facts.color) {
    case PNG_COLOR_TYPE_GRAY: return wide ? "I;16" : facts.depth == 1 ? "1" : "L";
    case PNG_COLOR_TYPE_GRAY_ALPHA: return wide ? "LA;16" : "LA";
    case PNG_COLOR_TYPE_RGB: return wide ? "RGB;16" : "RGB";
    case PNG_COLOR_TYPE_RGB_ALPHA: return wide ? "RGBA;16" : "RGBA";
    default: return "P";
  }
}

class PngReader final : public PictureReader {
 public:
  using PictureReader::PictureReader;

 private:
  std::optional<Record> decode() override {
    const auto head = source_.peek(8);
    if (head.empty() && begun() > 0) return std::nullopt;
    begin();
    if (!is_signature(head)) {
      if (head.size() < 8 && begun() == 1 && std::equal(head.begin(), head.end(), reinterpret_cast<const std::byte*>("\x89PNG\r\n\x1a\n"))) ends_early();
      refuse(begun() == 1 ? "it is no png file" : "something else than a picture follows");
    }
    Read read;
    if (!read.info) throw Error(Fault::system, "no memory to read " + source_.name());
    read.session.source = &source_;
    const Facts facts = read_facts(read);
    const PictureMode& mode = *find_mode(mode_of(facts));
    const std::uint64_t bytes = bounded_bytes(facts.width, facts.height, mode);
    const std::uint64_t stored = (std::uint64_t{png_get_rowbytes(read.png, read.info)} + 1) * facts.height;
    if (const auto left = source_.remaining(); left && *left < stored / kMostDeflated)
      refuse("a picture of " + std::to_string(facts.width) + "x" + std::to_string(facts.height) + " does not fit into the " + std::to_string(*left) + " bytes that follow");
    Picture picture{std::string(mode.name), facts.width, facts.height, {}, palette(read, facts), transparency(read, facts)};
    Buffer pixels(bytes);
    read_pixels(read, facts, pixels, bytes / facts.height);
    picture.pixels = std::move(pixels).freeze();
    check_indices(picture);
    return to_record(std::move(picture));
  }

  // After libpng gave up.
  [[noreturn]] void failed(const Read& read) const {
    if (read.session.thrown) std::rethrow_exception(read.session.thrown);
    if (read.session.ended) ends_early();
    refuse("it is no valid png: " + plain_or_quoted(read.session.message));
  }

  Facts read_facts(Read& read) {
    Facts facts;
    const bool good = guarded(read.session, [&] {
      png_set_read_fn(read.png, nullptr, read_bytes);
      png_set_user_limits(read.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);                 // ours are checked below, with a message of ours
      png_set_crc_action(read.png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
      png_set_benign_errors(read.png, 0);
      png_set_keep_unknown_chunks(read.png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);      // -1: every chunk that is no part of the picture
      png_read_info(read.png, read.info);
      png_get_IHDR(read.png, read.info, &facts.width, &facts.height, &facts.depth, &facts.color, &facts.interlace, nullptr, nullptr);
    });
    if (!good) failed(read);
    return facts;
  }

  void read_pixels(Read& read, const Facts& facts, Buffer& pixels, std::uint64_t row) {
    std::uint64_t row_of_libpng = 0;
    const bool good = guarded(read.session, [&] {
      if (facts.color == PNG_COLOR_TYPE_GRAY && facts.depth < 8) png_set_expand_gray_1_2_4_to_8(read.png);
      if (facts.color == PNG_COLOR_TYPE_PALETTE && facts.depth < 8) png_set_packing(read.png);
      if (facts.depth == 16) png_set_swap(read.png);
      const int passes = png_set_interlace_handling(read.png);
      png_read_update_info(read.png, read.info);
      row_of_libpng = png_get_rowbytes(read.png, read.info);
      if (row_of_libpng != row) return;
      for (int pass = 0; pass < passes; ++pass)
        for (png_uint_32 y = 0; y < facts.height; ++y) png_read_row(read.png, pixels.as<png_byte>() + y * row, nullptr);
      png_read_end(read.png, nullptr);
    });
    if (!good) failed(read);
    if (row_of_libpng != row) throw Error(Fault::bug, "libpng wants rows of another size");
  }

  std::optional<Tensor> palette(Read& read, const Facts& facts) {
    if (facts.color != PNG_COLOR_TYPE_PALETTE) return std::nullopt;
    png_colorp colors = nullptr;
    png_bytep alpha = nullptr;
    int count = 0, opaque_from = 0;
    png_get_PLTE(read.png, read.info, &colors, &count);
    png_get_tRNS(read.png, read.info, &alpha, &opaque_from, nullptr);
    std::vector<std::uint8_t> out;
    for (int i = 0; i < count; ++i) {
      out.insert(out.end(), {colors[i].red, colors[i].green, colors[i].blue});
      if (alpha) out.push_back(i < opaque_from ? alpha[i] : 255);
    }
    return make_tensor("palette", out, {count, alpha ? 4 : 3});
  }
  Value transparency(Read& read, const Facts& facts) {
    png_color_16p color = nullptr;
    if (facts.color == PNG_COLOR_TYPE_PALETTE || !png_get_tRNS(read.png, read.info, nullptr, nullptr, &color) || !color) return {};
    const std::uint32_t most = (1u << facts.depth) - 1, scale = facts.depth < 8 ? 255 / most : 1;      // as the pixels are widened
    if (facts.color == PNG_COLOR_TYPE_GRAY) return (color->gray & most) * scale;
    return ValueList{color->red & most, color->green & most, color->blue & most};
  }
  void check_indices(const Picture& picture) const {
    if (!picture.palette) return;
    const auto entries = static_cast<std::size_t>(picture.palette->shape[0]);
    for (const auto index : picture.pixels.span())
      if (std::to_integer<std::size_t>(index) >= entries) refuse("a pixel names entry " + std::to_string(std::to_integer<int>(index)) + " of a palette of " + std::to_string(entries));
  }
};

class PngWriter final : public PictureWriter {
 public:
  explicit PngWriter(std::unique_ptr<ByteSink> sink) : PictureWriter(std::move(sink), "png", true) {}

 private:
  void encode(const Picture& picture) override {
    if (picture.mode == "CMYK") refuse("png has no mode CMYK", "pam has it: --to pnm");
    const PictureMode& mode = *find_mode(picture.mode);
    png_color_16 clear{};
    const bool has_clear = to_color(picture, mode, clear);
    std::vector<png_color> colors;
    std::vector<png_byte> alpha;
    if (picture.palette) split(*picture.palette, colors, alpha);
    static constexpr int kColors[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA};
    const int color = picture.palette ? PNG_COLOR_TYPE_PALETTE : kColors[mode.channels - 1];
    const int depth = picture.mode == "1" ? 1 : mode.dtype == Dtype::u8 ? 8 : 16;
    const std::uint64_t row = picture.pixels.size() / picture.height;
    std::vector<png_byte> bits(depth == 1 ? row : 0);
    Write write;
    if (!write.info) throw Error(Fault::system, "no memory to write " + sink_->name());
    write.session.sink = sink_.get();
    const bool good = guarded(write.session, [&] {
      png_set_write_fn(write.png, nullptr, write_bytes, nullptr);
      png_set_user_limits(write.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
      png_set_IHDR(write.png, write.info, picture.width, picture.height, depth, color, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
      if (!colors.empty()) png_set_PLTE(write.png, write.info, colors.data(), static_cast<int>(colors.size()));
      if (!alpha.empty() || has_clear) png_set_tRNS(write.png, write.info, alpha.empty() ? nullptr : alpha.data(), static_cast<int>(alpha.size()), has_clear ? &clear : nullptr);
      png_write_info(write.png, write.info);
      if (depth == 16) png_set_swap(write.png);
      if (depth == 1) png_set_packing(write.png);
      for (png_uint_32 y = 0; y < picture.height; ++y) {
        const auto* from = reinterpret_cast<const png_byte*>(picture.pixels.data()) + y * row;
        for (std::size_t x = 0; x < bits.size(); ++x) bits[x] = from[x] != 0;
        png_write_row(write.png, bits.empty() ? from : bits.data());
      }
      png_write_end(write.png, nullptr);
    });
    if (good) return;
    if (write.session.thrown) std::rethrow_exception(write.session.thrown);
    refuse(plain_or_quoted(write.session.message));
  }

  bool to_color(const Picture& picture, const PictureMode& mode, png_color_16& color) const {
    if (picture.transparency == Value()) return false;
    const auto* list = picture.transparency.get_if<ValueList>();
    const std::size_t wanted = picture.palette ? 0 : mode.channels;
    const ValueList values = list ? *list : ValueList{picture.transparency};
    png_uint_16* const to[] = {mode.channels == 1 ? &color.gray : &color.red, &color.green, &color.blue};
    bool good = values.size() == wanted && (wanted == 1 || wanted == 3);
    for (std::size_t i = 0; good && i < wanted; ++i) {
      const auto value = values[i].unsigned_integer();
      good = value && *value <= (mode.dtype == Dtype::u8 ? 255 : 65535);
      if (good) *to[i] = static_cast<png_uint_16>(picture.mode == "1" ? *value / 255 : *value);
    }
    if (!good) refuse("its transparency is no colour of mode " + quote(picture.mode));
    return true;
  }
  static void split(const Tensor& palette, std::vector<png_color>& colors, std::vector<png_byte>& alpha) {
    const auto width = static_cast<std::size_t>(palette.shape[1]);
    const auto* entry = palette.as<std::uint8_t>();
    for (std::int64_t i = 0; i < palette.shape[0]; ++i, entry += width) {
      colors.push_back({entry[0], entry[1], entry[2]});
      if (width == 4) alpha.push_back(entry[3]);
    }
  }
};

class Png final : public Format {
 public:
  std::string name() const override { return "png"; }
  std::vector<std::string> extensions() const override { return {"png"}; }
  bool sniff(std::span<const std::byte> head) const override { return is_signature(head); }
  std::unique_ptr<RecordReader> reader(std::unique_ptr<ByteSource> source, const Limits& limits) const override {
    return std::make_unique<PngReader>(std::move(source), limits);
  }
  std::unique_ptr<RecordWriter> writer(std::unique_ptr<ByteSink> sink, const StreamHeader&) const override {
    return std::make_unique<PngWriter>(std::move(sink));
  }
};

}  // namespace

void register_png(Registry<Format>& registry) {
  registry.add<Png>({"png", "a picture, one record of kind image", "W3C: Portable Network Graphics, third edition"});
}

}  // namespace dml
