// Text as samples for language models: a sample is a window of context + 1 bytes, windows start every `context` bytes, so that each byte
// but the first is predicted once. Tokens are bytes, 0..255, kept as numbers; there are no labels. The last share of the file is the test set.
// Source: byte-level language modelling as in Al-Rfou et al., AAAI 2019.
#include <array>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "data/table.h"
#include "wire/stream.h"

namespace dml {
namespace {

struct TextOptions {
  std::string file = required;
  int context = 64;
  double test = 0.1;
};

Options<TextOptions> options() {
  return Options<TextOptions>()
      .add("file", &TextOptions::file, "the text; any bytes will do")
      .add("context", &TextOptions::context, "bytes that a prediction may look back on", between(1, 65536))
      .add("test", &TextOptions::test, "share of the file, its end, that is left to the test set", between(0.0001, 0.9));
}

class Text final : public DataSource {
 public:
  explicit Text(TextOptions options) : options_(std::move(options)) {}
  Dataset load(const OpenOptions& open) const override {
    const std::string bytes = read(open);
    const auto context = static_cast<std::size_t>(options_.context);
    const auto train = static_cast<std::size_t>(std::ceil((1 - options_.test) * static_cast<double>(bytes.size())));
    Dataset out;
    out.name = component_name("text", options(), options_);
    out.vocabulary = 256;
    out.train = windows(std::string_view(bytes).substr(0, train), context);
    out.test = windows(std::string_view(bytes).substr(train), context);
    if (out.train.count == 0 || out.test.count == 0)
      throw Error(Fault::input, quote(options_.file) + " has " + std::to_string(bytes.size()) + " bytes, too few for a training and a test window of " +
                                    std::to_string(context + 1));
    return out;
  }

 private:
  // No format: whatever the bytes are, they are the text (inflated where they are gz). A byte takes four in memory.
  std::string read(const OpenOptions& open) const {
    auto buffered = std::make_unique<BufferedSource>(open_file_source(options_.file));
    const bool packed = looks_gzipped(buffered->peek(2));
    std::unique_ptr<ByteSource> source = std::move(buffered);
    if (packed) source = gunzip(std::move(source), open.limits.inflated_bytes);
    std::string bytes;
    std::array<std::byte, 65536> block;
    while (const auto got = source->read(block)) {
      bytes.append(reinterpret_cast<const char*>(block.data()), got);
      if (bytes.size() * sizeof(float) > open.limits.tensor_bytes)
        throw Error(Fault::input, quote(options_.file) + " is larger than " + format_bytes(static_cast<double>(open.limits.tensor_bytes)) + " in memory");
    }
    return bytes;
  }

  static Samples windows(std::string_view bytes, std::size_t context) {
    Samples out{bytes.empty() ? 0 : (bytes.size() - 1) / context, context + 1, {}, {}};
    out.x.reserve(out.count * out.features);
    for (std::size_t i = 0; i < out.count; ++i)
      for (const char byte : bytes.substr(i * context, context + 1)) out.x.push_back(static_cast<float>(static_cast<unsigned char>(byte)));
    return out;
  }
  TextOptions options_;
};

}  // namespace

void register_text(Registry<DataSource>& registry) {
  registry.add<Text>({"text", "a file as windows of bytes, for language models", "Al-Rfou et al., AAAI 2019"}, options());
}

}  // namespace dml
