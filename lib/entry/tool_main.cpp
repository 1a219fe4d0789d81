// The life of a tool process: find the verb, parse, check what can be checked before work begins, run, report, exit.
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <csignal>
#include <iostream>
#include <new>

#include "base/log.h"
#include "base/parallel.h"
#include "base/stop.h"
#include "base/text.h"
#include "entry/common.h"
#include "entry/messages.h"
#include "entry/surfaces.h"
#include "wire/socket_keys.h"

namespace dml {
namespace {

constexpr int kPipeClosed = 141, kSignalled = 128;

/// Standard output that fails loudly: a full disk is exit 4, a closed pipe 141.
class CheckedOutput final : public std::streambuf {
 public:
  void finish() {
    sink_->write(std::as_bytes(std::span(text_)));
    text_.clear();
    sink_->commit();
  }

 protected:
  int overflow(int c) override {
    if (c != traits_type::eof()) put(static_cast<char>(c));
    return 0;
  }
  std::streamsize xsputn(const char* data, std::streamsize size) override {
    text_.append(data, static_cast<std::size_t>(size));
    if (text_.size() >= 64 << 10) {
      sink_->write(std::as_bytes(std::span(text_)));
      text_.clear();
    }
    return size;
  }

 private:
  void put(char c) { xsputn(&c, 1); }
  std::unique_ptr<ByteSink> sink_ = stdout_sink();
  std::string text_;
};

/// All inputs, one after the other.
class ConcatReader final : public RecordReader {
 public:
  ConcatReader(std::vector<std::string> names, std::function<std::unique_ptr<RecordReader>(const std::string&)> open)
      : names_(std::move(names)), open_(std::move(open)) {
    current_ = open_(names_[0]);
  }
  const StreamHeader& header() override { return current_->header(); }
  std::optional<RecordHead> next_head() override {
    for (;;) {
      if (auto head = current_->next_head()) return head;
      if (at_ + 1 == names_.size()) return std::nullopt;
      current_ = open_(names_[++at_]);
    }
  }
  std::optional<Tensor> next_tensor() override { return current_->next_tensor(); }
  std::string where() const override { return current_->where(); }

 private:
  std::vector<std::string> names_;
  std::function<std::unique_ptr<RecordReader>(const std::string&)> open_;
  std::unique_ptr<RecordReader> current_;
  std::size_t at_ = 0;
};

class Call final : public Invocation {
 public:
  Call(const ToolView& view, const Verbs::Entry& entry, Common common, std::vector<std::string> inputs, Settings resolved)
      : view_(view), entry_(entry), common_(std::move(common)), inputs_(std::move(inputs)), resolved_(std::move(resolved)), out_(&buffer_) {
    if (!common_.key.empty()) keys_ = std::make_shared<const SocketKeys>(load_socket_keys(common_.key, common_.trust));
    else if (!common_.trust.empty()) throw Error(Fault::usage, "--trust needs --key: this side must prove who it is, too", "'" + tool() + " keygen NAME' makes NAME.key");
    out_.exceptions(std::ios::badbit);                     // lets ClosedPipe and Error out of the stream
  }

  const std::string& tool() const override { return view_.spec->name; }
  const std::string& verb() const override { return entry_.info.card.name; }
  const Families& families() const override { return *view_.families; }
  const Common& common() const override { return common_; }
  const std::vector<std::string>& inputs() const override { return inputs_; }
  std::ostream& out() override { return out_; }
  bool to_terminal() const override { return common_.output.empty() && isatty(1); }
  void finish() { buffer_.finish(); }

  OpenOptions open() const override {
    OpenOptions options;
    const auto& formats = view_.families->get<Format>();
    for (const auto& info : formats.entries()) options.formats.push_back(formats.make(Component{info.card.name, {}}));
    options.from = common_.from;
    options.to = common_.to;
    options.limits.tensor_bytes = static_cast<std::uint64_t>(common_.limit_tensor);
    options.limits.tensors = static_cast<std::uint64_t>(common_.limit_tensors);
    options.timeout = common_.timeout;
    options.expect = common_.expect;
    options.insecure = common_.insecure;
    options.keys = keys_;
    options.header = {tool(), DML_VERSION, verb(), {}, {}, {}};
    for (const auto& [name, value] : resolved_)
      if (!varies(name)) options.header.options[name] = value;
    if (honours("seed")) options.header.seed = common_.seed;
    return options;
  }

