// The life of a tool process: find the verb, parse, check what can be checked before work begins, run, report, exit.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <iostream>
#include <new>

#include "base/log.h"
#include "base/parallel.h"
#include "base/stop.h"
#include "base/text.h"
#include "entry/command_line.h"
#include "entry/common.h"
#include "entry/config_file.h"
#include "entry/messages.h"
#include "entry/repeat.h"
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

int perform(const ToolView& view, const Verbs::Entry& entry, const CommandLine& command, Messages& messages);

class Call final : public Invocation {
 public:
  Call(const ToolView& view, const Verbs::Entry& entry, const CommandLine& command, Common common, Settings resolved, Messages& messages)
      : view_(view), entry_(entry), command_(command), common_(std::move(common)), resolved_(std::move(resolved)), messages_(messages), out_(&buffer_) {
    if (!common_.key.empty()) keys_ = std::make_shared<const SocketKeys>(load_socket_keys(common_.key, common_.trust));
    else if (!common_.trust.empty()) throw Error(Fault::usage, "--trust needs --key: this side must prove who it is, too", "'" + tool() + " keygen NAME' makes NAME.key");
    out_.exceptions(std::ios::badbit);                     // lets ClosedPipe and Error out of the stream
  }

  const std::string& tool() const override { return view_.spec->name; }
  const std::string& verb() const override { return entry_.info.card.name; }
  const Families& families() const override { return *view_.families; }
  const Common& common() const override { return common_; }
  const std::vector<std::string>& inputs() const override { return command_.inputs; }
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
    options.limits.pixels = static_cast<std::uint64_t>(common_.limit_pixels);
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
    const auto names = inputs().empty() ? std::vector<std::string>{"-"} : inputs();
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

