// jpeg: a picture (see formats/picture.h), read only. Decoded by libjpeg-turbo as Pillow does by default, to the same bytes: accurate
// integer DCT, fancy upsampling, block smoothing, colours as the file's markers say; four channels are inverted inks (Adobe's custom) and
// turned around. What is wrong with the data and would only be a warning there is an error here. After the end of a picture another one
// may follow; anything else there, as cameras append it, is passed over with a warning.
// Source: ITU-T T.81, JFIF 1.02; libjpeg-turbo's libjpeg.txt. A file of more than 500 scans is refused: each costs as much as the picture.
#include <cstddef>
#include <cstdio>                                          // before jpeglib.h, which needs FILE

#include <jpeglib.h>

#include <jerror.h>

#include <csetjmp>
#include <exception>

#include "base/log.h"
#include "base/text.h"
#include "entry/registry.h"
#include "formats/picture.h"

namespace dml {
namespace {

constexpr int kMostScans = 500;

// libjpeg reports errors by a function that does not return: longjmp over its frames only. What callbacks throw waits in `thrown`.
struct Session {
  jpeg_decompress_struct decoder{};
  jpeg_error_mgr errors{};
  jpeg_source_mgr input{};
  jpeg_progress_mgr progress{};
  BufferedSource* source = nullptr;
  std::size_t given = 0;                                   // bytes that were peeked and handed to libjpeg
  std::exception_ptr thrown;
  std::string message;
  bool ended = false;
  std::jmp_buf escape;

  explicit Session(BufferedSource& from);
  ~Session() { jpeg_destroy_decompress(&decoder); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
};

Session& session_of(j_common_ptr decoder) { return *static_cast<Session*>(decoder->client_data); }

[[noreturn]] void on_error(j_common_ptr decoder) {
  Session& session = session_of(decoder);
  if (!session.thrown && !session.ended) {
    char text[JMSG_LENGTH_MAX];
    decoder->err->format_message(decoder, text);
    session.message = text;
  }
  std::longjmp(session.escape, 1);
}
void on_message(j_common_ptr decoder, int level) {
  if (level >= 0) return;
  const int code = decoder->err->msg_code;
  if (code != JWRN_JFIF_MAJOR && code != JWRN_ADOBE_XFORM) on_error(decoder);          // those two are about versions
}

boolean fill(j_decompress_ptr decoder) {
  Session& session = session_of(reinterpret_cast<j_common_ptr>(decoder));
  std::span<const std::byte> bytes;
  try {
    session.source->skip(session.given);
    session.given = 0;
    bytes = session.source->peek(1);
  } catch (...) {
    session.thrown = std::current_exception();
  }
  session.ended = bytes.empty();
  if (session.ended) on_error(reinterpret_cast<j_common_ptr>(decoder));
  session.given = bytes.size();
  session.input.next_input_byte = reinterpret_cast<const JOCTET*>(bytes.data());
  session.input.bytes_in_buffer = bytes.size();
  return TRUE;
}
void skip(j_decompress_ptr decoder, long count) {
  auto& input = *decoder->src;
  while (count > 0) {
    if (input.bytes_in_buffer == 0) fill(decoder);
    const auto step = std::min<std::size_t>(static_cast<std::size_t>(count), input.bytes_in_buffer);
    input.next_input_byte += step;
    input.bytes_in_buffer -= step;
    count -= static_cast<long>(step);
  }
}
void nothing(j_decompress_ptr) {}
void count_scans(j_common_ptr decoder) {
  if (reinterpret_cast<j_decompress_ptr>(decoder)->input_scan_number <= kMostScans) return;
  session_of(decoder).message = "it has more than 500 scans";
  std::longjmp(session_of(decoder).escape, 1);
}

Session::Session(BufferedSource& from) : source(&from) {
  decoder.err = jpeg_std_error(&errors);
  errors.error_exit = on_error;
  errors.emit_message = on_message;
  decoder.client_data = this;
  input.init_source = nothing;
  input.fill_input_buffer = fill;
  input.skip_input_data = skip;
  input.resync_to_restart = jpeg_resync_to_restart;
  input.term_source = nothing;
  progress.progress_monitor = count_scans;
}

// Runs `body`; false when libjpeg gave up. Nothing in `body` may need a destructor.
template <class Body>
bool guarded(Session& session, Body body) {
  if (setjmp(session.escape) != 0) return false;
  body();
  return true;
}

bool is_signature(std::span<const std::byte> head) { return head.size() >= 3 && head[0] == std::byte{0xff} && head[1] == std::byte{0xd8} && head[2] == std::byte{0xff}; }

class JpegReader final : public PictureReader {
 public:
  using PictureReader::PictureReader;

