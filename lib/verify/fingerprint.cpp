#include "verify/fingerprint.h"

#include <bit>
#include <cstring>

#include "base/error.h"
#include "base/text.h"

namespace dml {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<Blob> from_hex(const std::string& text) {
  if (text.size() % 2 != 0) return std::nullopt;
  Blob out(text.size() / 2);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return out;
}

Blob value_bytes(const Attributes& meta, const std::string& where) {
  const auto it = meta.find("value");
  if (it == meta.end()) throw Error(Fault::input, where + " has no key 'value'");
  if (const auto* blob = it->second.get_if<Blob>()) return *blob;
  if (const auto* text = it->second.get_if<std::string>())
    if (auto blob = from_hex(*text)) return *blob;
  throw Error(Fault::input, where + ": key 'value' is neither bytes nor hex text");
}

bool has_stray_bits(const FingerprintValue& hash) {
  const unsigned unused = 8 * static_cast<unsigned>(hash.value.size()) - hash.bits;
  return unused != 0 && (hash.value.back() & ((1u << unused) - 1)) != 0;
}

[[noreturn]] void wrong_type(const std::string& where, const std::string& key, const std::string& wanted) {
  throw Error(Fault::input, where + ": key '" + key + "' is not " + wanted);
}

}  // namespace

bool Fingerprint::takes_bytes(bool) const { return false; }
FingerprintValue Fingerprint::of_bytes(ByteSource&) const { throw Error(Fault::bug, "this fingerprint does not hash plain bytes"); }

bool comparable(const FingerprintValue& a, const FingerprintValue& b) { return a.algorithm == b.algorithm && a.bits == b.bits; }

std::uint32_t hamming_distance(const FingerprintValue& a, const FingerprintValue& b, std::string_view where_a, std::string_view where_b) {
  if (!comparable(a, b) || a.value.size() != b.value.size())
    throw Error(Fault::input, std::string(where_a) + " and " + std::string(where_b) + " hold hashes of different kinds: " +
                                  quote(a.algorithm) + ", " + std::to_string(a.bits) + " bits, and " + quote(b.algorithm) + ", " +
                                  std::to_string(b.bits) + " bits");
  std::uint32_t distance = 0;
  for (std::size_t i = 0; i < a.value.size(); i += 8) {
    std::uint64_t x = 0, y = 0;
    const std::size_t count = std::min<std::size_t>(8, a.value.size() - i);
    std::memcpy(&x, a.value.data() + i, count);
    std::memcpy(&y, b.value.data() + i, count);
    distance += static_cast<std::uint32_t>(std::popcount(x ^ y));
  }
  return distance;
}

std::uint32_t usual_tolerance(const FingerprintValue& value) {
  return value.algorithm == "sha256" || value.algorithm.starts_with("sha256:") ? 0 : 4;
}

Record to_record(const FingerprintRecord& fingerprint) {
  Record record;
  record.kind = "fingerprint";
  record.meta = {{"algorithm", fingerprint.hash.algorithm}, {"bits", fingerprint.hash.bits}, {"value", Blob(fingerprint.hash.value)},
                 {"source", fingerprint.source}};
  if (fingerprint.node) record.meta["node"] = *fingerprint.node;
  if (!fingerprint.job.empty()) record.meta["job"] = fingerprint.job;
  return record;
}

FingerprintRecord to_fingerprint(const Record& record, const std::string& where) {
  if (record.kind != "fingerprint")
    throw Error(Fault::input, where + " is of kind " + quote(record.kind) + ", not fingerprint", "hash it first: dverify hash");
  FingerprintRecord out;
  out.hash.algorithm = optional_text(record.meta, "algorithm", where);
  if (out.hash.algorithm.empty()) throw Error(Fault::input, where + " has no key 'algorithm'");
  out.hash.bits = required_u32(record.meta, "bits", where);
  if (out.hash.bits == 0 || out.hash.bits > kMostFingerprintBits)
    throw Error(Fault::input, where + ": key 'bits' is " + std::to_string(out.hash.bits) + ", not within 1.." + std::to_string(kMostFingerprintBits));
  out.hash.value = value_bytes(record.meta, where);
  if (out.hash.value.size() != (out.hash.bits + 7) / 8)
    throw Error(Fault::input, where + " has " + std::to_string(out.hash.value.size()) + " bytes of value for " + std::to_string(out.hash.bits) + " bits");
  if (has_stray_bits(out.hash)) throw Error(Fault::input, where + " has bits set beyond its " + std::to_string(out.hash.bits));
  out.source = optional_text(record.meta, "source", where);
  out.node = optional_u32(record.meta, "node", where);
  out.job = optional_text(record.meta, "job", where);
  return out;
}

std::optional<std::uint32_t> optional_u32(const Attributes& meta, const std::string& key, const std::string& where) {
  const auto it = meta.find(key);
  if (it == meta.end()) return std::nullopt;
  const auto value = it->second.unsigned_integer();
  if (!value || *value > 0xffffffffu) wrong_type(where, key, "a whole number below 2^32");
  return static_cast<std::uint32_t>(*value);
}

std::uint32_t required_u32(const Attributes& meta, const std::string& key, const std::string& where) {
  const auto value = optional_u32(meta, key, where);
  if (!value) throw Error(Fault::input, where + " has no key '" + key + "'");
  return *value;
}

std::string optional_text(const Attributes& meta, const std::string& key, const std::string& where) {
  const auto it = meta.find(key);
  if (it == meta.end()) return {};
  const auto* text = it->second.get_if<std::string>();
  if (!text) wrong_type(where, key, "text");
  return *text;
}

}  // namespace dml