  std::unique_ptr<RecordReader> reader() override {
    const auto names = inputs_.empty() ? std::vector<std::string>{"-"} : inputs_;
    return std::make_unique<ConcatReader>(names, [this](const std::string& name) { return reader(name); });
  }
  std::unique_ptr<RecordReader> reader(const std::string& where) override {
    if (where == "-" && std::exchange(stdin_used_, true)) throw Error(Fault::usage, "standard input is read twice", "name - once, or use files");
    if (where == "-" && isatty(0)) throw Error(Fault::usage, "standard input is a terminal, records are expected", "name a file or use a pipe");
    return open_reader(where, open());
  }
  std::unique_ptr<RecordWriter> writer() override { return open_writer(common_.output.empty() ? "-" : common_.output, open()); }

  Attributes environment() const override {
    Attributes out;
    if (honours("threads")) out["threads"] = dml::threads();
    for (const auto& [name, value] : resolved_)
      if (varies(name)) out[name] = value;
    return out;
  }

 private:
  bool honours(const std::string& name) const {
    return std::find(entry_.shape.common.begin(), entry_.shape.common.end(), name) != entry_.shape.common.end();
  }
  bool varies(const std::string& name) const {
    return std::find(entry_.shape.environment.begin(), entry_.shape.environment.end(), name) != entry_.shape.environment.end();
  }
  const ToolView& view_;
  const Verbs::Entry& entry_;
  Common common_;
  std::vector<std::string> inputs_;
  Settings resolved_;
  std::shared_ptr<const SocketKeys> keys_;
  CheckedOutput buffer_;
  std::ostream out_;
  bool stdin_used_ = false;
};

struct Parsed { Settings own, common; std::vector<std::string> inputs; bool help = false; };

[[noreturn]] void unknown_option(const std::vector<OptionDoc>& docs, const std::string& word) {
  std::string name = word.substr(0, word.find('='));
  name.erase(0, name.find_first_not_of('-'));
  detail::unknown_option({}, name, docs);
}

// CLI11 splits the words; values stay text, Options::read parses them.
Parsed parse(const Verbs::Entry& entry, int argc, char** argv) {
  Parsed parsed;
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  app.add_flag("-h,--help", parsed.help);
  const auto common = common_docs(entry.shape);
  std::vector<OptionDoc> all = entry.info.options;
  all.insert(all.end(), common.begin(), common.end());
  std::map<std::string, std::string> values;
  for (const auto& doc : all) {
    const std::string names = (doc.letter ? std::string("-") + doc.letter + "," : std::string()) + "--" + doc.name;
    if (doc.type == "flag") app.add_flag(names + "{true}", values[doc.name]);
    else app.add_option(names, values[doc.name])->allow_extra_args(false);
  }
  // Positionals are what is left: CLI11's own would let an option with several values swallow them.
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::string what = error.what();
    if (!what.empty()) what[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(what[0])));
    while (!what.empty() && (what.back() == '.' || what.back() == '\n')) what.pop_back();
    throw Error(Fault::usage, what.substr(0, what.find('\n')));
  }
  bool only_inputs = false;
  for (const auto& word : app.remaining()) {
    if (word == "--" && !only_inputs) only_inputs = true;
    else if (!only_inputs && word.size() > 1 && word[0] == '-') unknown_option(all, word);
    else parsed.inputs.push_back(word);
  }
  for (const auto& doc : all) {
    if (app.count("--" + doc.name) == 0) continue;
    const bool is_common = std::any_of(common.begin(), common.end(), [&](const OptionDoc& c) { return c.name == doc.name; });
    (is_common ? parsed.common : parsed.own)[doc.name] = values[doc.name];
  }
  return parsed;
}

bool same_file(const struct stat& a, const struct stat& b) { return a.st_dev == b.st_dev && a.st_ino == b.st_ino; }