  int repeat(const StreamHeader& header, const std::string& where, const std::vector<std::string>& inputs) override {
    CommandLine command = command_of(header, where, view_);
    const auto& other = *view_.verbs->find(header.verb);
    if (header.version != DML_VERSION) warn(where + " was written by version " + quote(header.version) + ", this is " DML_VERSION ": the result may differ");
    for (const auto& doc : common_docs(other))
      if (const auto given = command_.options.find(doc.name); given != command_.options.end() && doc.name != "seed" && honours(doc.name))
        command.options.insert(*given);
    command.inputs = inputs;
    buffer_.finish();
    return perform(view_, other, command, messages_);
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
  const CommandLine& command_;
  Common common_;
  Settings resolved_;
  Messages& messages_;
  std::shared_ptr<const SocketKeys> keys_;
  CheckedOutput buffer_;
  std::ostream out_;
  bool stdin_used_ = false;
};

bool same_file(const struct stat& a, const struct stat& b) { return a.st_dev == b.st_dev && a.st_ino == b.st_ino; }

// What can be refused before any work is done.
void check_before_work(const Verbs::Entry& entry, const CommandLine& parsed, const Common& common) {
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

void print(const std::string& text) {
  CheckedOutput buffer;
  std::ostream(&buffer) << text;
  buffer.finish();
}

// Who gets a message: stderr by -q, -v and --progress, the log all but the progress.
void install_log(const Common& common, Messages& messages) {
  if (!common.log.empty()) messages.journal().open(common.log);
  messages.show({common.quiet, common.verbose, common.progress == "always" || (common.progress == "auto" && !common.quiet && isatty(2))});
  set_log_sink([&messages](Level level, const std::string& line) { messages.message(level, line); });
}

// Takes the common options out of all that a command says.
Settings common_part(const Verbs::Entry& entry, Settings& all) {
  Settings common;
  for (const auto& doc : common_docs(entry))
    if (auto node = all.extract(doc.name)) common.insert(std::move(node));
  return common;
}

std::string resolved_config(const Verbs::Entry& entry, const Common& common, Settings resolved) {
  const auto values = common_options().resolved(common);
  for (const auto& doc : common_docs(entry))
    if (const auto value = values.find(doc.name); value != values.end() && doc.name != "config" && doc.name != "print-config") resolved.insert(*value);
  return show_config(entry.info.card.name, resolved);
}

int perform(const ToolView& view, const Verbs::Entry& entry, const CommandLine& command, Messages& messages) {
  Settings own = command.options, resolved;
  const Common common = common_options().read(common_part(entry, own));
  const auto verb = entry.make(own, resolved);
  if (common.print_config) {
    print(resolved_config(entry, common, resolved));
    return 0;
  }
  check_before_work(entry, command, common);
  if (common.threads) set_threads(common.threads);
  Call call(view, entry, command, common, resolved, messages);
  const int code = verb->run(call);
  call.finish();
  return code;
}

// Adds what --config says and the command line does not; returns the lines it came from.
std::map<std::string, int> add_config(const ToolView& view, const Verbs::Entry& entry, CommandLine& command) {
  std::map<std::string, int> lines;
  const auto file = command.options.find("config");
  if (file == command.options.end()) return lines;
  const auto settings = config_settings(read_config(file->second), file->second, *view.verbs, entry, lines);
  for (const auto& [name, value] : settings)
    if (!command.options.emplace(name, value).second) lines.erase(name);
  return lines;
}

int run_verb(const ToolView& view, const Verbs::Entry& entry, const std::vector<std::string>& words, Messages& messages) {
  CommandLine command = parse_command_line(entry, words);
  if (command.help) {
    print(render_verb_help(view, entry));
    return 0;
  }
  const auto lines = add_config(view, entry, command);
  try {
    Settings own = command.options;
    install_log(common_options().read(common_part(entry, own)), messages);
    messages.journal().line("detail", "begins: " + view.spec->name + " " + entry.info.card.name + (words.empty() ? "" : " ") + join(words, " "));
    if (const auto file = command.options.find("config"); file != command.options.end()) log(Level::detail, "options come from " + quote(file->second));
    const int code = perform(view, entry, command, messages);
    messages.journal().line("detail", "ends with " + std::to_string(code));
    messages.journal().check();
    return code;
  } catch (const Error& error) {
    // A value that Options::read refuses may stand in the file.
    for (const auto& [name, line] : lines)
      if (std::string_view(error.what()).starts_with(detail::option_label({}, name) + " "))
        throw Error(error.fault(), error.what() + (" (line " + std::to_string(line)) + " of " + quote(command.options.at("config")) + ")", error.hint());
    throw;
  }
}

int dispatch(std::vector<std::string> words, const ToolView& view, Messages& messages) {
  const std::string word = words.empty() ? "" : words.front();
  if (word.empty()) throw Error(Fault::usage, "a verb is missing", "'" + view.spec->name + " help' names them all");
  if (word == "--help" || word == "-h" || word == "--version") {
    print(word == "--version" ? view.spec->name + " " DML_VERSION "\n" : render_tool_help(view));
    return 0;
  }
  if (const auto* entry = view.verbs->find(word)) return run_verb(view, *entry, {words.begin() + 1, words.end()}, messages);
  std::vector<std::string> names;
  for (const auto& entry : view.verbs->entries()) names.push_back(entry.info.card.name);
  const auto near = nearest(word, names);
  throw Error(Fault::usage, "verb " + quote(word) + " is unknown", near ? "did you mean '" + *near + "'?" : "'" + view.spec->name + " help' names them all");
}

int complain(const ToolSpec& spec, Messages& messages, int code, const std::string& message, const std::string& hint = {}) {
  messages.end_progress();
  std::cerr << spec.name + ": error: " + message + "\n" + (hint.empty() ? "" : spec.name + ": hint: " + hint + "\n");
  messages.journal().line("error", message + (hint.empty() ? "" : " (hint: " + hint + ")"));
  messages.journal().line("detail", "ends with " + std::to_string(code));
  return code;
}

}  // namespace

int tool_main(int argc, char** argv, const ToolSpec& spec) {
  std::signal(SIGPIPE, SIG_IGN);
  Messages messages(std::cerr, spec.name);
  const struct Silence {
    ~Silence() { set_log_sink({}); }
  } before_the_messages_go;
  try {
    Families families;
    spec.families(families);
    Verbs verbs;
    spec.verbs(verbs, families);
    ToolView view{&spec, &verbs, &families};
    add_surface_verbs(verbs, view);
    verbs.sort();
    const int code = dispatch({argv + 1, argv + argc}, view, messages);
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