 private:
  std::optional<Record> decode() override {
    const auto head = source_.peek(3);
    if (begun() > 0 && !is_signature(head)) {
      pass_over();
      return std::nullopt;
    }
    begin();
    if (head.empty()) throw Error(Fault::input, source_.name() + " is empty");
    if (!is_signature(head)) {
      static constexpr std::byte kStart[] = {std::byte{0xff}, std::byte{0xd8}};
      if (head.size() < 3 && std::equal(head.begin(), head.end(), kStart)) ends_early();
      refuse("it is no jpeg file");
    }
    Session session(source_);
    if (!guarded(session, [&] {
          jpeg_create_decompress(&session.decoder);        // forgets what was set before it
          session.decoder.client_data = &session;
          session.decoder.src = &session.input;
          session.decoder.progress = &session.progress;
          jpeg_read_header(&session.decoder, TRUE);
        }))
      failed(session);
    const PictureMode& mode = mode_of(session.decoder);
    const std::uint64_t width = session.decoder.image_width, height = session.decoder.image_height;
    Buffer pixels(bounded_bytes(width, height, mode));
    bound_memory(session.decoder);
    if (!guarded(session, [&] {
          jpeg_start_decompress(&session.decoder);
          while (session.decoder.output_scanline < session.decoder.output_height) {
            JSAMPROW row = pixels.as<JSAMPLE>() + session.decoder.output_scanline * width * mode.channels;
            jpeg_read_scanlines(&session.decoder, &row, 1);
          }
          jpeg_finish_decompress(&session.decoder);
        }))
      failed(session);
    source_.skip(session.given - session.input.bytes_in_buffer);
    if (mode.name == "CMYK")
      for (auto& byte : pixels.span()) byte = ~byte;
    return to_record({std::string(mode.name), static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height), std::move(pixels).freeze(), std::nullopt, {}});
  }

  [[noreturn]] void failed(const Session& session) const {
    if (session.thrown) std::rethrow_exception(session.thrown);
    if (session.ended) ends_early();
    refuse("it is no valid jpeg: " + plain_or_quoted(session.message));
  }
  const PictureMode& mode_of(const jpeg_decompress_struct& decoder) const {
    switch (decoder.out_color_space) {
      case JCS_GRAYSCALE: return *find_mode("L");
      case JCS_RGB: return *find_mode("RGB");
      case JCS_CMYK: return *find_mode("CMYK");
      default: refuse("a jpeg of " + std::to_string(decoder.num_components) + " channels without a colour space is not read");
    }
  }
  // The coefficients of a progressive file take two bytes for each sample of whole blocks; anything above that is a forged table.
  static void bound_memory(jpeg_decompress_struct& decoder) {
    const auto padded = [](std::uint64_t extent) { return (extent + 63) / 64 * 64; };
    decoder.mem->max_memory_to_use = static_cast<long>(padded(decoder.image_width) * padded(decoder.image_height) * 2 * static_cast<unsigned>(decoder.num_components) + (64 << 20));
  }
  void pass_over() {
    std::uint64_t count = 0;
    for (auto bytes = source_.peek(1); !bytes.empty(); bytes = source_.peek(1)) {
      count += bytes.size();
      source_.skip(bytes.size());
    }
    if (count > 0) warn(source_.name() + " goes on for " + std::to_string(count) + " bytes after its picture; they are not read");
  }
};

class Jpeg final : public Format {
 public:
  std::string name() const override { return "jpeg"; }
  std::vector<std::string> extensions() const override { return {"jpg", "jpeg"}; }
  bool sniff(std::span<const std::byte> head) const override { return is_signature(head); }
  std::unique_ptr<RecordReader> reader(std::unique_ptr<ByteSource> source, const Limits& limits) const override {
    return std::make_unique<JpegReader>(std::move(source), limits);
  }
  std::unique_ptr<RecordWriter> writer(std::unique_ptr<ByteSink> sink, const StreamHeader&) const override {
    throw Error(Fault::usage, "jpeg is read only: " + sink->name() + " cannot be written", "png and pnm keep every pixel");
  }
};

}  // namespace

void register_jpeg(Registry<Format>& registry) {
  registry.add<Jpeg>({"jpeg", "a picture, read only, to the bytes that Pillow gives", "ITU-T T.81; JFIF 1.02; libjpeg-turbo"});
}

}  // namespace dml
