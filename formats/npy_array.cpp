#include "formats/npy_array.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "base/text.h"

namespace dml {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMostHeader = 64 << 10;

struct TypeName { Dtype dtype; std::string_view name; };
constexpr std::array<TypeName, 12> kTypeNames{{
    {Dtype::f64, "f8"}, {Dtype::f32, "f4"}, {Dtype::f16, "f2"}, {Dtype::i64, "i8"}, {Dtype::i32, "i4"}, {Dtype::i16, "i2"}, {Dtype::i8, "i1"},
    {Dtype::u64, "u8"}, {Dtype::u32, "u4"}, {Dtype::u16, "u2"}, {Dtype::u8, "u1"}, {Dtype::boolean, "b1"}}};

struct Layout { Dtype dtype = Dtype::f64; bool big_endian = false, fortran = false; std::vector<std::int64_t> shape; };

/// The header is a Python dictionary: {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }, its keys in any order.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, std::string where) : text_(text), where_(std::move(where)) {}

  Layout parse() {
    Layout out;
    bool type = false, order = false, shape = false;
    expect('{');
    while (!take('}')) {
      const std::string key = text();
      expect(':');
      if (key == "descr" && !std::exchange(type, true)) read_type(out);
      else if (key == "fortran_order" && !std::exchange(order, true)) out.fortran = truth();
      else if (key == "shape" && !std::exchange(shape, true)) out.shape = extents();
      else refuse("has the key " + quote(key) + ", or has it twice");
      if (!take(',')) {
        expect('}');
        break;
      }
    }
    skip();
    if (at_ != text_.size()) refuse("goes on after its dictionary");
    if (!type || !order || !shape) refuse("lacks one of descr, fortran_order and shape");
    return out;
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const { throw Error(Fault::input, "the header of " + where_ + " " + what); }
  void skip() { at_ = std::min(text_.find_first_not_of(" \t\n", at_), text_.size()); }
  bool take(char c) {
    skip();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) refuse(std::string("lacks a ") + c + " at byte " + std::to_string(at_));
  }
  std::string text() {
    skip();
    const char mark = at_ < text_.size() ? text_[at_] : ' ';
    const std::size_t end = mark == '\'' || mark == '"' ? text_.find(mark, at_ + 1) : text_.npos;
    if (end == text_.npos) refuse("lacks a text at byte " + std::to_string(at_));
    const std::string out(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return out;
  }
  bool truth() {
    skip();
    for (const bool value : {true, false}) {
      const std::string_view word = value ? "True" : "False";
      if (text_.substr(at_).starts_with(word)) {
        at_ += word.size();
        return value;
      }
    }
    refuse("says neither True nor False for fortran_order");
  }
  std::vector<std::int64_t> extents() {
    std::vector<std::int64_t> out;
    expect('(');
    while (!take(')')) {
      skip();
      std::int64_t extent = -1;
      const auto [end, code] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), extent);
      if (code != std::errc() || extent < 0) refuse("has an extent that is no whole number from 0 to 2^63 - 1");
      out.push_back(extent);
      at_ = static_cast<std::size_t>(end - text_.data());
      if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // as Python 2 wrote long integers
      if (!take(',')) {
        expect(')');
        break;
      }
    }
    return out;
  }
  void read_type(Layout& out) {
    skip();
    if (at_ < text_.size() && text_[at_] == '[') throw Error(Fault::input, where_ + " is a structured array; arrays of one plain type are read");
    const std::string name = text();
    if (name.find('O') != std::string::npos) throw Error(Fault::input, where_ + " holds Python objects, which are never unpickled");
    const bool ordered = !name.empty() && std::string_view("<>=|").find(name[0]) != std::string_view::npos;
    out.big_endian = ordered && name[0] == '>';
    const std::string plain = name.substr(ordered ? 1 : 0);
    const auto* row = std::find_if(kTypeNames.begin(), kTypeNames.end(), [&](const TypeName& r) { return r.name == plain; });
    if (row == kTypeNames.end()) throw Error(Fault::input, where_ + " is of type " + quote(name) + ", which tensors do not have");
    out.dtype = row->dtype;
  }

  std::string_view text_;
  std::string where_;
  std::size_t at_ = 0;
};

