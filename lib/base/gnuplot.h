// Pictures, drawn by a gnuplot process that is started for one picture. It reads the script and hands over the picture through nameless
// files in memory: no pipe can break or block, no signal is involved, and nothing appears on disk unless the caller writes it.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dml {

class Gnuplot {
 public:
  enum class Picture { svg, png };
  /// From the extension of `path`. Error(usage) when it is neither .svg nor .png.
  static Picture picture_of(std::string_view path);

  /// `width` x `height` pixels, white ground.
  explicit Gnuplot(Picture picture, int width = 900, int height = 600) : picture_(picture), width_(width), height_(height) {}

  /// Adds the data block $name for `plot $name using 1:2 ...`, one line a row. NaN and infinity are points that are not there; a row
  /// without numbers ends a line. `name`: letters, digits and _, starting with a letter.
  void block(std::string_view name, const std::vector<std::vector<double>>& rows);
  /// Appends lines of gnuplot's language. Strangers' text belongs in literal().
  void script(std::string_view lines);
  /// `text` as a string constant in which gnuplot substitutes and executes nothing; control characters become spaces.
  static std::string literal(std::string_view text);

  /// The bytes of the picture, for open_file_sink(path) or stdout_sink(). Error(system) when gnuplot is absent or fails (its first
  /// complaint is in the message).
  std::string draw() const;

 private:
  Picture picture_;
  int width_, height_;
  std::string blocks_, script_;
};

}  // namespace dml
