// Speed of dml and safetensors as ratios to the least that the system must do, both in the same run and alternating, best of five (of three beyond 4 GB):
//   read    open_reader tensor by tensor, against read(2) of 128 KiB into one buffer, as cat does; the file is in the page cache
//   write   open_writer tensor by tensor, against write(2) of 4 MiB from one buffer
//   memory  peak of a process that only reads or only writes, beyond the largest tensor
// Wall time, and processor time (user + system) beside it, which other programs on the machine disturb least. Prints one JSON object a format.
// Should reach: read >= 0.5, write >= 0.8, memory < 200 MB. stream_bench [MIB [FOLDER]]: 2048 MiB in tensors of 64 MiB
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <vector>

#include "base/random.h"
#include "base/text.h"
#include "entry/registry.h"
#include "formats/formats.h"
#include "wire/endpoint.h"
#include "timing.h"

using namespace dml;

namespace {

constexpr std::size_t kMiB = 1 << 20, kTensor = 64 * kMiB;

// A line of /proc such as "VmHWM:   123 kB", in bytes.
double proc_bytes(const char* file, const std::string& key) {
  std::ifstream text(file);
  for (std::string word; text >> word;)
    if (word == key) {
      text >> word;
      return 1024 * std::atof(word.c_str());
    }
  throw std::runtime_error("no " + key + " in " + file);
}

const OpenOptions& open_options() {
  static const OpenOptions shared = [] {
    Registry<Format> formats("format");
    register_formats(formats);
    OpenOptions open;
    for (const auto& info : formats.entries()) open.formats.push_back(formats.make(info.card.name));
    open.header = {"stream_bench", "1", "write", {}, {}, {}};
    return open;
  }();
  return shared;
}

Tensor sample_tensor() {
  Buffer buffer(kTensor);
  Rng rng("stream bench", 1);
  for (std::size_t i = 0; i < kTensor / 8; ++i) buffer.as<std::uint64_t>()[i] = rng.bits64();
  return {"t", Dtype::f32, {static_cast<std::int64_t>(kTensor / 4)}, std::move(buffer).freeze(), {}};
}

void write_stream(const std::string& path, Tensor tensor, std::size_t tensors) {
  const auto writer = open_writer(path, open_options());
  writer->begin({"model", {}, tensors, {}});
  for (std::size_t i = 0; i < tensors; ++i) {
    tensor.name = "t" + std::to_string(1000000 + i);
    writer->tensor(tensor);
  }
  writer->close();
}

void write_plain(const std::string& path, const Tensor& tensor, std::size_t tensors) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
  for (std::size_t i = 0; i < tensors; ++i)
    for (std::size_t at = 0; at < kTensor; at += 4 * kMiB)
      if (write(file, tensor.data.data() + at, 4 * kMiB) != static_cast<ssize_t>(4 * kMiB)) throw std::runtime_error(path + " cannot be written");
  close(file);
}

void read_stream(const std::string& path, std::size_t tensors) {
  const auto reader = open_reader(path, open_options());
  std::size_t read = 0;
  while (reader->next_head())
    while (const auto tensor = reader->next_tensor()) read += tensor->data.size();
  if (read != tensors * kTensor) throw std::runtime_error("not everything was read");
}

void read_plain(const std::string& path) {
  std::vector<char> buffer(128 << 10);
  const int file = open(path.c_str(), O_RDONLY);
  while (read(file, buffer.data(), buffer.size()) > 0) {
  }
  close(file);
}

// The same in a process of its own, which tells its peak.
double peak_of(const std::string& mode, const std::string& path, std::size_t tensors) {
  const std::string program = std::filesystem::read_symlink("/proc/self/exe");
  FILE* pipe = popen(("'" + program + "' " + mode + " '" + path + "' " + std::to_string(tensors)).c_str(), "r");
  double peak = 0;
  const int found = pipe ? std::fscanf(pipe, "%lf", &peak) : 0;
  if (found != 1 || pclose(pipe) != 0) throw std::runtime_error("the process that measures memory failed");
  return peak;
}

int tell_peak(char** arguments) {
  const std::size_t tensors = std::strtoull(arguments[3], nullptr, 10);
  if (std::strcmp(arguments[1], "--peak-read") == 0) read_stream(arguments[2], tensors);
  else write_stream(arguments[2], sample_tensor(), tensors);
  std::printf("%.0f\n", proc_bytes("/proc/self/status", "VmHWM:"));
  return 0;
}

void report(const std::string& format, std::size_t bytes, const Times& write, const Times& plain_write, const Times& read, const Times& plain_read, double peak_read, double peak_write) {
  const auto rate = [&](const Times& times) { return static_cast<double>(bytes) / times.wall / 1e9; };
  std::printf("{\"format\": \"%s\", \"bytes\": %zu,\n"
              " \"read\": {\"gb_per_s\": %.2f, \"plain_gb_per_s\": %.2f, \"ratio\": %.3f, \"processor_ratio\": %.3f},\n"
              " \"write\": {\"gb_per_s\": %.2f, \"plain_gb_per_s\": %.2f, \"ratio\": %.3f, \"processor_ratio\": %.3f},\n"
              " \"memory_mb\": {\"read\": %.1f, \"write\": %.1f}}\n",
              format.c_str(), bytes, rate(read), rate(plain_read), plain_read.wall / read.wall, plain_read.processor / read.processor, rate(write), rate(plain_write),
              plain_write.wall / write.wall, plain_write.processor / write.processor, (peak_read - kTensor) / 1e6, (peak_write - kTensor) / 1e6);
}

void bench(const std::string& format, std::size_t tensors, const std::filesystem::path& folder) {
  const double bytes = static_cast<double>(tensors * kTensor);        // two files on the disk, one of them in the page cache
  if (static_cast<double>(std::filesystem::space(folder).available) < 2.5 * bytes || proc_bytes("/proc/meminfo", "MemAvailable:") < 1.5 * bytes) {
    std::printf("skipped: less than %s of disk in %s or %s of memory are free\n", format_bytes(2.5 * bytes).c_str(), folder.c_str(), format_bytes(1.5 * bytes).c_str());
    return;
  }
  const int repeats = bytes > 4e9 ? 3 : 5;
  const std::string base = folder / ("stream_bench." + std::to_string(getpid())), stream = base + "." + format, plain = base + ".plain";
  const Tensor tensor = sample_tensor();
  Times written, plainly_written, read, plainly_read;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    std::filesystem::remove(plain);
    measure([&] { write_plain(plain, tensor, tensors); }, plainly_written);
    std::filesystem::remove(stream);
    measure([&] { write_stream(stream, tensor, tensors); }, written);
  }
  std::filesystem::remove(plain);
  read_plain(stream);
  for (int repeat = 0; repeat < repeats; ++repeat) {
    measure([&] { read_plain(stream); }, plainly_read);
    measure([&] { read_stream(stream, tensors); }, read);
  }
  const double peak_read = peak_of("--peak-read", stream, tensors), peak_write = peak_of("--peak-write", stream, tensors);
  std::filesystem::remove(stream);
  report(format, tensors * kTensor, written, plainly_written, read, plainly_read, peak_read, peak_write);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4) return tell_peak(argv);
  const std::size_t mib = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 2048;
  for (const char* format : {"dml", "safetensors"})
    bench(format, std::max<std::size_t>(1, mib * kMiB / kTensor), argc > 2 ? argv[2] : std::filesystem::temp_directory_path());
}
