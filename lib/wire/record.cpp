#include "wire/record.h"

#include <algorithm>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/error.h"
#include "base/text.h"

namespace dml {

const Tensor* Record::find(std::string_view name) const {
  for (const auto& tensor : tensors)
    if (tensor.name == name) return &tensor;
  return nullptr;
}

const Tensor& Record::at(std::string_view name, std::string_view where) const {
  if (const auto* tensor = find(name)) return *tensor;
  throw Error(Fault::input, std::string(where) + " has no tensor " + quote(name));
}

std::optional<Record> RecordReader::next() {
  auto head = next_head();
  if (!head) return std::nullopt;
  Record record{std::move(head->kind), std::move(head->meta), {}, std::move(head->extra)};
  while (auto tensor = next_tensor()) record.tensors.push_back(std::move(*tensor));
  return record;
}

void RecordWriter::write(const Record& record) {
  begin({record.kind, record.meta, record.tensors.size(), record.extra});
  for (const auto& item : record.tensors) tensor(item);
}

void sort_tensors(Record& record, std::string_view where) {
  std::sort(record.tensors.begin(), record.tensors.end(), [](const Tensor& a, const Tensor& b) { return a.name < b.name; });
  for (std::size_t i = 1; i < record.tensors.size(); ++i)
    if (record.tensors[i].name == record.tensors[i - 1].name)
      throw Error(Fault::input, std::string(where) + " holds tensor " + quote(record.tensors[i].name) + " twice");
}

std::string content_digest(const Record& record) {
  XXH3_state_t state;
  XXH3_64bits_reset(&state);
  const auto number = [&](std::uint64_t v) { XXH3_64bits_update(&state, &v, sizeof v); };
  for (const auto& tensor : record.tensors) {
    number(tensor.name.size());
    XXH3_64bits_update(&state, tensor.name.data(), tensor.name.size());
    number(static_cast<std::uint64_t>(tensor.dtype));
    number(tensor.shape.size());
    for (const auto extent : tensor.shape) number(static_cast<std::uint64_t>(extent));
    XXH3_64bits_update(&state, tensor.data.data(), tensor.data.size());
  }
  const std::uint64_t digest = XXH3_64bits_digest(&state);
  std::uint8_t bytes[8];
  for (int i = 0; i < 8; ++i) bytes[i] = static_cast<std::uint8_t>(digest >> (56 - 8 * i));
  return to_hex(bytes, 8);
}

}  // namespace dml
