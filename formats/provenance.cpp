#include "formats/provenance.h"

#include "base/error.h"
#include "formats/json.h"

namespace dml {
namespace {

const Attributes* map_at(const Attributes& fields, const std::string& key) {
  const auto it = fields.find(key);
  return it == fields.end() ? nullptr : it->second.get_if<Attributes>();
}

}  // namespace

Attributes header_attributes(const StreamHeader& header) {
  Attributes out{{"tool", header.tool}, {"version", header.version}, {"verb", header.verb}, {"options", header.options}};
  if (header.seed) out["seed"] = *header.seed;
  if (const auto* source = map_at(header.extra, "source")) out["source"] = *source;
  return out;
}

std::optional<StreamHeader> header_from(const Attributes& fields) {
  const auto tool = get_text(fields, "tool"), version = get_text(fields, "version"), verb = get_text(fields, "verb");
  const auto* options = map_at(fields, "options");
  if (!tool || !version || !verb || !options) return std::nullopt;
  StreamHeader out{*tool, *version, *verb, *options, get_unsigned(fields, "seed"), {}};
  if (const auto* source = map_at(fields, "source")) out.extra["source"] = *source;
  return out;
}

std::string provenance_json(const StreamHeader& header, const std::string& kind, const Attributes& meta) {
  return typed_json(Attributes{{"header", header_attributes(header)}, {"kind", kind}, {"meta", meta}});
}

bool read_provenance(std::string_view text, StreamHeader& header, RecordHead& head) {
  Value parsed;
  try {
    parsed = parse_json(text, "a description");
  } catch (const Error& error) {
    if (error.fault() != Fault::input) throw;
    return false;                                          // a text of somebody else's
  }
  const auto* fields = parsed.get_if<Attributes>();
  if (!fields) return false;
  const auto kind = get_text(*fields, "kind");
  const auto *meta = map_at(*fields, "meta"), *origin = map_at(*fields, "header");
  const auto from = origin ? header_from(*origin) : std::nullopt;
  if (!kind || !meta || !from) return false;
  head.kind = *kind;
  head.meta.insert(meta->begin(), meta->end());
  header = *from;
  return true;
}

}  // namespace dml
