// The file of --log: what a run said and did, a line each with its time, appended so that several processes can share one file.
#pragma once
#include <mutex>
#include <string>
#include <string_view>

namespace dml {

class Journal {
 public:
  explicit Journal(std::string tool) : tool_(std::move(tool)) {}
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  ~Journal();

  /// Error(system) when `path` cannot be opened. Until then line() does nothing.
  void open(const std::string& path);
  /// Appends "2026-01-31T12:00:00.000Z TOOL[PROCESS]: KIND: TEXT" in one write, from any thread.
  void line(std::string_view kind, std::string_view text);
  /// Error(system) when a line could not be written.
  void check() const;

 private:
  const std::string tool_;
  std::string path_;
  mutable std::mutex mutex_;
  int file_ = -1;
  std::string failure_;
};

}  // namespace dml
