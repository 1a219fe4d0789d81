#include "formats/picture.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace dml {
namespace {

constexpr std::array<PictureMode, 11> kModes{{{"1", 1, Dtype::u8}, {"L", 1, Dtype::u8}, {"LA", 2, Dtype::u8}, {"RGB", 3, Dtype::u8}, {"RGBA", 4, Dtype::u8},
                                              {"P", 1, Dtype::u8}, {"CMYK", 4, Dtype::u8}, {"I;16", 1, Dtype::u16}, {"LA;16", 2, Dtype::u16},
                                              {"RGB;16", 3, Dtype::u16}, {"RGBA;16", 4, Dtype::u16}}};

// The mode of pixels that nobody named.
std::string_view usual_mode(std::int64_t channels, Dtype dtype) {
  static constexpr std::string_view kBytes[] = {"L", "LA", "RGB", "RGBA"}, kWords[] = {"I;16", "LA;16", "RGB;16", "RGBA;16"};
  if (channels < 1 || channels > 4 || (dtype != Dtype::u8 && dtype != Dtype::u16)) return {};
  return (dtype == Dtype::u8 ? kBytes : kWords)[channels - 1];
}

}  // namespace

const PictureMode* find_mode(std::string_view name) {
  const auto* mode = std::find_if(kModes.begin(), kModes.end(), [&](const PictureMode& m) { return m.name == name; });
  return mode == kModes.end() ? nullptr : mode;
}

Record to_record(Picture picture) {
  const PictureMode& mode = *find_mode(picture.mode);
  Record record{"image", {{"mode", picture.mode}}, {}, {}};
  if (picture.transparency != Value()) record.meta["transparency"] = picture.transparency;
  if (picture.palette) record.tensors.push_back(std::move(*picture.palette));
  record.tensors.push_back({"pixels", mode.dtype, {picture.height, picture.width, mode.channels}, std::move(picture.pixels), {}});
  return record;
}

std::uint64_t PictureReader::bounded_bytes(std::uint64_t width, std::uint64_t height, const PictureMode& mode) const {
  const std::string size = std::to_string(width) + "x" + std::to_string(height);
  if (width == 0 || height == 0) refuse("a picture of " + size + " has no pixel");
  if (width > limits_.pixels || height > limits_.pixels / width)
    throw Error(Fault::input, where() + ": a picture of " + size + " is over the limit of " + std::to_string(limits_.pixels) + " pixels", "raise --limit-pixels if it is meant");
  if (width >> 31 || height >> 31) refuse("a picture of " + size + " is too wide or too high");
  const std::uint64_t bytes = width * height * mode.channels * size_of(mode.dtype);
  if (bytes > limits_.tensor_bytes)
    throw Error(Fault::input, where() + ": a picture of " + size + " is over the limit of " + format_bytes(static_cast<double>(limits_.tensor_bytes)), "raise --limit-tensor if it is meant");
  return bytes;
}

void PictureWriter::begin(const RecordHead& head) {
  if (single_ && pictures_ > 0) refuse("one picture is all that a file holds, a second record came");
  record_ = {head.kind, head.meta, {}, {}};
  left_ = head.tensors;
  if (left_ == 0) finish();
}

void PictureWriter::tensor(const Tensor& tensor) {
  if (tensor.name != "pixels" && tensor.name != "palette") refuse("tensor " + quote(tensor.name) + " is neither pixels nor palette");
  record_.tensors.push_back(tensor);
  if (--left_ == 0) finish();
}

void PictureWriter::close(const Attributes&) {
  if (pictures_ == 0) refuse("there is no record");
  sink_->commit();
}

void PictureWriter::refuse(const std::string& what, const std::string& hint) const {
  throw Error(Fault::usage, format_ + " holds pictures, " + sink_->name() + " cannot take this: " + what, hint);
}

void PictureWriter::finish() {
  const Tensor* pixels = record_.find("pixels");
  if (!pixels) refuse("a record of kind " + quote(record_.kind) + " has no tensor 'pixels'");
  const auto& shape = pixels->shape;
  const bool fits = shape.size() == 3 && shape[0] > 0 && shape[1] > 0 && shape[0] < std::int64_t{1} << 31 && shape[1] < std::int64_t{1} << 31;
  const std::string name(fits ? get_text(record_.meta, "mode").value_or(std::string(usual_mode(shape[2], pixels->dtype))) : "");
  const PictureMode* mode = find_mode(name);
  if (!mode || shape[2] != mode->channels || pixels->dtype != mode->dtype)
    refuse("pixels are " + std::string(to_string(pixels->dtype)) + " " + shape_text(shape) + (name.empty() ? "" : " of mode " + quote(name)),
           "pixels are u8 or u16 [height, width, 1 to 4 channels] and fit their mode");
  Picture picture{name, static_cast<std::uint32_t>(shape[1]), static_cast<std::uint32_t>(shape[0]), pixels->data, std::nullopt, {}};
  if (const auto it = record_.meta.find("transparency"); it != record_.meta.end()) picture.transparency = it->second;
  if (const Tensor* palette = record_.find("palette")) picture.palette = *palette;
  if (picture.palette.has_value() != (name == "P")) refuse(name == "P" ? "mode P lacks its palette" : "a palette, but mode " + quote(name));
  const auto* bytes = reinterpret_cast<const unsigned char*>(picture.pixels.data());
  const std::size_t count = picture.pixels.size();
  if (name == "1" && std::any_of(bytes, bytes + count, [](unsigned char v) { return v != 0 && v != 255; })) refuse("mode 1 has pixels other than 0 and 255");
  if (picture.palette) {
    const Tensor& p = *picture.palette;
    const bool good = p.dtype == Dtype::u8 && p.shape.size() == 2 && p.shape[0] >= 1 && p.shape[0] <= 256 && (p.shape[1] == 3 || p.shape[1] == 4);
    if (!good) refuse("a palette of " + std::string(to_string(p.dtype)) + " " + shape_text(p.shape), "a palette is u8 [1 to 256, 3 or 4]");
    if (std::any_of(bytes, bytes + count, [&](unsigned char v) { return v >= p.shape[0]; })) refuse("a pixel names an entry that the palette has not");
  }
  encode(picture);
  ++pictures_;
}

}  // namespace dml
