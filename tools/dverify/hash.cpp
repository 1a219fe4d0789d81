// dverify hash [INPUT...]: a fingerprint of every record, or of whole files where the fingerprint takes bytes (sha256). Writes records
// of kind `fingerprint`; on a terminal it prints `HASH  FILE` lines as sha256sum does.
#include <unistd.h>

#include <algorithm>
#include <ostream>

#include "base/log.h"
#include "base/text.h"
#include "entry/verb.h"
#include "verify/fingerprint.h"

namespace dml {
namespace {

struct HashOptions {
  Chain fingerprint = {{"hyperplane", {}}};
  std::optional<std::uint64_t> node;
  std::string job;
};

// Whether a format of this build knows the bytes. What a gz file holds is looked up in its first 64 KiB, without consuming them.
bool in_known_format(BufferedSource& source, const OpenOptions& options) {
  if (!options.from.empty()) return true;
  const auto sniffed = [&](std::span<const std::byte> head) {
    return std::any_of(options.formats.begin(), options.formats.end(), [&](const auto& format) { return format->sniff(head); });
  };
  auto head = source.peek(64);
  if (!looks_gzipped(head)) return sniffed(head.first(std::min<std::size_t>(64, head.size())));
  try {
    std::byte inside[64];
    const auto inflated = gunzip(memory_source(source.peek(64 << 10), source.name()), options.limits.inflated_bytes);
    return sniffed(std::span(inside).first(inflated->read(inside)));
  } catch (const Error&) {
    return false;                                          // no gz file after all: only its bytes can be hashed
  }
}

class Hash final : public Verb {
 public:
  explicit Hash(HashOptions options) : options_(std::move(options)) {}

  int run(Invocation& call) override {
    if (options_.fingerprint.size() != 1) throw Error(Fault::usage, "option '--fingerprint' takes one fingerprint, not a chain");
    fingerprint_ = call.families().get<Fingerprint>().make(options_.fingerprint[0]);
    const auto inputs = call.inputs().empty() ? std::vector<std::string>{"-"} : call.inputs();
    if (std::count(inputs.begin(), inputs.end(), "-") > 1)
      throw Error(Fault::usage, "standard input is read twice", "name - once, or use files");
    if (!call.to_terminal()) writer_ = call.writer();
    std::size_t broken = 0;
    for (const auto& input : inputs) {
      try {
        hash_input(call, input);
      } catch (const Error& error) {
        if (!call.common().keep_going || error.fault() != Fault::input) throw;
        warn(error.what());
        ++broken;
      }
    }
    if (writer_) writer_->close(call.environment());
    if (broken) throw Error(Fault::input, std::to_string(broken) + " of " + std::to_string(inputs.size()) + " inputs could not be hashed");
    return 0;
  }

 private:
  void hash_input(Invocation& call, const std::string& input) {
    const std::string source_name = input == "-" ? "-" : input;
    if (is_socket(input)) return hash_records(call, *call.reader(input), source_name);
    auto bytes = std::make_unique<BufferedSource>(input == "-" ? stdin_source() : open_file_source(input));
    if (fingerprint_->takes_bytes(in_known_format(*bytes, call.open()))) return emit(call, {fingerprint_->of_bytes(*bytes), source_name, {}, {}});
    if (input == "-" && isatty(0))
      throw Error(Fault::usage, "standard input is a terminal, records are expected", "name a file or use a pipe");
    hash_records(call, *open_reader(std::move(bytes), call.open()), source_name);
  }

  void hash_records(Invocation& call, RecordReader& reader, const std::string& source_name) {
    std::uint64_t index = 0;
    while (const auto record = reader.next()) {
      FingerprintRecord out{fingerprint_->of_record(*record, reader.where()), source_name, {}, {}};
      if (index > 0) out.source += "#" + std::to_string(index);
      // Records that name their node or job pass it on.
      for (const auto* key : {"sender", "node"})
        if (const auto node = get_unsigned(record->meta, key); node && *node <= 0xffffffffu) out.node = static_cast<std::uint32_t>(*node);
      out.job = get_text(record->meta, "job").value_or("");
      emit(call, std::move(out));
      ++index;
    }
    if (index == 0) warn((source_name == "-" ? "standard input" : quote(source_name)) + " holds no records");
  }

  void emit(Invocation& call, FingerprintRecord out) {
    if (options_.node) out.node = static_cast<std::uint32_t>(*options_.node);
    if (!options_.job.empty()) out.job = options_.job;
    if (writer_) writer_->write(to_record(out));
    else call.out() << to_hex(out.hash.value.data(), out.hash.value.size()) << "  " << plain_or_quoted(out.source) << '\n';
  }

  HashOptions options_;
  std::unique_ptr<Fingerprint> fingerprint_;
  std::unique_ptr<RecordWriter> writer_;
};

}  // namespace

void register_hash(Verbs& verbs) {
  verbs.add<Hash>({"hash", "fingerprint records or files; on a terminal print HASH  FILE lines", "Kim et al., arXiv 2307.01898"},
                  {"[INPUT...]", 0, kAnyNumber, Output::report, reads_and_writes({"threads", "keep-going"})},
                  Options<HashOptions>()
                      .add("fingerprint", &HashOptions::fingerprint, "how: hyperplane:bits=256,seed=0 or sha256; see 'dverify list fingerprint'")
                      .add("node", &HashOptions::node, "who computed the inputs; without it the records' own node", between(0, 4294967295.0))
                      .add("job", &HashOptions::job, "the job that the inputs answer; without it the records' own job"));
}

}  // namespace dml
