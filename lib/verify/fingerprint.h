// Fingerprints: short hashes of outputs that honest machines agree on within a tolerance.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "entry/registry.h"
#include "wire/record.h"
#include "wire/stream.h"

namespace dml {

struct FingerprintValue {
  std::string algorithm;                                   // with every option that changes bits: "hyperplane:bits=256,seed=1"
  std::uint32_t bits = 0;
  std::vector<std::uint8_t> value;                         // first bit = most significant; ceil(bits / 8) bytes, unused bits are 0
  bool operator==(const FingerprintValue&) const = default;
};

class Fingerprint {
 public:
  virtual ~Fingerprint() = default;
  /// Error(input) naming `where` when the record cannot be hashed.
  virtual FingerprintValue of_record(const Record& record, std::string_view where) const = 0;
  /// Whether an input is hashed as plain bytes, not record by record. `known`: it is in a format that this build reads.
  virtual bool takes_bytes(bool known) const;
  /// Only where takes_bytes() said so.
  virtual FingerprintValue of_bytes(ByteSource& source) const;
};

void register_fingerprints(Registry<Fingerprint>& registry);

inline constexpr std::uint32_t kMostFingerprintBits = 1 << 16;

/// Bits in which two values differ. Error(input) naming both when algorithm or length differ: such hashes have no distance.
std::uint32_t hamming_distance(const FingerprintValue& a, const FingerprintValue& b, std::string_view where_a, std::string_view where_b);
bool comparable(const FingerprintValue& a, const FingerprintValue& b);

/// A distance that honest outputs keep unless the user says otherwise: 0 where equal bytes are meant (sha256), else 4 (card
/// gen-ai-consensus, table of hyper-parameters).
std::uint32_t usual_tolerance(const FingerprintValue& value);
/// From a quarter of the bits on, hashes of unrelated outputs begin to pass.
inline bool is_loose(std::uint32_t tolerance, std::uint32_t bits) { return std::uint64_t{4} * tolerance >= bits; }

/// A record of kind `fingerprint`: meta {algorithm, bits, value, source, node?, job?}.
struct FingerprintRecord {
  FingerprintValue hash;
  std::string source;                                      // what was hashed: FILE, or FILE#N for its record N > 0
  std::optional<std::uint32_t> node;
  std::string job;                                         // "" when the record has none
};
Record to_record(const FingerprintRecord& fingerprint);
/// Checks kind, keys, types and lengths. Error(input) naming `where`. `value` may be bytes or their hex text.
FingerprintRecord to_fingerprint(const Record& record, const std::string& where);

/// Typed look-ups shared by the records of this folder. Error(input) naming `where` when a key is there with another type.
std::optional<std::uint32_t> optional_u32(const Attributes& meta, const std::string& key, const std::string& where);
std::uint32_t required_u32(const Attributes& meta, const std::string& key, const std::string& where);
std::string optional_text(const Attributes& meta, const std::string& key, const std::string& where);

}  // namespace dml
