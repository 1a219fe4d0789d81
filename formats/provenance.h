// Where a foreign format has one place for text, a record's kind, its meta and the header of its stream travel there as JSON:
//   {"header": {"tool", "version", "verb", "options", "seed"}, "kind": "update", "meta": {...}}
#pragma once
#include <string>
#include <string_view>

#include "wire/record.h"

namespace dml {

/// `meta`: the part of head.meta that goes in here.
std::string provenance_json(const StreamHeader& header, const std::string& kind, const Attributes& meta);

/// Reads it back; head.meta keeps what it has and gains what `text` holds. False, with nothing changed, when `text` is something else.
bool read_provenance(std::string_view text, StreamHeader& header, RecordHead& head);

/// The header as one attribute, and back (nullopt when it is none): tool, version, verb, options, seed, and `source`, the header that an
/// input had before it was converted.
Attributes header_attributes(const StreamHeader& header);
std::optional<StreamHeader> header_from(const Attributes& fields);

}  // namespace dml
