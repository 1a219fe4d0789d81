// SHA-256 of a record's tensors or of a file's bytes: equal outputs, not similar ones.
// Source: NIST FIPS 180-4; the implementation is libsodium's.
//
// A record is hashed in this serialisation, all integers 64-bit little-endian, text as length and bytes: the text "dml tensors 1",
// the number of tensors, then for each tensor in record order name, dtype ("f32"), rank, extents, number of data bytes, data.
// Kind, meta and unknown keys are left out: a model keeps its hash when it is copied or renamed.
//
// of=auto    record by record where the input's format is known, else the bytes of the whole input (what sha256sum prints)
// of=record  record by record; of=file: the bytes, even of a .dml file
// The two never compare: the algorithm is named sha256:of=record or sha256:of=file.
#include <sodium.h>

#include "base/error.h"
#include "verify/fingerprint.h"

namespace dml {
namespace {

struct Sha256Options {
  std::string of = "auto";
};

class Digest {
 public:
  Digest() { crypto_hash_sha256_init(&state_); }
  void bytes(std::span<const std::byte> data) {
    crypto_hash_sha256_update(&state_, reinterpret_cast<const unsigned char*>(data.data()), data.size());
  }
  void number(std::uint64_t value) {
    unsigned char little[8];
    for (int i = 0; i < 8; ++i) little[i] = static_cast<unsigned char>(value >> (8 * i));
    crypto_hash_sha256_update(&state_, little, sizeof little);
  }
  void text(std::string_view value) {
    number(value.size());
    bytes(std::as_bytes(std::span(value)));
  }
  FingerprintValue finish(std::string algorithm) {
    FingerprintValue out{std::move(algorithm), 256, {}};
    out.value.resize(crypto_hash_sha256_BYTES);
    crypto_hash_sha256_final(&state_, out.value.data());
    return out;
  }

 private:
  crypto_hash_sha256_state state_;
};

class Sha256 final : public Fingerprint {
 public:
  explicit Sha256(Sha256Options options) : options_(std::move(options)) {}

  FingerprintValue of_record(const Record& record, std::string_view) const override {
    Digest digest;
    digest.text("dml tensors 1");
    digest.number(record.tensors.size());
    for (const auto& tensor : record.tensors) {
      digest.text(tensor.name);
      digest.text(to_string(tensor.dtype));
      digest.number(tensor.shape.size());
      for (const auto extent : tensor.shape) digest.number(static_cast<std::uint64_t>(extent));
      digest.number(tensor.data.size());
      digest.bytes(tensor.data.span());
    }
    return digest.finish("sha256:of=record");
  }

  bool takes_bytes(bool known) const override { return options_.of == "file" || (options_.of == "auto" && !known); }

  FingerprintValue of_bytes(ByteSource& source) const override {
    Digest digest;
    std::vector<std::byte> piece(256 << 10);
    while (const std::size_t count = source.read(piece)) digest.bytes(std::span(piece).first(count));
    return digest.finish("sha256:of=file");
  }

 private:
  Sha256Options options_;
};

}  // namespace

void register_sha256(Registry<Fingerprint>& registry) {
  registry.add<Sha256>({"sha256", "equal bytes: names, dtypes, shapes and data, or a whole file", "NIST FIPS 180-4"},
                       Options<Sha256Options>().add("of", &Sha256Options::of, "what is hashed: records, or the bytes of the file",
                                                    one_of({"auto", "record", "file"})),
                       {Trait::exact_anywhere});
}

}  // namespace dml
