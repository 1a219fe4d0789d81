#include "base/gnuplot.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <limits>

#include "base/error.h"

using namespace dml;

namespace {

// PATH while a test needs another one.
struct Path {
  explicit Path(const char* now) : before(std::getenv("PATH")) { setenv("PATH", now, 1); }
  ~Path() { setenv("PATH", before.c_str(), 1); }
  std::string before;
};

Gnuplot line(Gnuplot::Picture picture, const std::string& title) {
  Gnuplot plot(picture, 320, 240);
  plot.block("data", {{0, 1}, {1, std::numeric_limits<double>::quiet_NaN()}, {2, 3}});
  plot.script("set title " + Gnuplot::literal(title) + "\nplot $data using 1:2 with linespoints notitle");
  return plot;
}

bool has_gnuplot() { return std::system("gnuplot --version > /dev/null 2>&1") == 0; }

Error failure(const Gnuplot& plot) {
  try {
    plot.draw();
  } catch (const Error& error) {
    return error;
  }
  return {Fault::bug, "nothing was thrown"};
}

}  // namespace

TEST_CASE("gnuplot draws an svg and a png of the size that was asked for, the same bytes each time") {
  if (!has_gnuplot()) return;
  const std::string svg = line(Gnuplot::Picture::svg, "a_title {of} its own").draw();
  CHECK(svg.find("a_title {of} its own") != std::string::npos);      // shown as typed: no subscripts
  CHECK(svg.find("width=\"320\" height=\"240\"") != std::string::npos);
  CHECK(svg.ends_with("</svg>\n\n"));
  CHECK(line(Gnuplot::Picture::svg, "a_title {of} its own").draw() == svg);
  const std::string png = line(Gnuplot::Picture::png, "a").draw();
  CHECK(png.substr(16, 8) == std::string("\0\0\1\x40\0\0\0\xf0", 8));  // IHDR: 320 x 240
}

TEST_CASE("text of strangers is never carried out by gnuplot") {
  CHECK(Gnuplot::literal("it's `id`\n\\$x") == R"("it\047s \140id\140 \134\044x")");
  if (!has_gnuplot()) return;
  const std::string svg = line(Gnuplot::Picture::svg, "'`echo hijacked`\n!echo hijacked too\"\\").draw();
  CHECK(svg.find("'`echo hijacked` !echo hijacked too\"\\") != std::string::npos);
}

TEST_CASE("a gnuplot that is absent or fails is a system error with its complaint") {
  {
    Path none("/nowhere");
    const Error error = failure(line(Gnuplot::Picture::svg, "a"));
    CHECK(error.fault() == Fault::system);
    CHECK(std::string(error.what()) == "a picture needs the program gnuplot, which is not installed");
    CHECK(error.hint() == "apt-get install gnuplot-nox");
  }
  if (!has_gnuplot()) return;
  Gnuplot wrong(Gnuplot::Picture::svg);
  wrong.script("plot sin(x)\nplot $absent");
  CHECK(std::string(failure(wrong).what()) == "gnuplot drew no picture: no datablock named $absent");
  Gnuplot nothing(Gnuplot::Picture::png);
  CHECK(std::string(failure(nothing).what()) == "gnuplot drew no picture");
}

TEST_CASE("the kind of a picture is its extension") {
  CHECK(Gnuplot::picture_of("a.svg") == Gnuplot::Picture::svg);
  CHECK(Gnuplot::picture_of("b.c/a.png") == Gnuplot::Picture::png);
  CHECK_THROWS_WITH(Gnuplot::picture_of("a.jpg"), "picture 'a.jpg' is neither .svg nor .png");
}
