// A verb of a tool: what it can be told, what it reads and writes, and run(). tool_main does the rest: parsing, help, terminal and
// input = output checks, opening, errors, exit codes.
#pragma once
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "entry/registry.h"
#include "wire/endpoint.h"

namespace dml {

enum class Output {
  records,   // writes records; refused on a terminal without -o
  report,    // prints text, or JSON lines with --json; -o writes records
  lines,     // records into a file or pipe, text lines on a terminal without -o
  none,
};

/// The options every tool spells alike. A verb lists those it honours; the others are unknown to it.
struct Common {
  std::string output;                                      // -o
  bool quiet = false, verbose = false, json = false;
  std::uint64_t seed = 0;
  int threads = 0;                                         // 0: as many as the machine has
  std::string from, to;
  std::string key, trust;                                  // files, for sockets
  int connections = 1;                                     // to each peer
  std::string progress = "auto";                           // auto, always, never
  double timeout = 30;
  int expect = 1;
  bool strict = false, keep_going = false, insecure = false;
  double limit_tensor = 16.0 * (1ull << 30), limit_tensors = 1e6, limit_pixels = 178956970;
  std::string log, config;                                 // these three are taken by every verb
  bool print_config = false;
};

struct VerbShape {
  std::string inputs;                                      // synopsis of the positionals, "" for none: "[INPUT...]", "BASE UPDATE"
  std::size_t least = 0, most = 0;                         // how many positionals
  Output output = Output::records;
  std::vector<std::string> common{};                       // names of the common options it honours, see reads() and writes()
  std::vector<std::string> environment{};                  // own options that may differ between equal runs (paths, peers, runtime)
  bool state = false;                                      // an input may be the output: it is this verb's state (drank click)
};
/// Usual sets: reading records, writing records.
std::vector<std::string> reads(std::vector<std::string> more = {});      // from, limit-..., timeout, expect, insecure, key, trust, quiet, verbose + more
std::vector<std::string> writes(std::vector<std::string> more = {});     // output, to + more
std::vector<std::string> reads_and_writes(std::vector<std::string> more = {});
inline constexpr std::size_t kAnyNumber = static_cast<std::size_t>(-1);

class Invocation;

class Verb {
 public:
  virtual ~Verb() = default;
  /// Returns the exit code: 0, or 1 for a truthful no. Everything else is an Error.
  virtual int run(Invocation& call) = 0;
};

/// Verbs of one tool.
class Verbs {
 public:
  struct Entry {
    EntryInfo info;                                        // family "verb", or the family of the registry entry behind it
    VerbShape shape;
    /// Parses; fills `resolved` with every option as a user would type it (goes into the header of outputs).
    std::function<std::unique_ptr<Verb>(const Settings& given, Settings& resolved)> make;
  };

  /// `T` is constructible from its options struct `O`.
  template <class T, class O>
  void add(Card card, VerbShape shape, Options<O> options) {
    add({{"verb", std::move(card), options.docs(), {}, {}}, std::move(shape), [options](const Settings& given, Settings& resolved) {
           O parsed = options.read(given);
           resolved = options.resolved(parsed);
           return std::unique_ptr<Verb>(std::make_unique<T>(std::move(parsed)));
         }});
  }
  /// For verbs without options of their own.
  template <class T>
  void add(Card card, VerbShape shape) {
    add({{"verb", std::move(card), {}, {}, {}}, std::move(shape), [](const Settings& given, Settings&) {
           struct Nothing {};
           Options<Nothing>().read(given);
           return std::unique_ptr<Verb>(std::make_unique<T>());
         }});
  }
  void add(Entry entry) { entries_.push_back(std::move(entry)); }
  void sort();                                             // by name, the order of every surface

  /// One verb per entry of a registry: `T` is constructible from (std::unique_ptr<Base>, std::string name, O). The verb's options are
  /// the entry's own and those of `shared`.
  template <class T, class Base, class O>
  void add_each(const Registry<Base>& registry, VerbShape shape, Options<O> shared) {
    for (const auto& info : registry.entries()) {
      EntryInfo merged = info;
      merged.options.insert(merged.options.end(), shared.docs().begin(), shared.docs().end());
      const std::string name = info.card.name;
      add({merged, shape, [&registry, shared, name](const Settings& given, Settings& resolved) {
             Settings own, rest;
             split_settings(registry.at(name), shared.docs(), given, own, rest);
             O parsed = shared.read(rest);
             auto made = registry.make_for_verb(name, own);
             resolved = registry.resolve_for_verb(name, own);
             resolved.merge(shared.resolved(parsed));
             return std::unique_ptr<Verb>(std::make_unique<T>(std::move(made), name, std::move(parsed)));
           }});
    }
  }
  const std::vector<Entry>& entries() const { return entries_; }
  const Entry* find(const std::string& name) const;

 private:
  static void split_settings(const EntryInfo& info, const std::vector<OptionDoc>& shared, const Settings& given, Settings& own, Settings& rest);
  std::vector<Entry> entries_;
};

/// One run of a verb.
class Invocation {
 public:
  virtual ~Invocation() = default;
  virtual const std::string& tool() const = 0;
  virtual const std::string& verb() const = 0;
  virtual const Families& families() const = 0;
  virtual const Common& common() const = 0;
  /// Positionals as typed; empty means standard input for verbs that read records.
  virtual const std::vector<std::string>& inputs() const = 0;
  /// How to open things: formats, limits, and the header of what this run writes.
  virtual OpenOptions open() const = 0;
  /// All inputs as one stream, in order; "-" or none is standard input.
  virtual std::unique_ptr<RecordReader> reader() = 0;
  /// One input as a stream of its own.
  virtual std::unique_ptr<RecordReader> reader(const std::string& where) = 0;
  /// Where -o says, else standard output.
  virtual std::unique_ptr<RecordWriter> writer() = 0;
  /// Whether standard output is a terminal and no -o was given.
  virtual bool to_terminal() const = 0;
  /// Standard output of report verbs; flushed and checked by tool_main.
  virtual std::ostream& out() = 0;
  /// What may differ between equal runs; goes into the end record: RecordWriter::close(call.environment()).
  virtual Attributes environment() const = 0;
  /// Runs the verb that `header` describes, with its options and seed, on `inputs`, with the common options of this call; returns its
  /// exit code. Error(input) naming `where` when the header is of another tool, or names what this tool does not have.
  virtual int repeat(const StreamHeader& header, const std::string& where, const std::vector<std::string>& inputs) = 0;
};

struct ToolSpec {
  std::string name, summary;
  const char* manual;                                      // man/TOOL.1.in, see render_man()
  void (*families)(Families&);
  void (*verbs)(Verbs&, const Families&);
  Attributes (*about)() = nullptr;                         // what `version` adds; "libraries": a map of name to version
};

/// The whole life of a tool process; returns its exit code.
int tool_main(int argc, char** argv, const ToolSpec& spec);

}  // namespace dml