// What can be refused before any work is done.
void check_before_work(const Verbs::Entry& entry, const Parsed& parsed, const Common& common) {
  const auto& shape = entry.shape;
  const std::size_t count = parsed.inputs.size();
  if (count > shape.most)
    throw Error(Fault::usage, shape.most == 0 ? "unexpected argument " + quote(parsed.inputs[0]) : "at most " + std::to_string(shape.most) + " arguments are taken, " + std::to_string(count) + " were given",
                "usage: " + entry.info.card.name + " [OPTION...] " + shape.inputs);
  if (count < shape.least)
    throw Error(Fault::usage, "an argument is missing", "usage: " + entry.info.card.name + " [OPTION...] " + shape.inputs);
  if (shape.output == Output::records && common.output.empty() && isatty(1))
    throw Error(Fault::usage, "binary records are not written to a terminal", "use -o FILE or a pipe");
  struct stat target, input;
  if (shape.state || common.output.empty() || common.output == "-" || stat(common.output.c_str(), &target) != 0 || !S_ISREG(target.st_mode)) return;
  for (const auto& name : parsed.inputs)
    if (name != "-" && stat(name.c_str(), &input) == 0 && same_file(target, input))
      throw Error(Fault::usage, "input and output are the same file " + quote(name), "write beside it and rename");
  if (parsed.inputs.empty() && fstat(0, &input) == 0 && same_file(target, input))
    throw Error(Fault::usage, "input and output are the same file " + quote(common.output), "write beside it and rename");
}

int run_verb(const ToolView& view, const Verbs::Entry& entry, Messages& messages, int argc, char** argv) {
  Parsed parsed = parse(entry, argc, argv);
  if (parsed.help) {
    CheckedOutput buffer;
    std::ostream(&buffer) << render_verb_help(view, entry);
    buffer.finish();
    return 0;
  }
  const Common common = common_options().read(parsed.common);
  messages.show({common.quiet, common.verbose, common.progress == "always" || (common.progress == "auto" && !common.quiet && isatty(2))});
  set_log_sink([&messages](Level level, const std::string& line) { messages.message(level, line); });
  Settings resolved;
  const auto verb = entry.make(parsed.own, resolved);
  check_before_work(entry, parsed, common);
  if (common.threads) set_threads(common.threads);
  Call call(view, entry, common, parsed.inputs, resolved);
  const int code = verb->run(call);
  call.finish();
  return code;
}

int dispatch(int argc, char** argv, const ToolView& view, Messages& messages) {
  const std::string word = argc > 1 ? argv[1] : "";
  if (word.empty()) throw Error(Fault::usage, "a verb is missing", "'" + view.spec->name + " help' names them all");
  if (word == "--help" || word == "-h" || word == "--version") {
    CheckedOutput buffer;
    std::ostream(&buffer) << (word == "--version" ? view.spec->name + " " DML_VERSION "\n" : render_tool_help(view));
    buffer.finish();
    return 0;
  }
  if (const auto* entry = view.verbs->find(word)) return run_verb(view, *entry, messages, argc - 1, argv + 1);
  std::vector<std::string> names;
  for (const auto& entry : view.verbs->entries()) names.push_back(entry.info.card.name);
  const auto near = nearest(word, names);
  throw Error(Fault::usage, "verb " + quote(word) + " is unknown", near ? "did you mean '" + *near + "'?" : "'" + view.spec->name + " help' names them all");
}

int complain(const ToolSpec& spec, Messages& messages, int code, const std::string& message, const std::string& hint = {}) {
  messages.end_progress();
  std::cerr << spec.name + ": error: " + message + "\n" + (hint.empty() ? "" : spec.name + ": hint: " + hint + "\n");
  return code;
}

}  // namespace

int tool_main(int argc, char** argv, const ToolSpec& spec) {
  std::signal(SIGPIPE, SIG_IGN);
  Messages messages(std::cerr, spec.name);
  try {
    Families families;
    spec.families(families);
    Verbs verbs;
    spec.verbs(verbs, families);
    ToolView view{&spec, &verbs, &families};
    add_surface_verbs(verbs, view);
    verbs.sort();
    const int code = dispatch(argc, argv, view, messages);
    messages.end_progress();
    return code;
  } catch (const Error& error) {
    return complain(spec, messages, static_cast<int>(error.fault()), error.what(), error.hint());
  } catch (const Stopped& stopped) {
    messages.end_progress();
    messages.message(Level::note, stopped.what());
    return kSignalled + stopped.signal();
  } catch (const ClosedPipe&) {
    return kPipeClosed;
  } catch (const std::bad_alloc&) {
    return complain(spec, messages, static_cast<int>(Fault::system), "memory is exhausted");
  } catch (const std::exception& error) {
    return complain(spec, messages, static_cast<int>(Fault::bug), std::string("a defect of this program: ") + error.what());
  }
}

}  // namespace dml
