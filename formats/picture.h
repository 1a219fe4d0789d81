// What the picture formats share: one picture <-> one record of kind "image". `pixels` is u8 or u16 [height, width, channels], `palette`
// u8 [entries, 3 or 4] where pixels are indices. meta `mode` is Pillow's name: 1 (0 or 255), L, LA, RGB, RGBA, P, CMYK (0: no ink), I;16;
// with ;16 behind it, LA, RGB and RGBA have 16 bits, where Pillow keeps the high byte. `transparency`: the value, or the list of
// three, that is to be seen through. Orientation, colour profiles and comments are left out.
#pragma once
#include <optional>
#include <string>

#include "formats/whole_reader.h"

namespace dml {

struct PictureMode { std::string_view name; unsigned channels; Dtype dtype; };
/// nullptr when no picture has this mode.
const PictureMode* find_mode(std::string_view name);

struct Picture {
  std::string mode;
  std::uint32_t width = 0, height = 0;
  Bytes pixels;
  std::optional<Tensor> palette;
  Value transparency;                                      // nil: none
};

Record to_record(Picture picture);

class PictureReader : public WholeReader {
 public:
  using WholeReader::WholeReader;

 protected:
  /// Bytes of the pixels; Error(input) when that is nothing or over the limits. To be called before memory is taken.
  std::uint64_t bounded_bytes(std::uint64_t width, std::uint64_t height, const PictureMode& mode) const;
  [[noreturn]] void ends_early() const { throw Error(Fault::input, source_.name() + " ends early: its picture is cut"); }
};

/// Collects a record and hands it on as a picture. Error(usage) when it is none.
class PictureWriter : public RecordWriter {
 public:
  /// `format` as in messages; `single`: a file holds one picture.
  PictureWriter(std::unique_ptr<ByteSink> sink, std::string format, bool single) : sink_(std::move(sink)), format_(std::move(format)), single_(single) {}
  void begin(const RecordHead& head) override;
  void tensor(const Tensor& tensor) override;
  void close(const Attributes&) override;

 protected:
  virtual void encode(const Picture& picture) = 0;
  [[noreturn]] void refuse(const std::string& what, const std::string& hint = {}) const;
  std::unique_ptr<ByteSink> sink_;

 private:
  void finish();
  std::string format_;
  bool single_;
  Record record_;
  std::uint64_t left_ = 0, pictures_ = 0;
};

}  // namespace dml
