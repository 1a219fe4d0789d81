// dverify compare A B: distances between fingerprints, pair by pair. Exit 0 when all are within the tolerance, 1 when one is not.
// Hashes of different kinds or lengths have no distance: that is an error, never 0.
#include <ostream>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "entry/verb.h"
#include "verify/fingerprint.h"

namespace dml {
namespace {

struct CompareOptions { std::uint64_t tolerance = 0; };

struct Located { FingerprintRecord fingerprint; std::string where; };

std::vector<Located> read_all(Invocation& call, const std::string& input) {
  std::vector<Located> out;
  const auto reader = call.reader(input);
  while (const auto record = reader->next()) out.push_back({to_fingerprint(*record, reader->where()), reader->where()});
  if (out.empty()) throw Error(Fault::input, (input == "-" ? "standard input" : quote(input)) + " holds no fingerprint");
  return out;
}

class Compare final : public Verb {
 public:
  explicit Compare(CompareOptions options) : options_(options) {}

  int run(Invocation& call) override {
    const auto a = read_all(call, call.inputs()[0]), b = read_all(call, call.inputs()[1]);
    if (a.size() != b.size() && a.size() != 1 && b.size() != 1)
      throw Error(Fault::input, quote(call.inputs()[0]) + " holds " + std::to_string(a.size()) + " fingerprints and " + quote(call.inputs()[1]) + " " + std::to_string(b.size()),
                  "equal numbers are compared one by one, a single one with each");
    std::unique_ptr<RecordWriter> writer;
    if (!call.common().output.empty()) writer = call.writer();
    bool all_within = true;
    for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
      const Located &x = a[a.size() == 1 ? 0 : i], &y = b[b.size() == 1 ? 0 : i];
      const std::uint32_t distance = hamming_distance(x.fingerprint.hash, y.fingerprint.hash, x.where, y.where);
      warn_when_loose(x.fingerprint.hash.bits);
      all_within = all_within && distance <= options_.tolerance;
      print(call, x.fingerprint, y.fingerprint, distance);
      if (writer) writer->write(result(x.fingerprint, y.fingerprint, distance));
    }
    if (writer) writer->close(call.environment());
    return all_within ? 0 : 1;
  }

 private:
  void warn_when_loose(std::uint32_t bits) {
    if (!is_loose(static_cast<std::uint32_t>(options_.tolerance), bits) || std::exchange(warned_, true)) return;
    warn("tolerance " + std::to_string(options_.tolerance) + " is a quarter of the " + std::to_string(bits) + " bits or more: outputs that differ begin to pass");
  }

  void print(Invocation& call, const FingerprintRecord& a, const FingerprintRecord& b, std::uint32_t distance) const {
    if (call.common().json) {
      Json json;
      json.begin_object().field("a", a.source).field("b", b.source).field("algorithm", a.hash.algorithm).field("bits", std::uint64_t{a.hash.bits});
      json.field("distance", std::uint64_t{distance}).field("tolerance", options_.tolerance).field("within", distance <= options_.tolerance);
      call.out() << json.end_object().str() << '\n';
      return;
    }
    call.out() << distance << " of " << a.hash.bits << " bits differ  " << plain_or_quoted(a.source) << "  " << plain_or_quoted(b.source) << '\n';
  }

  Record result(const FingerprintRecord& a, const FingerprintRecord& b, std::uint32_t distance) const {
    Record record;
    record.kind = "metric";
    record.meta = {{"name", "hamming-distance"}, {"value", static_cast<double>(distance)}, {"a", a.source}, {"b", b.source},
                   {"algorithm", a.hash.algorithm}, {"bits", a.hash.bits}, {"tolerance", options_.tolerance},
                   {"within", distance <= options_.tolerance}};
    return record;
  }

  CompareOptions options_;
  bool warned_ = false;
};

}  // namespace

void register_compare(Verbs& verbs) {
  verbs.add<Compare>({"compare", "distances of fingerprints: exit 0 within the tolerance, 1 not", "Kim et al., arXiv 2307.01898"},
                     {"A B", 2, 2, Output::report, reads_and_writes({"json"})},
                     Options<CompareOptions>().add("tolerance", &CompareOptions::tolerance, "bits that may differ", at_least(0), at_most(kMostFingerprintBits)));
}

}  // namespace dml
