// Writing one safetensors file tensor by tensor.
#pragma once
#include <memory>
#include <vector>

#include "formats/safetensors_header.h"
#include "wire/stream.h"

namespace dml {

/// The header stands first and can be known last, so a target that can be rewritten gets room for it and its data at once; what is small,
/// and everything on its way into a pipe, waits in memory. No gaps are allowed between tensors, yet other readers want each tensor to
/// start at a multiple of its element's size: tensors of odd sizes wait for the end, where they stand by falling width.
class SafetensorsFile {
 public:
  /// `head.tensors` of them will come; fewer or more are a bug.
  SafetensorsFile(std::unique_ptr<ByteSink> sink, const StreamHeader& header, const RecordHead& head);
  void add(const Tensor& tensor);
  void commit();

 private:
  struct Piece { SafetensorsEntry entry; Bytes data; };
  void hold(const Tensor& tensor);
  void start_streaming();
  void place(Piece piece);
  void place_held(bool odd_ones);
  std::uint64_t expected_header() const;
  void make_room(std::uint64_t data_start);

  std::unique_ptr<ByteSink> sink_;
  std::map<std::string, std::string> metadata_;
  std::uint64_t tensors_left_;
  std::vector<Piece> held_;
  std::uint64_t held_bytes_ = 0;
  std::vector<SafetensorsEntry> placed_;
  std::uint64_t data_start_ = 0, data_bytes_ = 0;          // data_start_ 0: nothing is written yet
};

}  // namespace dml
