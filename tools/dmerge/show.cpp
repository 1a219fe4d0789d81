// dmerge show [INPUT...]: what a stream holds: header, records, tensors; with --stats the range and norm of each tensor.
#include <cmath>
#include <ostream>

#include "base/text.h"
#include "entry/verb.h"
#include "pieces.h"

namespace dml {
namespace {

struct ShowOptions { bool stats = false; };

struct Stats { double least = 0, most = 0, mean = 0, norm = 0; std::uint64_t not_finite = 0; };

Stats stats_of(const Tensor& tensor) {
  Stats out;
  std::uint64_t count = 0;
  for_each_piece(tensor, [&](std::size_t first, std::size_t elements) {
    for (const double v : to_doubles(piece_of(tensor, first, elements))) {
      if (!std::isfinite(v)) {
        ++out.not_finite;
        continue;
      }
      out.least = count ? std::min(out.least, v) : v;
      out.most = count ? std::max(out.most, v) : v;
      out.mean += v;
      out.norm += v * v;
      ++count;
    }
  });
  if (count) out.mean /= static_cast<double>(count);
  out.norm = std::sqrt(out.norm);
  return out;
}

class Show final : public Verb {
 public:
  explicit Show(ShowOptions options) : options_(options) {}
  int run(Invocation& call) override {
    const auto reader = call.reader();
    std::uint64_t index = 0;
    while (auto head = reader->next_head()) {
      if (index == 0) print_header(call, reader->header());
      print_head(call, *head, index++);
      while (auto tensor = reader->next_tensor()) print_tensor(call, *tensor, index - 1);
    }
    if (index == 0) print_header(call, reader->header());
    return 0;
  }

 private:
  void print_header(Invocation& call, const StreamHeader& header) const {
    if (call.common().json) {
      Json json;
      json.begin_object().field("tool", header.tool).field("version", header.version).field("verb", header.verb).key("options").raw(to_json(header.options));
      if (header.seed) json.field("seed", *header.seed);
      call.out() << json.end_object().str() << '\n';
      return;
    }
    if (header.tool.empty()) return;                       // a format that does not say
    call.out() << "written by " << header.tool << " " << header.version << ", verb " << header.verb;
    if (header.seed) call.out() << ", seed " << *header.seed;
    for (const auto& [key, value] : header.options) call.out() << "\n  " << key << " = " << (value.get_if<std::string>() ? *value.get_if<std::string>() : to_json(value));
    call.out() << '\n';
  }

  void print_head(Invocation& call, const RecordHead& head, std::uint64_t index) const {
    if (call.common().json)
      call.out() << Json().begin_object().field("record", index).field("kind", head.kind).key("meta").raw(to_json(head.meta)).field("tensors", head.tensors).end_object().str() << '\n';
    else
      call.out() << "record " << index << ": " << head.kind << ", " << head.tensors << " tensors " << to_json(head.meta) << '\n';
  }

  void print_tensor(Invocation& call, const Tensor& tensor, std::uint64_t index) const {
    if (call.common().json) {
      Json json;
      json.begin_object().field("record", index).field("tensor", tensor.name).field("dtype", to_string(tensor.dtype)).key("shape").begin_array();
      for (const auto extent : tensor.shape) json.value(extent);
      json.end_array();
      if (options_.stats) {
        const auto s = stats_of(tensor);
        json.field("min", s.least).field("mean", s.mean).field("max", s.most).field("norm", s.norm).field("not_finite", s.not_finite);
      }
      call.out() << json.end_object().str() << '\n';
      return;
    }
    call.out() << "  " << tensor.name << "  " << to_string(tensor.dtype) << "  " << shape_text(tensor.shape);
    if (options_.stats) {
      const auto s = stats_of(tensor);
      call.out() << "  min " << format_number(s.least) << "  mean " << format_number(s.mean) << "  max " << format_number(s.most) << "  norm " << format_number(s.norm);
      if (s.not_finite) call.out() << "  not finite " << s.not_finite;
    }
    call.out() << '\n';
  }

  ShowOptions options_;
};

}  // namespace

void register_show(Verbs& verbs) {
  verbs.add<Show>({"show", "print what streams and checkpoints hold", ""}, {"[INPUT...]", 0, kAnyNumber, Output::report, reads({"json"})},
                  Options<ShowOptions>().add("stats", &ShowOptions::stats, "print range, mean and norm of each tensor"));
}

}  // namespace dml
