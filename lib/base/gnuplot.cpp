#include "base/gnuplot.h"

#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstring>

#include "base/error.h"
#include "base/text.h"

namespace dml {
namespace {

// A nameless file in memory, closed with its owner.
class MemoryFile {
 public:
  explicit MemoryFile(const char* name) : fd_(memfd_create(name, MFD_CLOEXEC)) {
    if (fd_ < 0) throw Error(Fault::system, std::string("no memory for gnuplot: ") + std::strerror(errno));
  }
  ~MemoryFile() { close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  int fd() const { return fd_; }

  void fill(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t done = write(fd_, text.data(), text.size());
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) throw Error(Fault::system, std::string("no memory for gnuplot: ") + std::strerror(errno));
      text.remove_prefix(static_cast<std::size_t>(done));
    }
    lseek(fd_, 0, SEEK_SET);
  }
  std::string content() const {
    std::string out;
    std::array<char, 65536> part;
    for (off_t at = 0;;) {
      const ssize_t got = pread(fd_, part.data(), part.size(), at);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return out;
      out.append(part.data(), static_cast<std::size_t>(got));
      at += got;
    }
  }

 private:
  int fd_;
};

// Runs gnuplot with these three files as its standard streams; returns its wait status.
int run(const MemoryFile& in, const MemoryFile& out, const MemoryFile& complaints) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, in.fd(), 0);
  posix_spawn_file_actions_adddup2(&files, out.fd(), 1);
  posix_spawn_file_actions_adddup2(&files, complaints.fd(), 2);
  posix_spawnattr_t attributes;                            // signals that a tool ignores or blocks are its own affair
  posix_spawnattr_init(&attributes);
  sigset_t signals;
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);
  sigaddset(&signals, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  char program[] = "gnuplot", defaults[] = "-d";           // -d: without the user's own settings
  char* const command[] = {program, defaults, nullptr};
  pid_t child = 0;
  const int fault = posix_spawnp(&child, program, &files, &attributes, command, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (fault == ENOENT) throw Error(Fault::system, "a picture needs the program gnuplot, which is not installed", "apt-get install gnuplot-nox");
  if (fault != 0) throw Error(Fault::system, std::string("gnuplot cannot be started: ") + std::strerror(fault));
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) throw Error(Fault::system, std::string("gnuplot was lost: ") + std::strerror(errno));
  return status;
}

// What gnuplot complained of first: it echoes the line, marks the place with ^, and says what is wrong after "line 0: ".
std::string first_complaint(const std::string& text) {
  constexpr std::string_view kMark = "line 0: ";
  const auto mark = text.find(kMark);
  const auto start = text.find_first_not_of(" \t\r\n", mark == std::string::npos ? 0 : mark + kMark.size());
  return start == std::string::npos ? "" : text.substr(start, text.find('\n', start) - start);
}

}  // namespace

Gnuplot::Picture Gnuplot::picture_of(std::string_view path) {
  if (path.ends_with(".svg")) return Picture::svg;
  if (path.ends_with(".png")) return Picture::png;
  throw Error(Fault::usage, "picture " + quote(path) + " is neither .svg nor .png");
}

// gnuplot carries out `commands` within double quotes and cannot begin a text in single quotes with a quote; as an octal escape every
// character is only itself.
std::string Gnuplot::literal(std::string_view text) {
  constexpr std::string_view kSpecial = "\"'`\\@$!#;";
  std::string out = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 32 || code == 127) out += ' ';
    else if (kSpecial.find(c) == std::string_view::npos) out += c;
    else out += '\\' + std::to_string(code / 64) + std::to_string(code / 8 % 8) + std::to_string(code % 8);
  }
  return out + "\"";
}

void Gnuplot::block(std::string_view name, const std::vector<std::vector<double>>& rows) {
  blocks_ += "$" + std::string(name) + " << END_OF_BLOCK\n";
  for (const auto& row : rows) {
    for (std::size_t k = 0; k < row.size(); ++k)
      blocks_ += (k ? " " : "") + (std::isfinite(row[k]) ? format_number(row[k]) : std::string("NaN"));
    blocks_ += '\n';
  }
  blocks_ += "END_OF_BLOCK\n";
}

void Gnuplot::script(std::string_view lines) {
  script_ += lines;
  if (!lines.ends_with('\n')) script_ += '\n';
}

std::string Gnuplot::draw() const {
  const std::string size = " noenhanced size " + std::to_string(width_) + "," + std::to_string(height_) + " background rgb 'white' font 'sans,12'\n";
  const MemoryFile in("gnuplot-script"), out("gnuplot-picture"), complaints("gnuplot-complaints");
  in.fill("set encoding utf8\nset terminal " + std::string(picture_ == Picture::svg ? "svg" : "pngcairo") + size +
          "set datafile missing 'NaN'\n" + blocks_ + script_);
  const int status = run(in, out, complaints);
  std::string picture = out.content();
  const std::string_view signature = picture_ == Picture::svg ? "<?xml" : "\x89PNG";
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && picture.starts_with(signature)) return picture;
  const std::string complaint = first_complaint(complaints.content());
  throw Error(Fault::system, "gnuplot drew no picture" + (complaint.empty() ? std::string() : ": " + plain_or_quoted(complaint)));
}

}  // namespace dml