Layout read_layout(ByteSource& source) {
  const std::string name = source.name();
  const auto start = read_bytes(source, 8);
  if (!start) throw Error(Fault::input, name + " ends early: its header is cut");
  if (std::memcmp(start->data(), kMagic.data(), kMagic.size()) != 0) throw Error(Fault::input, name + " is no npy array");
  const auto version = std::to_integer<unsigned>(start->data()[6]);
  if (version < 1 || version > 3 || start->data()[7] != std::byte{0})
    throw Error(Fault::input, name + " has version " + std::to_string(version) + "." + std::to_string(std::to_integer<unsigned>(start->data()[7])) + " of npy; 1.0 to 3.0 are read");
  const int width = version == 1 ? 2 : 4;
  const auto length_bytes = read_bytes(source, static_cast<std::uint64_t>(width));
  if (!length_bytes) throw Error(Fault::input, name + " ends early: its header is cut");
  std::uint64_t length = 0;
  for (int i = width - 1; i >= 0; --i) length = length << 8 | std::to_integer<std::uint64_t>(length_bytes->data()[i]);
  if (length > kMostHeader) throw Error(Fault::input, name + " claims a header of " + std::to_string(length) + " bytes, at most 65536 are read");
  const auto text = read_bytes(source, length);
  if (!text) throw Error(Fault::input, name + " ends early: its header is cut");
  return HeaderParser({reinterpret_cast<const char*>(text->data()), text->size()}, name).parse();
}

template <class T>
Bytes turned_around(const Bytes& from) {
  Buffer out(from.size());
  for (std::size_t at = 0; at < from.size(); at += sizeof(T)) std::reverse_copy(from.data() + at, from.data() + at + sizeof(T), out.data() + at);
  return std::move(out).freeze();
}

Bytes with_bytes_swapped(const Bytes& from, std::size_t width) {
  if (width == 2) return turned_around<std::uint16_t>(from);
  if (width == 4) return turned_around<std::uint32_t>(from);
  return width == 8 ? turned_around<std::uint64_t>(from) : from;
}

// Column-major to row-major: an odometer over the source's order, its first digit fastest.
template <class T>
Bytes transposed(const Bytes& from, const std::vector<std::int64_t>& shape) {
  Buffer out(from.size());
  const std::size_t rank = shape.size();
  std::vector<std::size_t> stride(rank, 1), digit(rank, 0);
  for (std::size_t r = rank - 1; r-- > 0;) stride[r] = stride[r + 1] * static_cast<std::size_t>(shape[r + 1]);
  std::size_t to = 0;
  for (std::size_t i = 0; i < from.size() / sizeof(T); ++i) {
    std::memcpy(out.data() + to * sizeof(T), from.data() + i * sizeof(T), sizeof(T));
    for (std::size_t r = 0; r < rank; ++r) {
      to += stride[r];
      if (++digit[r] < static_cast<std::size_t>(shape[r])) break;
      to -= stride[r] * static_cast<std::size_t>(shape[r]);
      digit[r] = 0;
    }
  }
  return std::move(out).freeze();
}

Bytes row_major(const Bytes& from, const std::vector<std::int64_t>& shape, std::size_t width) {
  if (shape.size() < 2 || from.size() == 0) return from;
  if (width == 1) return transposed<std::uint8_t>(from, shape);
  if (width == 2) return transposed<std::uint16_t>(from, shape);
  return width == 4 ? transposed<std::uint32_t>(from, shape) : transposed<std::uint64_t>(from, shape);
}

}  // namespace

Tensor read_npy_array(ByteSource& source, std::string name, const Limits& limits) {
  Layout layout = read_layout(source);
  Tensor tensor{std::move(name), layout.dtype, std::move(layout.shape), {}, {}};
  const std::uint64_t bytes = tensor_bytes(tensor, limits, source.name());
  auto data = read_bytes(source, bytes);
  if (!data) throw Error(Fault::input, source.name() + " ends early: its array of " + shape_text(tensor.shape) + " is cut");
  tensor.data = std::move(*data);
  const std::size_t width = size_of(tensor.dtype);
  if (layout.big_endian) tensor.data = with_bytes_swapped(tensor.data, width);
  if (layout.fortran) tensor.data = row_major(tensor.data, tensor.shape, width);
  return tensor;
}

std::string npy_header(const Tensor& tensor) {
  const auto* row = std::find_if(kTypeNames.begin(), kTypeNames.end(), [&](const TypeName& r) { return r.dtype == tensor.dtype; });
  if (row == kTypeNames.end())
    throw Error(Fault::usage, "numpy has no " + std::string(to_string(tensor.dtype)) + ": tensor " + quote(tensor.name) + " cannot be written", "dmerge convert --dtype f32");
  std::string shape;
  for (const auto extent : tensor.shape) shape += std::to_string(extent) + (tensor.shape.size() == 1 ? "," : ", ");
  if (tensor.shape.size() > 1) shape.resize(shape.size() - 2);
  const std::string order = size_of(tensor.dtype) == 1 ? "|" : "<";
  std::string text = "{'descr': '" + order + std::string(row->name) + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  const std::size_t total = (kMagic.size() + 4 + text.size() + 1 + 63) / 64 * 64, length = total - kMagic.size() - 4;
  text.resize(length - 1, ' ');
  std::string out(kMagic);
  out += {1, 0, static_cast<char>(length & 255), static_cast<char>(length >> 8)};
  return out + text + '\n';
}

}  // namespace dml
