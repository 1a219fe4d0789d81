#include "wire/endpoint.h"

#include <filesystem>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "wire/socket.h"

namespace dml {
namespace {

const Format& format_named(const std::string& name, const OpenOptions& options) {
  std::vector<std::string> names;
  for (const auto& format : options.formats) {
    if (format->name() == name) return *format;
    names.push_back(format->name());
  }
  const auto near = nearest(name, names);
  throw Error(Fault::usage, "format " + quote(name) + " is unknown",
              near ? "did you mean '" + *near + "'?" : "known: " + join(names, ", "));
}

const Format* format_by_extension(std::string_view path, const OpenOptions& options) {
  std::filesystem::path name(path);
  if (name.extension() == ".gz") name = name.stem();
  for (const auto& format : options.formats)
    for (const auto& known : format->extensions())
      if (name.extension() == "." + known) return format.get();
  return nullptr;
}

const Format& sniff(std::span<const std::byte> head, std::optional<std::uint64_t> size, const std::string& name, const OpenOptions& options) {
  if (head.empty()) throw Error(Fault::input, name + " is empty", "a stream without records still has a header and an end record");
  for (const auto& format : options.formats)
    if (format->sniff(head)) return *format;
  for (const auto& format : options.formats)
    if (size && format->sniff_size(head, *size)) return *format;
  std::vector<std::string> names;
  for (const auto& format : options.formats) names.push_back(format->name());
  throw Error(Fault::input, name + " is of no known format", "name one with --from: " + join(names, ", "));
}

/// The streams that reach a bound endpoint, one after the other in order of first arrival.
class ListeningReader final : public RecordReader {
 public:
  ListeningReader(std::string_view where, const OpenOptions& options) : options_(options), listener_(where, options) {
    if (!advance()) throw Error(Fault::bug, "a listener without streams");
  }
  const StreamHeader& header() override { return current_ ? current_->header() : header_; }
  std::optional<RecordHead> next_head() override {
    while (current_) {
      if (auto head = current_->next_head()) return head;
      if (!advance()) break;
    }
    return std::nullopt;
  }
  std::optional<Tensor> next_tensor() override { return current_ ? current_->next_tensor() : std::nullopt; }
  std::string where() const override { return current_ ? current_->where() : where_; }

 private:
  bool advance() {
    if (current_) {
      where_ = current_->where();
      header_ = current_->header();
      current_ = nullptr;                                  // now its sender learns that all has arrived
    }
    auto source = listener_.next();
    if (!source) return false;
    current_ = open_reader(std::move(source), options_);
    return true;
  }
  OpenOptions options_;
  SocketListener listener_;
  std::unique_ptr<RecordReader> current_;
  std::string where_;
  StreamHeader header_;
};

}  // namespace

std::unique_ptr<RecordReader> open_reader(std::unique_ptr<ByteSource> bytes, const OpenOptions& options) {
  auto source = std::make_unique<BufferedSource>(std::move(bytes));
  const bool gzipped = looks_gzipped(source->peek(64));
  if (gzipped)
    source = std::make_unique<BufferedSource>(gunzip(std::move(source), options.limits.inflated_bytes));
  const auto head = source->peek(64);
  const Format& format = options.from.empty() ? sniff(head.first(std::min<std::size_t>(64, head.size())), source->remaining(), source->name(), options)
                                              : format_named(options.from, options);
  log(Level::detail, source->name() + " is read as " + format.name() + (gzipped ? ", inflated" : ""));
  return format.reader(std::move(source), options.limits);
}

std::unique_ptr<RecordReader> open_reader(std::string_view where, const OpenOptions& options) {
  if (is_socket(where)) return std::make_unique<ListeningReader>(where, options);
  if (where == "-") return open_reader(stdin_source(), options);
  for (const auto& format : options.formats)
    if (options.from.empty() || options.from == format->name())
      if (auto reader = format->open_path(std::string(where), options.limits)) return reader;
  // Text has no signature: only there the name decides.
  OpenOptions named = options;
  if (const Format* format = format_by_extension(where, options); named.from.empty() && format && format->is_text()) named.from = format->name();
  return open_reader(open_file_source(std::string(where)), named);
}

std::unique_ptr<RecordWriter> open_writer(std::string_view where, const OpenOptions& options) {
  const Format* by_name = where == "-" ? nullptr : format_by_extension(where, options);
  const Format& format = !options.to.empty() ? format_named(options.to, options) : by_name ? *by_name : format_named("dml", options);
  auto sink = where == "-" ? stdout_sink() : is_socket(where) ? open_socket_sink(where, options) : open_file_sink(std::string(where));
  log(Level::detail, sink->name() + " is written as " + format.name());
  return format.writer(std::move(sink), options.header);
}

bool is_socket(std::string_view where) {
  if (where.starts_with("@")) where.remove_prefix(1);
  return where.starts_with("tcp://") || where.starts_with("ipc://");
}

}  // namespace dml
